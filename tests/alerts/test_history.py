"""The last minutes of a signal: exact, in order, bounded, with what is unknown left unknown."""

from array import array
from collections import deque
from fractions import Fraction
from sys import getsizeof

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.alerts.history import SECONDS, History, Point
from exporter.metrics.sample import Sample
from exporter.model import NANOSECONDS
from tests.alerts.rig import Rig, configured, written

START = 1_800_000_000 * NANOSECONDS
UNKNOWN = Sample(None, "gap")


def at(second: int) -> int:
    return START + second * NANOSECONDS


def known(number: float) -> Sample:
    return Sample(Fraction(number))


def test_before_the_first_second_there_is_nothing() -> None:
    history = History()
    assert history.newest is None
    assert list(history.points()) == []


def test_seconds_come_back_as_they_went_in_oldest_first() -> None:
    history = History()
    history.push(at(0), known(0.1), None)
    history.push(at(1), UNKNOWN, None)
    history.push(at(2), Sample(Fraction(7), bound=True), -1.5)
    assert history.newest == at(2)
    assert list(history.points()) == [
        Point(at(0), 0.1, None, bound=False),
        Point(at(1), None, None, bound=False),
        Point(at(2), 7.0, -1.5, bound=True),
    ]


def test_seconds_that_were_skipped_are_unknown() -> None:
    history = History()
    history.push(at(0), known(1), None)
    history.push(at(3), known(2), None)
    assert [point.value for point in history.points()] == [1, None, None, 2]


@pytest.mark.parametrize("skipped", [SECONDS, SECONDS + 1, 10**9])
def test_after_a_long_silence_only_what_is_new_is_known(skipped: int) -> None:
    history = History()
    for second in range(SECONDS + 7):
        history.push(at(second), known(second), 1.0)
    newest = at(SECONDS + 6 + skipped)
    history.push(newest, known(5), 2.0)
    points = list(history.points())
    assert len(points) == SECONDS
    assert points[-1] == Point(newest, 5.0, 2.0, bound=False)
    assert {point.value for point in points[:-1]} == {None}


def test_a_year_takes_no_more_memory_than_five_minutes() -> None:
    history = History()
    for second in range(20 * SECONDS):
        history.push(at(second), known(second), 1.0)
    held = [value for value in vars(history).values() if isinstance(value, array | bytearray)]
    assert len(held) == 3
    assert {len(value) for value in held} == {SECONDS}
    assert sum(map(getsizeof, held)) < 6 * 1024


def test_without_any_z_none_is_kept() -> None:
    history = History()
    for second in range(2 * SECONDS):
        history.push(at(second), known(second), None)
    arrays = [value for value in vars(history).values() if isinstance(value, array)]
    assert len(arrays) == 1
    history.push(at(2 * SECONDS), known(1), 3.0)
    assert [point.z for point in history.points()] == [None] * (SECONDS - 1) + [3.0]


SAMPLES = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.none() | st.floats(-1e12, 1e12),
        st.none() | st.floats(-50, 50),
        st.booleans(),
    ),
    max_size=400,
)


@given(SAMPLES)
def test_it_holds_what_a_plain_list_would_hold(
    samples: list[tuple[int, float | None, float | None, bool]],
) -> None:
    history, plain = History(), deque[Point](maxlen=SECONDS)
    second = 0
    for step, value, z, bound in samples:
        if plain:
            missing = range(second + 1, second + step)
            plain.extend(Point(at(one), None, None, bound=False) for one in missing)
        second += step
        fraction = None if value is None else Fraction(value)
        history.push(at(second), Sample(fraction, bound=bound), z)
        plain.append(Point(at(second), value, z, bound))
    assert list(history.points()) == list(plain)


def test_a_watch_keeps_what_it_was_given_and_the_z_that_it_was_judged_by() -> None:
    rig = Rig(configured({"a": written(z=2)}, baseline={"warmup_samples": 2}))
    rig.run([1, 2, None, 4])
    watch = rig.alerts.watches[0][1]
    points = list(watch.history.points())
    assert [point.value for point in points] == [1, 2, None, 4]
    assert [point.z is None for point in points] == [True, True, True, False]
    assert watch.score is not None
    assert points[-1].z == watch.score.z


def test_it_is_kept_when_the_configuration_changes() -> None:
    rig = Rig(configured({"a": written()}))
    rig.run([1, 2])
    rig.alerts.reconfigure(configured({"a": written(z=2)}), [rig.dials], at(1))
    rig.step(3)
    assert [point.value for point in rig.alerts.watches[0][1].history.points()] == [1, 2, 3]
