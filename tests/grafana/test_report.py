"""The report's page says what was asked and what came back, and marks what failed or is empty."""

from collections.abc import Sequence
from typing import Any

import pytest

from grafana.report.answers import Answer, Labels, Points
from grafana.report.asked import Kind, asked
from grafana.report.page import page
from grafana.report.report import Report, Seen
from grafana.report.totals import summary
from tests.grafana.reported import HOUR, Elements, Json, board, panel

NASTY = "<script>alert('&\")</script>"
LIVE = {"type": "value", "options": {"1": {"text": "live", "color": "#009E73"}}}
Series = tuple[Labels, Points]


def report(*panels_: Json, got: Sequence[Answer] = (), **more: Any) -> Report:
    it = board(*panels_, templating={"list": []}, **more)
    return Report("http://p", HOUR, [Seen(it, {}, [*zip(asked(it, {}, HOUR), got, strict=True)])])


def stat(**more: Any) -> Json:
    return panel(type="stat", target={"instant": True}, **more)


def one(value: float = 1.0, **labels: str) -> Answer:
    return Answer([(labels, [(HOUR.end, value)])], 0.002)


# --- the page


def test_nothing_of_a_dashboard_or_an_answer_can_become_markup() -> None:
    mapping: Json = {"type": "value", "options": {"1": {"text": NASTY, "color": 'red"><script>'}}}
    every: Json = {"title": NASTY, "description": NASTY, "fieldConfig": {"defaults": {
        "noValue": NASTY, "unit": NASTY, "mappings": [mapping]}}}  # fmt: skip
    shown: Json = {"expr": NASTY, "legendFormat": NASTY, "refId": NASTY}
    kinds = ("stat", "table", "bargauge", "timeseries", "state-timeline", "heatmap")
    answers = [one(2.0, exchange=NASTY) for _ in kinds]
    html = page(
        report(
            *(panel(type=kind, target=shown, **every) for kind in kinds),
            panel(target=shown, **every), panel(target=shown, **every),
            got=[*answers, Answer((), 0.1, NASTY), Answer((), 0.1)],
        )
    )  # fmt: skip
    names = {name for name, _ in Elements(html).found}
    assert "script" not in names
    assert "&lt;script&gt;" in html
    assert 'red"' not in html


def test_the_page_needs_nothing_from_anywhere() -> None:
    attributes = [attrs for _, attrs in Elements(page(report(stat(), got=[one()]))).found]
    assert not any("src" in attrs or attrs.get("rel") for attrs in attributes)
    assert all((attrs.get("href") or "#").startswith("#") for attrs in attributes)


def test_a_panel_that_got_something_is_not_marked() -> None:
    elements = Elements(page(report(stat(), got=[one()])))
    assert elements.classes("section") == ["panel small"]
    assert not {"nothing", "fault", "partly"} & set(elements.classes("p"))


def test_a_panel_that_got_nothing_is_marked_with_what_it_shows_instead() -> None:
    it = report(stat(fieldConfig={"defaults": {"noValue": "no exporter"}}), got=[Answer((), 0.1)])
    html = page(it)
    assert Elements(html).classes("section") == ["panel empty small"]
    assert "A returned nothing: there are no series up" in html
    assert "The panel shows: <b>no exporter</b>" in html


def test_a_panel_that_got_something_for_one_query_of_two_is_not_called_empty() -> None:
    two = {**stat(), "targets": [{"refId": ref, "expr": "up", "instant": True} for ref in "AB"]}
    html = page(report(two, got=[one(), Answer((), 0.1)]))
    assert Elements(html).classes("section") == ["panel small"]
    assert "partly" in Elements(html).classes("p")
    assert "has other data" in html


def test_a_query_that_failed_is_marked_with_what_was_said() -> None:
    html = page(report(panel(), got=[Answer((), 0.1, "bad_data: parse error")]))
    assert Elements(html).classes("section") == ["panel failed"]
    assert "A failed: bad_data: parse error" in html
    assert "returned nothing:" not in html


def test_the_totals_count_panels_queries_failures_and_empty_answers() -> None:
    text = {"id": 9, "type": "text", "title": "Read me", "gridPos": {"w": 24}}
    it = report(
        stat(), panel(id=8), panel(id=10), text, got=[one(), Answer((), 1), Answer((), 2, "no")]
    )
    assert summary(it) == (
        "1 dashboards, 4 panels, 3 queries; 1 returned nothing (2 panels are empty), 1 failed"
    )
    assert [found.seconds for _, found in it.slowest(2)] == [2, 1]
    assert it.seen[0].cost == pytest.approx(3.002)
    assert "It asks Prometheus nothing." in page(it)


def test_a_refresh_does_not_cost_the_variables_queries() -> None:
    it = board(panel())
    got = [(query, Answer((), 1.0)) for query in asked(it, {"exchange": "$__all"}, HOUR)]
    assert [query.kind for query, _ in got] == [Kind.PANEL, Kind.VARIABLE, Kind.VARIABLE]
    assert Seen(it, {}, got).cost == 1.0


def test_a_known_reason_for_an_empty_panel_is_told() -> None:
    it = report(stat(), got=[Answer((), 0.1)])
    told = Report(it.server, HOUR, it.seen, frozenset(), {("board", "Up"): "nobody is up"})
    assert "A returned nothing: nobody is up (there are no series up)" in page(told)


def test_annotations_are_shown_as_times() -> None:
    mark = {"name": "Alerts", "expr": "up", "titleFormat": "{{alert}}", "iconColor": "#D55E00"}
    points = [(HOUR.start + 60 * at, float(at == 3)) for at in range(10)]
    got = [Answer([({"alert": "spread"}, points)], 0.1)]
    html = page(report(annotations={"list": [mark]}, got=got))
    rects = [attrs for tag, attrs in Elements(html).found if tag == "rect"]
    assert [attrs["fill"] for attrs in rects] == ["#D55E00"]
    assert "spread" in html
