"""What dashboards show of a real Prometheus before, during and after incidents is what happened."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from exporter.simulator.symbols import symbols
from grafana.frame import colours
from grafana.report.answers import Labels, Points
from grafana.report.asked import Kind
from tests.grafana import history
from tests.grafana.quiet import QUIET
from tests.grafana.rehearsal import ACTS, DEAD, PAIRS, WORST, Look, rehearsal
from tests.stack.stack import Change

HEALTH, ALERTS = "market-overview", "market-alerts"
TIMELINE = "Alerts that were not inactive"
MARKETS = "Markets: spread, basis and divergence in bps, depth in quote currency"
MOST_SERIES = 200
_LATE = 12
"""Seconds by which a timeline may be late: a look of its rule, a scrape, a step of the graph."""


@dataclass(frozen=True)
class Seen:
    """What was asked at each moment, and what the exporter logged."""

    calm: Look
    first: Look
    during: Look
    after: Look
    silent: Look
    changes: Sequence[Change]

    @property
    def moments(self) -> Mapping[str, Look]:
        """All but the calm before."""
        return {"first": self.first, "during": self.during, "after": self.after}


async def lived(folder: Path) -> Seen:
    async with rehearsal(folder) as it:
        calm = await it.look()
        await it.first()
        first = await it.look()
        await it.all()
        during = await it.look()
        await it.over()
        after = await it.look()
        changes = it.stack.changes()
        await it.end()
        return Seen(calm, first, during, after, await it.look(), changes)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The whole story, once."""
    return asyncio.run(lived(tmp_path_factory.mktemp("dashboards")))


def series(
    look: Look, title: str, ref_id: str = "A", board: str = HEALTH
) -> Sequence[tuple[Labels, Points]]:
    """What a query got."""
    _, got = look[board, title, ref_id]
    assert not got.error
    return got.series


def value(look: Look, title: str, ref_id: str = "A") -> float | None:
    """The one figure of a stat; None where it has nothing to show."""
    found = series(look, title, ref_id)
    return found[0][1][-1][1] if found else None


def column(look: Look, ref_id: str) -> Mapping[tuple[str, str], float]:
    """A column of the table of markets, by market."""
    return {
        (labels["exchange"], labels["instrument"]): points[-1][1]
        for labels, points in series(look, MARKETS, ref_id)
    }


FEED, ALERT, SPREAD, NOTE = "A", "B", "C", "M"
"""Columns of the table of markets, by the query they come from."""


def test_nothing_that_is_asked_is_refused(seen: Seen) -> None:
    looks = (seen.calm, *seen.moments.values(), seen.silent)
    assert [got.error for look in looks for _, got in look.values() if got.error] == []


def test_every_query_returns_something_or_there_is_a_reason_that_it_does_not(seen: Seen) -> None:
    silent = {
        (board, title, ref)
        for (board, title, ref) in seen.during
        if not any(look[board, title, ref][1].series for look in seen.moments.values())
    }
    assert {(board, title) for board, title, _ in silent} - QUIET.keys() == set()


def test_no_reason_is_given_for_what_returns_something(seen: Seen) -> None:
    for key in QUIET:
        refs = [one for one in seen.during if one[:2] == key]
        assert refs, f"{key} is no panel"
        assert not all(seen.during[one][1].series for one in refs), key


def test_no_query_returns_more_series_than_can_be_looked_at(seen: Seen) -> None:
    for look in seen.moments.values():
        many = {key: len(got.series) for key, (asked, got) in look.items()
                if asked.kind is not Kind.VARIABLE and len(got.series) > MOST_SERIES}  # fmt: skip
        assert many == {}


# --- market health


def test_a_calm_market_is_normal_everywhere(seen: Seen) -> None:
    assert value(seen.calm, "Paging") == 0
    assert value(seen.calm, "In chat") == 0
    assert value(seen.calm, "Not live") == 0
    assert set(column(seen.calm, FEED).values()) == {1}


