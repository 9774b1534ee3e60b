"""Where a number lies in a picture: one band, its range, and round numbers to write beside it."""

from collections.abc import Iterable, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

_ROUND = (1, 2, 5, 10)
_MARGIN = 0.08


class Band(NamedTuple):
    """A strip of a picture from `top` downwards, for numbers from `low` to `high`."""

    top: float
    height: float
    low: float
    high: float

    def y(self, number: float) -> float:
        """The height at which a number is drawn."""
        return self.top + self.height * (self.high - number) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round numbers within the band, some two to six of them."""
        rough = (self.high - self.low) / 5
        power = 10 ** floor(log10(rough))
        step = next(power * times for times in _ROUND if power * times >= rough * (1 - 1e-9))
        first = ceil(self.low / step - 1e-9)
        last = floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def band(top: float, height: float, numbers: Iterable[float]) -> Band:
    """A band in which all these numbers have their place; from 0 where none is below it."""
    known = [*numbers]
    low, high = min(known), max(known)
    margin = _MARGIN * (high - low) or abs(high) / 2 or 1.0
    return Band(top, height, 0.0 if low >= 0 else low - margin, high + margin)


def apart(places: Sequence[float], least: float) -> list[float]:
    """The same places, rising, moved so that no two are nearer than `least`."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + least) if moved else place)
    return moved
