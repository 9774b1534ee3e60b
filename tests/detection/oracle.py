"""The moments of a window by definition, in exact fractions, and made series to compare them on."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import isqrt
from random import Random

from exporter.detection.window import NANO, SampleWindow

WINDOW = 300
_SCALE = 10**40
_EVERY = 9_973


def mean(samples: Sequence[int]) -> Fraction:
    """Of samples in whole 1e-9, in their own unit."""
    return Fraction(sum(samples), len(samples) * NANO)


def variance(samples: Sequence[int]) -> Fraction:
    """The same with n - 1, about the mean: two passes."""
    middle = mean(samples)
    far = [Fraction(sample, NANO) - middle for sample in samples]
    return sum((one * one for one in far), Fraction(0)) / (len(samples) - 1)


def root(value: Fraction) -> Fraction:
    """The square root, to a relative 1e-20 of anything that is not below 1e-36."""
    return Fraction(isqrt(value.numerator * _SCALE**2 // value.denominator), _SCALE)


def error(found: float, true: Fraction) -> float:
    """The relative error, that of nothing where nothing is true."""
    return abs(float((Fraction(found) - true) / true)) if true else abs(found)


def worst_error(series: Iterable[int]) -> float:
    """The worst error of a rolling deviation, looked at now and then and at the end."""
    window, recent = SampleWindow(WINDOW), deque[int](maxlen=WINDOW)
    worst = 0.0
    for number, sample in enumerate(series):
        window.push(sample)
        recent.append(sample)
        if number > WINDOW and number % _EVERY == 0:
            worst = max(worst, _error(window, recent))
    return max(worst, _error(window, recent))


def _error(window: SampleWindow, recent: Sequence[int]) -> float:
    found = window.deviation()
    assert found is not None
    return error(found, root(variance(recent)))


def far_from_zero(count: int) -> Iterator[int]:
    """Prices about 100,000 that deviate by 0.01."""
    return _around(100_000, 0.01, count)


def after_a_spike(count: int) -> Iterator[int]:
    """Values that deviate by 1; a single 1e8 among the first has long left at the end."""
    yield 10**8 * NANO
    yield from _around(0, 1, count - 1)


def _around(level: float, deviation: float, count: int) -> Iterator[int]:
    draw = Random(1)  # noqa: S311 - noise is no secret
    return (round(draw.gauss(level, deviation) * NANO) for _ in range(count))
