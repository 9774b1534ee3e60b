"""When the regimes of `alerts.yaml` hold, and which may hold together."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.config import Regime
from exporter.config.regimes import DAYS

MINUTE = 60 * 10**9
DAY = 24 * 60


def regime(**window: object) -> Regime:
    """A regime with this window."""
    return Regime.model_validate({"multiplier": 2, "alerts": ["a"], **window})


def at(text: str) -> int:
    """Unix ns of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def test_a_regime_around_funding_meets_every_other() -> None:
    funding = regime(around_funding_minutes=1)
    assert funding.may_overlap(regime(dates=["2026-12-10"]))
    assert regime(dates=["2026-12-10"]).may_overlap(funding)
    assert not funding.covers(at("2026-12-10T08:00"))


@pytest.mark.parametrize("day", DAYS)
def test_a_window_meets_itself_on_each_day_of_the_week_and_not_that_of_the_next(day: str) -> None:
    following = DAYS[(DAYS.index(day) + 1) % 7]
    window = regime(between=["09:00", "10:00"], days=[day])
    assert window.may_overlap(window)
    assert not window.may_overlap(regime(between=["09:00", "10:00"], days=[following]))


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    late = regime(between=["23:30", "00:30"], days=["thu"])
    times = ["10T00:00", "10T23:29:59", "10T23:30", "11T00:29:59", "11T00:30", "11T23:30"]
    assert [late.covers(at(f"2026-12-{time}")) for time in times] == [
        False, False, True, True, False, False,
    ]  # fmt: skip


def test_a_window_may_last_to_the_end_of_the_day_or_for_all_of_it() -> None:
    evening, weekend = (
        regime(between=["22:00", "24:00"]),
        regime(between=["00:00", "24:00"], days=["sat", "sun"]),
    )
    times = ["11T21:59", "11T22:00", "11T23:59", "12T00:00", "13T23:59", "14T00:00"]
    assert [evening.covers(at(f"2026-12-{time}")) for time in times] == [
        False, True, True, False, True, False,
    ]  # fmt: skip
    assert [weekend.covers(at(f"2026-12-{time}")) for time in times] == [
        False, False, False, True, True, False,
    ]  # fmt: skip


def test_dates_are_whole_days_in_utc() -> None:
    dates = regime(dates=["2026-12-10", "2028-02-29"])
    times = ["2026-12-09T23:59:59", "2026-12-10T00:00", "2026-12-10T23:59:59", "2028-02-29T12:00"]
    assert [dates.covers(at(time)) for time in times] == [False, True, True, True]


TIMES = st.sampled_from(("00:00", "00:01", "06:00", "12:00", "23:59"))
BETWEEN = st.tuples(TIMES, st.one_of(TIMES, st.just("24:00"))).filter(
    lambda pair: pair[0] != pair[1]
)
WEEKLY = st.builds(
    lambda between, days: regime(between=list(between), days=sorted(days)),
    BETWEEN,
    st.sets(st.sampled_from(DAYS), min_size=1),
)
DATED = st.builds(
    lambda days: regime(dates=[f"2026-12-{day}" for day in sorted(days)]),
    st.sets(st.integers(10, 19), min_size=1, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(one=st.one_of(WEEKLY, DATED), two=st.one_of(WEEKLY, DATED))
def test_two_windows_may_overlap_where_there_is_a_minute_in_both(one: Regime, two: Regime) -> None:
    start = at("2026-12-08T00:00")
    minutes = range(start, start + 14 * DAY * MINUTE, MINUTE)
    assert one.may_overlap(two) == any(one.covers(time) and two.covers(time) for time in minutes)
