"""The prices that perpetuals follow: index, mark and funding rate."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from statistics import fmean

from exporter.simulator.market import FUNDING_INTERVAL

_AVERAGE_SECONDS = 30
_ASTRAY_BPS = 3.0
_SMOOTHING = 0.2
_INTEREST = Decimal("0.0001")
_MOST = Decimal("0.0005")
_RATE_STEP = Decimal("1e-8")
_PREMIUM_SECONDS = 3600


class Index:
    """The price of a pair, in float: the mean of what the exchanges' spot markets say, smoothed.

    A market further than 3 bps from the fair price is not believed, and the fair price taken in
    its place: in the real world many more exchanges would outvote it.
    """

    def __init__(self, price: float) -> None:
        self.price = price

    def update(self, mids: Iterable[float], fair: float) -> None:
        """Take a fifth of the way to what the markets say now."""
        limit = fair * _ASTRAY_BPS / 10_000
        believed = [mid if abs(mid - fair) <= limit else fair for mid in mids]
        self.price += _SMOOTHING * (fmean(believed or [fair]) - self.price)


class Mark:
    """The mark price of a perpetual, after the average of (mid - index) over 30 seconds."""

    def __init__(self) -> None:
        self._gaps: deque[Decimal] = deque(maxlen=_AVERAGE_SECONDS)

    def sample(self, mid: Decimal, index: Decimal) -> None:
        """The state of this second."""
        self._gaps.append(mid - index)

    def price(self, index: Decimal, last: Decimal, rate: Decimal, left: Decimal) -> Decimal:
        """median(index (1 + rate x left), index + average of (mid - index), last).

        `left` is the share of the funding interval that is still to come.
        """
        average = sum(self._gaps, Decimal()) / (len(self._gaps) or 1)
        return sorted((index * (1 + rate * left), index + average, last))[1]


class Funding:
    """The funding rate of the current interval, from the average premium of about an hour."""

    def __init__(self) -> None:
        self._premium: float | None = None

    def sample(self, mid: Decimal, index: Decimal) -> None:
        """The state of this second."""
        premium = float(mid / index - 1)
        before = premium if self._premium is None else self._premium
        self._premium = before + (premium - before) / _PREMIUM_SECONDS

    def rate(self) -> Decimal:
        """premium + clamp(0.01 % - premium, 0.05 % either way), with 8 decimals."""
        premium = Decimal(self._premium or 0.0)
        clamped = max(-_MOST, min(_MOST, _INTEREST - premium))
        return (premium + clamped).quantize(_RATE_STEP)


def next_funding(now: int) -> int:
    """When the funding interval of now ends: 00, 08 or 16 o'clock UTC, in ms."""
    return (now // FUNDING_INTERVAL + 1) * FUNDING_INTERVAL
