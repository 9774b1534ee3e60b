"""The moments of a window against their definition in exact fractions."""

from collections import deque
from collections.abc import Callable, Iterator
from math import isfinite
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.detection.window import NANO, SampleWindow
from tests.detection.oracle import (
    after_a_spike,
    error,
    far_from_zero,
    mean,
    root,
    variance,
    worst_error,
)

EXACT = 1e-15
"""Relative: what is left is the last rounding to a float."""

samples = st.integers(-(10**24), 10**24)
places = st.one_of(samples, st.none())


@given(size=st.integers(1, 12), series=st.lists(places, max_size=40))
def test_moments_are_those_of_the_newest_samples(size: int, series: list[int | None]) -> None:
    window, recent = SampleWindow(size), deque[int | None](maxlen=size)
    for sample in series:
        window.push(sample)
        recent.append(sample)
        agrees(window, [one for one in recent if one is not None])


def agrees(window: SampleWindow, known: list[int]) -> None:
    """The window holds these, and says of them what their definition says."""
    assert (window.known(), window.count) == (known, len(known))
    found, deviation = window.mean(), window.deviation()
    assert (found is None) == (not known)
    if found is not None:
        assert error(found, mean(known)) < EXACT
    assert (deviation is None) == (len(known) < 2)
    if deviation is not None:
        assert isfinite(deviation)
        assert error(deviation, root(variance(known))) < EXACT


@given(series=st.lists(places, max_size=40), size=st.integers(1, 12))
def test_filling_is_pushing_into_an_empty_window(series: list[int | None], size: int) -> None:
    pushed, filled = SampleWindow(size), SampleWindow(size)
    filled.fill([7, None, 5])
    filled.fill(series)
    for sample in series:
        pushed.push(sample)
    assert (filled.known(), filled.mean(), filled.deviation()) == (
        pushed.known(),
        pushed.mean(),
        pushed.deviation(),
    )


def test_a_full_window_gives_back_the_oldest() -> None:
    window = SampleWindow(3)
    assert [window.push(sample) for sample in (1, None, 3, 4, 5, 6)] == [
        None, None, None, 1, None, 3,
    ]  # fmt: skip


def test_a_spike_enters_and_leaves_without_a_trace() -> None:
    window, untouched = SampleWindow(300), SampleWindow(300)
    calm = [(1000 + number % 7) * NANO // 1000 for number in range(300)]
    window.fill([10**8 * NANO, *calm[:-1]])
    spiked = window.deviation()
    window.push(calm[-1])
    untouched.fill(calm)
    assert spiked == pytest.approx(10**8 / 300**0.5, rel=1e-6)
    assert (window.mean(), window.deviation()) == (untouched.mean(), untouched.deviation())


@given(level=samples, before=st.lists(samples, max_size=50))
def test_a_series_that_turned_constant_deviates_by_nothing(level: int, before: list[int]) -> None:
    window = SampleWindow(20)
    window.fill([*before, *[level] * 20])
    assert window.deviation() == 0
    assert window.mean() == level / NANO


def test_the_deviation_divides_by_one_less_than_the_count() -> None:
    window = SampleWindow(5)
    window.fill(value * NANO for value in (1, 2, 3, 4, 5))
    assert window.mean() == 3
    assert window.deviation() == pytest.approx(stdev((1, 2, 3, 4, 5)))


@pytest.mark.parametrize("series", [far_from_zero, after_a_spike])
def test_a_long_series_does_not_drift(series: Callable[[int], Iterator[int]]) -> None:
    assert worst_error(series(200_000)) < EXACT


def test_no_sample_is_kept_beyond_the_window() -> None:
    window = SampleWindow(300)
    for sample in range(100_000):
        window.push(sample % 1_000 * NANO)
    assert window.known() == [number % 1_000 * NANO for number in range(99_700, 100_000)]
    assert window.count == 300
