"""Unix time that never goes back."""

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from exporter.clock import WallClock, now
from exporter.model import NANOSECONDS

WALL = 1_800_000_000 * NANOSECONDS
HOUR = 3600 * NANOSECONDS


def test_a_clock_that_runs_evenly_is_told_as_it_is() -> None:
    clock = WallClock(7, WALL)
    assert [clock.read(7 + passed, WALL + passed) for passed in (0, 1, 10, HOUR)] == [
        WALL,
        WALL + 1,
        WALL + 10,
        WALL + HOUR,
    ]


def test_a_clock_set_forwards_is_followed_at_once() -> None:
    clock = WallClock(0, WALL)
    assert clock.read(10, WALL + HOUR) == WALL + HOUR
    assert clock.read(11, WALL + HOUR + 1) == WALL + HOUR + 1


def test_after_a_suspension_the_time_slept_has_passed() -> None:
    clock = WallClock(0, WALL)
    clock.read(NANOSECONDS, WALL + NANOSECONDS)
    assert clock.read(NANOSECONDS + 5, WALL + 8 * HOUR) == WALL + 8 * HOUR


def test_a_clock_set_back_is_met_at_nine_tenths_of_the_speed() -> None:
    clock = WallClock(0, WALL)
    second_back = WALL - NANOSECONDS
    told = {
        passed: clock.read(passed * NANOSECONDS, second_back + passed * NANOSECONDS) - WALL
        for passed in (0, 1, 5, 9, 10, 11)
    }
    assert told == {
        0: 0,
        1: NANOSECONDS * 9 // 10,
        5: NANOSECONDS * 45 // 10,
        9: NANOSECONDS * 81 // 10,
        10: 9 * NANOSECONDS,
        11: 10 * NANOSECONDS,
    }


def test_a_clock_set_back_again_before_they_agree_only_takes_longer() -> None:
    clock = WallClock(0, WALL)
    assert clock.read(NANOSECONDS, WALL) == WALL + NANOSECONDS * 9 // 10
    assert clock.read(2 * NANOSECONDS, WALL - HOUR) == WALL + NANOSECONDS * 18 // 10


def test_many_short_steps_lose_nothing_to_rounding() -> None:
    clock = WallClock(0, WALL)
    for passed in range(1, 1001):
        told = clock.read(passed, WALL - HOUR)
    assert told == WALL + 900


READINGS = st.lists(
    st.tuples(st.integers(0, 10 * HOUR), st.integers(WALL - HOUR, WALL + HOUR)), max_size=50
)


@given(READINGS)
def test_whatever_is_done_to_the_wall_clock_time_goes_on(readings: list[tuple[int, int]]) -> None:
    clock = WallClock(0, WALL)
    monotonic = 0
    times = [(0, WALL)]
    for passed, wall in readings:
        monotonic += passed
        told = clock.read(monotonic, wall)
        times.append((monotonic, told))
        assert told >= wall
    for (before, earlier), (after, later) in pairwise(times):
        assert later - earlier >= (after - before) * 9 // 10


@given(READINGS)
def test_time_is_ahead_of_the_wall_clock_only_by_what_that_was_set_back(
    readings: list[tuple[int, int]],
) -> None:
    clock = WallClock(0, WALL)
    monotonic, highest = 0, WALL
    for passed, wall in readings:
        monotonic += passed
        highest = max(highest + passed, wall)
        assert wall <= clock.read(monotonic, wall) <= highest


def test_now_is_unix_time() -> None:
    assert abs(now() - time.time_ns()) < HOUR


def test_now_never_goes_back() -> None:
    times = [now() for _ in range(1000)]
    assert times == sorted(times)