def test_the_worst_market_is_the_one_with_the_incident(seen: Seen) -> None:
    ((labels, points),) = series(seen.first, "Worst market")
    assert labels == WORST.market
    assert points[-1][1] >= 10 * colours.P1.code
    assert value(seen.first, "Paging") == 1
    states = column(seen.first, ALERT)
    assert states[WORST.exchange, WORST.instrument] == colours.P1.code
    others = [
        state for market, state in states.items() if market != (WORST.exchange, WORST.instrument)
    ]
    assert max(others) < colours.P2.code


def test_each_market_with_an_incident_has_the_colour_of_its_alert(seen: Seen) -> None:
    states = column(seen.during, ALERT)
    for act in ACTS:
        if act.alert.endswith("critical"):
            assert states[act.exchange, act.instrument] == colours.P1.code, act


def test_a_market_with_a_dead_feed_stays_in_its_place_is_not_green_and_has_no_figures(
    seen: Seen,
) -> None:
    market = (DEAD.exchange, DEAD.instrument)
    for look in (seen.calm, seen.during, seen.after):
        assert len(column(look, FEED)) == len(column(look, ALERT)) == len(symbols(PAIRS))
    assert list(column(seen.during, FEED)) == list(column(seen.calm, FEED))
    assert column(seen.during, FEED)[market] == 0
    assert column(seen.during, ALERT)[market] != colours.NORMAL.code
    assert market in column(seen.calm, SPREAD)
    assert market not in column(seen.during, SPREAD)
    notes = {(labels["exchange"], labels["instrument"]): labels["note"]
             for labels, _ in series(seen.during, MARKETS, NOTE)}  # fmt: skip
    assert notes[market] in {"stale", "leg_missing"}


def test_when_it_is_over_nothing_pages(seen: Seen) -> None:
    assert value(seen.after, "Paging") == 0
    assert value(seen.after, "Not live") == 0
    assert colours.P1.code not in column(seen.after, ALERT).values()


def test_without_an_exporter_nothing_is_green(seen: Seen) -> None:
    assert value(seen.silent, "Paging") is None
    assert value(seen.silent, "Unevaluated") is None
    states = column(seen.silent, ALERT)
    assert len(states) == len(symbols(PAIRS))
    assert colours.NORMAL.code not in states.values()
    assert not any(column(seen.silent, FEED)[market] == 1 for market in states)


# --- the timeline of alerts


def _timeline(seen: Seen, alert: str) -> Points:
    found = [
        points
        for labels, points in series(seen.after, TIMELINE, board=ALERTS)
        if labels["alert"] == alert and WORST.market.items() <= labels.items()
    ]
    assert len(found) == 1, alert
    return found[0]


def _spells(points: Points, code: int) -> Iterator[tuple[float, float]]:
    """From when to when the state was this."""
    began = last = None
    for at, state in points:
        if state == code:
            began, last = began if began is not None else at, at
        elif began is not None and last is not None:
            yield began, last
            began = None
    if began is not None and last is not None:
        yield began, last


def test_the_timeline_shows_inactive_then_firing_then_inactive_when_it_was_so(seen: Seen) -> None:
    happened = [
        (one.after, one.time)
        for one in seen.changes
        if (one.alert, one.exchange, one.instrument) == (WORST.alert, *WORST.market.values())
    ]
    assert [state for state, _ in happened] == ["firing", "inactive"]
    (_, began), (_, ended) = happened
    points = _timeline(seen, WORST.alert)
    ((first, last),) = _spells(points, colours.P1.code)
    assert began <= first <= began + _LATE, datetime.fromtimestamp(began)  # noqa: DTZ006
    assert ended - _LATE <= last <= ended + _LATE
    assert {state for at, state in points if at < began - 1} <= {
        colours.NORMAL.code,
        colours.UNEVALUATED.code,
    }
    assert {state for at, state in points if at > ended + _LATE} == {colours.NORMAL.code}


# --- what is recorded of the days before


def test_the_worst_market_of_the_month_has_the_budget_that_it_has(seen: Seen) -> None:
    found = {
        (labels["exchange"], labels["instrument"], labels["objective"]): points[-1][1]
        for labels, points in series(seen.calm, "Error budgets, the least first")
    }
    worst = (history.WORST.exchange, history.WORST.instrument, history.OBJECTIVE)
    assert min(found, key=lambda one: found[one]) == worst
    assert found[worst] == pytest.approx(history.budget(history.WORST), abs=0.01)
