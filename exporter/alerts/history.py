"""What a signal read in the last minutes, second by second, in bounded memory. Pure."""

from array import array
from collections.abc import Iterator
from fractions import Fraction
from math import isnan, nan
from typing import NamedTuple

from exporter.metrics.sample import Sample
from exporter.model import NANOSECONDS

SECONDS = 300
"""So far back a history reaches."""


class Point(NamedTuple):
    """One second at `time` (Unix ns); value and z are None where they were not known.

    `bound`: the true value was this or more.
    """

    time: int
    value: float | None
    z: float | None
    bound: bool


class History:
    """The newest `SECONDS` whole seconds of one signal; it grows to that and no further.

    A full one takes 5 KiB, and 3 where there never was a z-score.
    """

    def __init__(self) -> None:
        self.newest: int | None = None
        """The last second taken, Unix ns; None before the first."""
        self._values = array("d")
        self._scores: array[float] | None = None
        self._bounds = bytearray()
        self._next = 0
        """Where the next second goes once all places are taken: the oldest one."""

    def push(self, now: int, sample: Sample, z: float | None) -> None:
        """The whole second `now`; seconds that were skipped before it are unknown."""
        if self.newest is not None:
            skipped = (now - self.newest) // NANOSECONDS - 1
            for _ in range(min(skipped, SECONDS)):
                self._put(None, None, bound=False)
        self.newest = now
        self._put(sample.value, z, bound=sample.bound)

    def points(self) -> Iterator[Point]:
        """Its seconds, oldest first."""
        if self.newest is None:
            return
        count = len(self._values)
        for age in range(count - 1, -1, -1):
            place = (self._next - 1 - age) % count
            z = nan if self._scores is None else self._scores[place]
            yield Point(
                self.newest - age * NANOSECONDS,
                _known(self._values[place]),
                _known(z),
                bool(self._bounds[place]),
            )

    def _put(self, value: Fraction | None, z: float | None, *, bound: bool) -> None:
        if z is not None and self._scores is None:
            self._scores = array("d", [nan]) * len(self._values)
        place = self._next
        if len(self._values) < SECONDS:
            self._grow()
            place = len(self._values) - 1
        else:
            self._next = (place + 1) % SECONDS
        self._values[place] = nan if value is None else float(value)
        self._bounds[place] = bound
        if self._scores is not None:
            self._scores[place] = nan if z is None else z

    def _grow(self) -> None:
        self._values.append(nan)
        self._bounds.append(False)
        if self._scores is not None:
            self._scores.append(nan)


def _known(number: float) -> float | None:
    return None if isnan(number) else number
