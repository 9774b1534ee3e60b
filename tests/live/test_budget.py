"""No window ever holds more than the limit; nothing waits much longer than it has to."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.feeds.feed import Rate
from exporter.live.budget import Budget
from exporter.model import NANOSECONDS

START = 1_800_000_000 * NANOSECONDS


def at(seconds: float) -> int:
    return START + round(seconds * NANOSECONDS)


def test_up_to_the_limit_nothing_waits() -> None:
    budget = Budget(Rate(3, 2))
    for _ in range(3):
        assert budget.wait(START) == 0
        budget.spend(START)
    assert budget.wait(START) == 2 * NANOSECONDS


def test_the_window_slides() -> None:
    budget = Budget(Rate(3, 2))
    for seconds in (0, 0.5, 1):
        budget.spend(at(seconds))
    assert budget.wait(at(1.5)) == NANOSECONDS // 2
    assert budget.wait(at(2)) == 0
    budget.spend(at(2))
    assert budget.wait(at(2)) == NANOSECONDS // 2


def test_a_great_cost_waits_until_as_much_is_free() -> None:
    budget = Budget(Rate(100, 60))
    budget.spend(at(0), 40)
    budget.spend(at(10), 40)
    assert budget.wait(at(20), 20) == 0
    assert budget.wait(at(20), 21) == 40 * NANOSECONDS
    assert budget.wait(at(20), 60) == 40 * NANOSECONDS
    assert budget.wait(at(20), 61) == 50 * NANOSECONDS


def test_a_cost_above_the_limit_waits_for_an_empty_window() -> None:
    budget = Budget(Rate(100, 60))
    assert budget.wait(START, 250) == 0
    budget.spend(at(10), 1)
    assert budget.wait(at(20), 250) == 50 * NANOSECONDS


def test_what_was_spent_together_is_forgotten_with_the_last_of_it() -> None:
    budget = Budget(Rate(10, 100))
    budget.spend(at(0))
    budget.spend(at(0.9))
    budget.spend(at(1))
    assert budget.used(at(100.8)) == 3
    assert budget.used(at(100.9)) == 1
    assert budget.used(at(101)) == 0


@pytest.mark.parametrize(
    ("limit", "share", "ours"), [(6000, 0.5, 3000), (40, 0.7, 28), (5, 0.5, 2), (5, 0.01, 1)]
)
def test_a_share_of_the_limit_is_rounded_down_but_never_to_nothing(
    limit: int, share: float, ours: int
) -> None:
    assert Budget(Rate(limit, 60), share).limit == ours


def test_during_a_hold_nothing_may_be_spent() -> None:
    budget = Budget(Rate(10, 2))
    budget.hold(at(12))
    assert budget.wait(at(0)) == 12 * NANOSECONDS
    assert budget.wait(at(11.5)) == NANOSECONDS // 2
    assert budget.wait(at(12)) == 0


def test_a_later_hold_never_shortens_an_earlier_one() -> None:
    budget = Budget(Rate(10, 2))
    budget.hold(at(12))
    budget.hold(at(5))
    assert budget.held_until == at(12)
    budget.hold(at(13))
    assert budget.held_until == at(13)


def test_hold_and_full_window_end_when_both_have() -> None:
    budget = Budget(Rate(1, 10))
    budget.spend(at(0))
    budget.hold(at(5))
    assert budget.wait(at(1)) == 9 * NANOSECONDS
    budget.hold(at(15))
    assert budget.wait(at(1)) == 14 * NANOSECONDS


def test_what_others_spent_counts_as_spent_now() -> None:
    budget = Budget(Rate(100, 60))
    budget.spend(at(0), 10)
    budget.observe(at(30), 85)
    assert budget.used(at(30)) == 85
    assert budget.used(at(60)) == 75
    assert budget.wait(at(60), 26) == 30 * NANOSECONDS


def test_an_exchange_that_counts_less_than_we_know_changes_nothing() -> None:
    budget = Budget(Rate(100, 60))
    budget.spend(at(0), 50)
    budget.observe(at(1), 5)
    budget.observe(at(1), 50)
    assert budget.used(at(1)) == 50


def test_others_may_have_spent_more_than_our_share() -> None:
    budget = Budget(Rate(100, 60), 0.5)
    budget.observe(at(0), 90)
    assert budget.wait(at(20), 1) == 40 * NANOSECONDS


ASKED = st.lists(st.tuples(st.integers(0, 3 * NANOSECONDS), st.integers(1, 12)), max_size=60)


@given(ASKED, st.integers(1, 20))
def test_no_window_holds_more_than_the_limit_where_every_wait_is_respected(
    asked: list[tuple[int, int]], limit: int
) -> None:
    budget = Budget(Rate(limit, 2))
    now = START
    spent: list[tuple[int, int]] = []
    for pause, wanted in asked:
        cost = min(wanted, limit)
        now += pause
        now += budget.wait(now, cost)
        assert budget.wait(now, cost) == 0
        budget.spend(now, cost)
        spent.append((now, cost))
        assert in_window(spent, now) <= budget.used(now) <= limit


@given(ASKED, st.integers(12, 30))
def test_no_wait_is_longer_than_it_must_be_by_more_than_a_hundredth_of_the_window(
    asked: list[tuple[int, int]], limit: int
) -> None:
    budget = Budget(Rate(limit, 2))
    now = START
    spent: list[tuple[int, int]] = []
    for pause, cost in asked:
        now += pause
        ends = (time + 2 * NANOSECONDS for time, _ in spent)
        moments = sorted({now, *(end for end in ends if end > now)})
        earliest = next(time for time in moments if in_window(spent, time) + cost <= limit)
        wait = budget.wait(now, cost)
        assert earliest <= now + wait <= earliest + NANOSECONDS // 50
        now += wait
        budget.spend(now, cost)
        spent.append((now, cost))


def in_window(spent: list[tuple[int, int]], end: int) -> int:
    """What was spent in the two seconds that end then."""
    return sum(cost for time, cost in spent if end - 2 * NANOSECONDS < time <= end)


def test_memory_does_not_grow_with_what_is_spent() -> None:
    budget = Budget(Rate(10**9, 60))
    tracemalloc.start()
    try:
        for number in range(100_000):
            budget.spend(START + number * NANOSECONDS // 1000)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 50_000
    assert budget.used(START + 100 * NANOSECONDS) == pytest.approx(60_000, rel=0.011)
