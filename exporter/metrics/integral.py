"""Time spent beyond limits, integrated between book changes so that no scrape can miss it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from exporter.markets.market import Market

NANO_BPS = 10**9
"""Spreads are weighted by time in whole 1e-9 bps, so that sums stay exact integers."""


class TimeIntegral(ABC):
    """Nanoseconds during which a value was known, and during which it was beyond each limit.

    The value is a ratio of integers in bps. It holds from one change to the next, but never
    beyond the moment at which a leg's book goes stale; time without a value is counted nowhere, nor
    is the time of a polled book, which is known at points only.
    Limits rise; they are compared exactly and strictly.
    """

    def __init__(self, legs: Sequence[Market], limits: Sequence[Fraction]) -> None:
        self.legs = legs
        self._limits = [(limit.numerator, limit.denominator) for limit in limits]
        self.observed = 0
        self.beyond = [0] * len(limits)
        self.weighted = 0
        """Sum of value x time, in 1e-9 bps x ns."""
        self._since = 0
        self.value: int | None = None
        self._exceeded = 0
        for leg in legs:
            leg.watchers.append(self)

    def retire(self) -> None:
        """Hear of no more changes."""
        for leg in self.legs:
            leg.watchers.remove(self)

    @abstractmethod
    def read(self, now: int) -> tuple[int, int] | None:
        """The value as (numerator, denominator > 0) in bps; None where it is not known."""

    def spent(self, span: int) -> None:  # noqa: B027 - most have nothing else to count
        """`span` nanoseconds passed under the value last read; for what else counts time."""

    def settle(self, until: int) -> None:
        """Count the time up to `until` under the value that held."""
        for leg in self.legs:
            until = min(until, leg.live_until)
        span = until - self._since
        if span <= 0:
            return
        self._since = until
        if self.value is None:
            return
        self.observed += span
        self.weighted += self.value * span
        for place in range(self._exceeded):
            self.beyond[place] += span
        self.spent(span)

    def restart(self, now: int) -> None:
        """What lies between the last settlement and now was unknown."""
        self._since = max(self._since, now)

    def update(self, now: int) -> None:
        """The value is read anew and holds from now on."""
        self.settle(now)
        self._since = max(self._since, now)
        ratio = None if any(leg.degraded for leg in self.legs) else self.read(now)
        if ratio is None:
            self.value = None
            return
        numerator, denominator = ratio
        self.value = numerator * NANO_BPS // denominator
        size, exceeded = abs(numerator), 0
        for above, below in self._limits:
            if size * below <= above * denominator:
                break
            exceeded += 1
        self._exceeded = exceeded
