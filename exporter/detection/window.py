"""A bounded window of samples whose moments are exact however long it runs."""

from collections import deque
from collections.abc import Iterable
from math import sqrt

NANO = 10**9
"""Samples are whole numbers of 1e-9 of their unit, so that sums neither round nor drift."""


class SampleWindow:
    """The newest `size` samples; None holds the place of one that is unknown.

    Sums are Python integers: a spike that has left leaves no trace, a constant series deviates by
    exactly 0, and a sample costs the same after two million others.
    """

    def __init__(self, size: int) -> None:
        self._samples: deque[int | None] = deque(maxlen=size)
        self.count = 0
        """How many of them are known."""
        self._sum = 0
        self._squares = 0

    def push(self, sample: int | None) -> int | None:
        """The newest sample; returns the oldest, which leaves once the window is full."""
        left = None
        if len(self._samples) == self._samples.maxlen:
            left = self._samples[0]
            self._add(left, -1)
        self._samples.append(sample)
        self._add(sample, 1)
        return left

    def fill(self, samples: Iterable[int | None]) -> None:
        """Hold these samples, oldest first, and no others."""
        self._samples.clear()
        self.count = self._sum = self._squares = 0
        for sample in samples:
            self.push(sample)

    def known(self) -> list[int]:
        """The known samples, oldest first."""
        if self.count == len(self._samples):
            return list(self._samples)  # type: ignore[arg-type]  # none is unknown
        return [sample for sample in self._samples if sample is not None]

    def mean(self) -> float | None:
        """Mean in the samples' own unit; None without any."""
        return self._sum / (self.count * NANO) if self.count else None

    def deviation(self) -> float | None:
        """Standard deviation (n - 1) in the samples' own unit; None below two."""
        count = self.count
        if count < 2:
            return None
        return sqrt((count * self._squares - self._sum**2) / (count * (count - 1))) / NANO

    def _add(self, sample: int | None, sign: int) -> None:
        if sample is not None:
            self.count += sign
            self._sum += sign * sample
            self._squares += sign * sample * sample
