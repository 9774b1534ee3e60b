"""What may still be spent of an exchange's limit."""

from collections import deque
from dataclasses import dataclass

from exporter.feeds.feed import Rate
from exporter.model import NANOSECONDS

_SLOTS = 100
"""Spendings closer together than this part of the window are kept as one."""


@dataclass(slots=True)
class _Spent:
    """Weight spent from `first` to `last`; all of it counts as long as the last does."""

    first: int
    last: int
    weight: int


class Budget:
    """At most `limit` of weight in any window of `window` nanoseconds.

    The window slides, so the limit also holds for an exchange that counts by the minute. Times are
    nanoseconds and never go back. Memory is bounded: a wait is up to a hundredth of the window
    longer than it had to be.
    """

    def __init__(self, rate: Rate, share: float = 1) -> None:
        """`share` is how much of the rate is ours, never less than one unit of it."""
        self.limit = max(1, int(rate.limit * share))
        self.window = rate.seconds * NANOSECONDS
        self.held_until = 0
        self._slot = self.window // _SLOTS
        self._spent: deque[_Spent] = deque()
        self._used = 0

    def wait(self, now: int, cost: int = 1) -> int:
        """Nanoseconds until `cost` may be spent; a cost above the limit needs an empty window."""
        self._forget(now)
        excess = self._used - max(0, self.limit - cost)
        until = max(now, self.held_until)
        for spent in self._spent:
            if excess <= 0:
                break
            excess -= spent.weight
            until = max(until, spent.last + self.window)
        return until - now

    def spend(self, now: int, cost: int = 1) -> None:
        """`cost` is gone, whether or not there was room for it."""
        self._forget(now)
        self._used += cost
        newest = self._spent[-1] if self._spent else None
        if newest is not None and now - newest.first < self._slot:
            newest.last = now
            newest.weight += cost
        else:
            self._spent.append(_Spent(now, now, cost))

    def hold(self, until: int) -> None:
        """Nothing may be spent before then; a hold is never shortened by a later one."""
        self.held_until = max(self.held_until, until)

    def observe(self, now: int, used: int) -> None:
        """The exchange counts `used`: what others behind our address spent is counted as ours."""
        unknown = used - self.used(now)
        if unknown > 0:
            self.spend(now, unknown)

    def used(self, now: int) -> int:
        """The weight spent in the window that ends now."""
        self._forget(now)
        return self._used

    def _forget(self, now: int) -> None:
        while self._spent and self._spent[0].last + self.window <= now:
            self._used -= self._spent.popleft().weight
