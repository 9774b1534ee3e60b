"""The dashboards in a real Grafana while real incidents come and go: `make test-grafana`.

With PICTURES=folder the pictures are kept there, by dashboard and moment.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from grafana.report.asked import Asked, Kind
from tests.grafana.browser import Page, Seen, taken
from tests.grafana.dashboards import Board, shipped
from tests.grafana.quiet import QUIET
from tests.grafana.rehearsal import ACTS, Rehearsal, chosen, queries, rehearsal
from tests.grafana.server import Grafana, grafana

pytestmark = pytest.mark.skipif(
    not os.environ.get("GRAFANA_HOME"), reason="needs a Grafana: GRAFANA_HOME says where it is"
)
BOARDS = shipped()
MOMENTS = ("before", "during", "after")
_UNIT, _CHROME = 38, 190
"""Pixels of a unit of the grid, and of what is above it."""
_SOURCE = "market-prometheus"
_RULES = f"/api/prometheus/{_SOURCE}/api/v1"
_ALERTMANAGER = "/api/alertmanager/market-alertmanager/api/v2"
_SILENCED = "feed_stale"
_ONLY_DURING = {
    ("market-overview", "Firing and pending alerts"),
    ("market-alerts", "Firing and pending alerts"),
    ("market-instrument", "What is not normal"),
}


@dataclass
class Looked:
    """What was seen in each moment, what Grafana answered to each query, and what its alerting
    pages are made of."""

    home: Mapping[str, Any]
    complaints: Sequence[str]
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    answers: dict[Asked, Mapping[str, Any]] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    alerts: Mapping[str, Any] = field(default_factory=dict)
    silences: Sequence[Mapping[str, Any]] = ()


def _address(it: Grafana, board: Board) -> str:
    values = "".join(f"&var-{name}={value}" for name, value in chosen(board).items())
    return f"{it.url}/d/{board.name}?from=now-10m&to=now&refresh=1h{values}"


def _pages(it: Grafana, folder: Path, moment: str) -> Iterator[Page]:
    for board in BOARDS.values():
        bottom = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in board.rows_and_panels)
        address, name = _address(it, board), f"{board.name}-{moment}"
        yield Page(address, folder / f"{name}.png", height=_CHROME + _UNIT * int(bottom))
        if moment == "during":
            yield Page(address, folder / f"{name}-first-screen.png")


async def _answer(it: Grafana, asked: Asked, began: float) -> Mapping[str, Any]:
    query = {
        "refId": "A",
        "datasource": {"uid": _SOURCE},
        "expr": asked.expr,
        "instant": asked.instant,
        "range": not asked.instant,
        "intervalMs": 1000,
        "maxDataPoints": 1000,
    }
    now = str(int(time.time() * 1000))
    _, said = await it.post(
        "/api/ds/query", {"queries": [query], "from": str(int(began * 1000)), "to": now}
    )
    result: Mapping[str, Any] = said["results"]["A"]
    return result


async def _silence(it: Rehearsal) -> None:
    now = time.time()
    stamps = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (now, now + 600))
    starts, ends = stamps
    await it.stack.alertmanager.post(
        "/api/v2/silences",
        {
            "matchers": [{"name": "alertname", "value": _SILENCED, "isRegex": False}],
            "startsAt": starts,
            "endsAt": ends,
            "createdBy": "test",
            "comment": "seen in Grafana",
        },
    )


async def _look(folder: Path, kept: Path, cache: Path) -> Looked:
    async with (
        rehearsal(folder) as it,
        grafana(folder, it.prometheus, it.stack.alertmanager.url) as shown,
    ):
        began = time.time() - 60
        looked = Looked(await shown.get("/api/dashboards/home"), shown.complaints("provisioning"))

        async def pictures(moment: str) -> None:
            looked.seen[moment] = await taken(cache, [*_pages(shown, kept, moment)])

        await pictures("before")
        await it.first()
        await it.all()
        await _silence(it)
        looked.rules = await shown.get(f"{_RULES}/rules")
        looked.alerts = await shown.get(f"{_RULES}/alerts")
        looked.silences = await shown.get(f"{_ALERTMANAGER}/silences")
        await pictures("during")
        await it.over()
        looked.answers = {
            one: await _answer(shown, one, began)
            for board in BOARDS.values()
            for one in queries(board, time.time())
            if one.kind is Kind.PANEL
        }
        await pictures("after")
        return looked


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Looked:
    """The whole story, once."""
    cache = request.config.cache
    assert cache is not None
    folder = tmp_path_factory.mktemp("grafana")
    kept = Path(os.environ.get("PICTURES") or folder / "pictures")
    kept.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_look(folder, kept, cache.mkdir("pictures")))


def test_provisioning_says_nothing_worse_than_information(looked: Looked) -> None:
    assert looked.complaints == []


def test_whoever_opens_it_sees_the_market_s_health(looked: Looked) -> None:
    assert looked.home["dashboard"]["uid"] == "market-overview"


@pytest.mark.parametrize("moment", MOMENTS)
def test_all_panels_of_all_dashboards_are_shown(looked: Looked, moment: str) -> None:
    shown: dict[str, set[str]] = {}
    for one in looked.seen[moment]:
        name = one.url.partition("/d/")[2].partition("?")[0]
        shown.setdefault(name, set()).update(one.panels)
    for board in BOARDS.values():
        titles = {one["title"] for one in board.panels if "$" not in one["title"]}
        assert titles <= shown[board.name], board.name


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_panel_is_in_error(looked: Looked, moment: str) -> None:
    assert [(one.url, one.failed) for one in looked.seen[moment] if one.failed] == []
    assert [(one.url, one.complaints) for one in looked.seen[moment] if one.complaints] == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_table_must_be_scrolled_sideways(looked: Looked, moment: str) -> None:
    assert [(one.url, one.scrolled) for one in looked.seen[moment] if one.scrolled] == []


def test_every_query_is_answered_through_grafana(looked: Looked) -> None:
    failed = {f"{one.dashboard} {one.title} {one.ref_id}": said.get("error")
              for one, said in looked.answers.items() if said.get("error")}  # fmt: skip
    assert failed == {}
    assert len(looked.answers) > 100


def test_after_an_incident_only_what_has_a_reason_is_without_data(looked: Looked) -> None:
    empty = {
        (one.dashboard, one.title)
        for one, said in looked.answers.items()
        if not any(frame["data"]["values"] for frame in said.get("frames") or ())
    }
    assert empty <= QUIET.keys() | _ONLY_DURING


def test_the_alerting_pages_have_our_rules_and_what_fires(looked: Looked) -> None:
    rules = {rule["name"] for group in looked.rules["data"]["groups"] for rule in group["rules"]}
    assert {"market_alert", "market_wide", "exporter_down", "watchdog"} <= rules
    firing = {
        one["labels"]["alert"]
        for one in looked.alerts["data"]["alerts"]
        if one["labels"].get("alert")
    }
    assert {one.alert for one in ACTS if one.alert} <= firing


def test_the_alerting_pages_have_the_silence(looked: Looked) -> None:
    values = [matcher["value"] for silence in looked.silences for matcher in silence["matchers"]]
    assert _SILENCED in values
