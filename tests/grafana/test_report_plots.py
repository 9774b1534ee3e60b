"""How the report shows values: text, colours, tables and plots as the panels' settings say."""

import math
import re
from typing import Any

import pytest

from grafana.report.answers import Answer
from grafana.report.asked import asked
from grafana.report.axes import around
from grafana.report.drawing import Drawn
from grafana.report.lines import lines
from grafana.report.looks import look, settings
from grafana.report.plots import cells, strips
from grafana.report.tables import rows
from grafana.report.units import number
from grafana.report.why import reason
from tests.grafana.reported import HOUR, Elements, board, panel

LIVE = {"type": "value", "options": {"1": {"text": "live", "color": "#009E73"}}}


def drawn(*points: tuple[float, float], name: str = "a", **how: Any) -> Drawn:
    return Drawn(name, points, 5.0, how)


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (0.123, "percentunit", 1, "12.3%"),
        (1234.5, "none", 0, "1,234"),
        (0.0021, "s", 1, "2.1 ms"),
        (5400.0, "s", 1, "1.5 h"),
        (93784.0, "dthms", 0, "1 d 02:03:04"),
        (2**21, "bytes", 1, "2.0 MiB"),
        (6200000.0, "short", 1, "6.2 M"),
        (0.0, "s", None, "0 s"),
        (12.3456, "suffix: bps", 2, "12.35 bps"),
        (12.3456, "", None, "12.3"),
        (math.nan, "s", 1, "NaN"),
        (math.inf, "s", 1, "+Inf"),
    ],
)
def test_numbers_have_their_unit(value: float, unit: str, decimals: int | None, text: str) -> None:
    assert number(value, unit, decimals) == text


def test_a_value_has_the_text_and_colour_of_its_mapping_or_of_the_step_it_reached() -> None:
    steps = [{"value": None, "color": "#111111"}, {"value": 5, "color": "#222222"}]
    how = {"mappings": [LIVE], "color": {"mode": "thresholds"}, "thresholds": {"steps": steps}}
    seen = [look(value, how) for value in (1.0, 4.9, 5.0)]
    assert [(it.text, it.colour) for it in seen] == [
        ("live", "#009E73"), ("4.9", "#111111"), ("5", "#222222"),
    ]  # fmt: skip


def test_what_is_not_there_has_the_no_value_text_and_no_colour() -> None:
    steps = [{"value": None, "color": "#111111"}]
    how = {"noValue": "–", "color": {"mode": "thresholds"}, "thresholds": {"steps": steps}}
    assert look(None, how).text == "–"
    assert look(None, how).colour == ""


@pytest.mark.parametrize(
    ("matcher", "options"), [("byName", "a b"), ("byRegexp", "^a"), ("byFrameRefID", "B")]
)
def test_overrides_are_for_what_they_match(matcher: str, options: str) -> None:
    override = {
        "matcher": {"id": matcher, "options": options},
        "properties": [{"id": "unit", "value": "s"}],
    }
    config = {"fieldConfig": {"defaults": {"unit": "none"}, "overrides": [override]}}
    assert settings(config, "a b", "B")["unit"] == "s"
    assert settings(config, "c", "A")["unit"] == "none"


def test_rows_of_a_table_are_put_together_by_the_labels_that_all_queries_have() -> None:
    targets = [{"refId": ref, "expr": "up", "instant": True} for ref in "ABC"]
    it = board(panel(type="table") | {"targets": targets}, templating={"list": []})
    a = Answer([({"x": "1"}, [(0, 10.0)]), ({"x": "2"}, [(0, 20.0)])], 0)
    b = Answer([({"x": "2", "y": "p"}, [(0, 5.0)]), ({"x": "2", "y": "q"}, [(0, 6.0)])], 0)
    found = rows([*zip(asked(it, {}, HOUR), (a, b, Answer((), 0)), strict=True)])
    assert found == [
        {"x": "1", "Value #A": 10.0},
        {"x": "2", "Value #A": 20.0, "y": "p", "Value #B": 5.0},
        {"x": "2", "y": "q", "Value #B": 6.0},
    ]


# --- plots


def path(html: str) -> str:
    found = re.search(r'<path d="([^"]*)"', html)
    assert found is not None
    return found[1]


def test_a_line_has_a_gap_where_there_is_nothing() -> None:
    at = HOUR.start
    together = lines([drawn((at, 1), (at + 5, 2), (at + 10, 1))], HOUR, {})
    apart = lines([drawn((at, 1), (at + 5, 2), (at + 20, 1))], HOUR, {})
    unknown = lines([drawn((at, 1), (at + 5, math.nan), (at + 10, 1))], HOUR, {})
    assert [path(html).count("M") for html in (together, apart, unknown)] == [1, 2, 2]


def test_what_is_filled_between_two_series_is_a_band_and_its_edge_no_line() -> None:
    at = HOUR.start
    upper = drawn((at, 4), (at + 5, 4), name="fires", **{"custom.fillBelowTo": "clears"})
    lower = drawn((at, 2), (at + 10, 2), name="clears", **{"custom.lineWidth": 0})
    found = Elements(lines([upper, lower], HOUR, {})).classes("path")
    assert found == ["band", "line"]


def test_stacked_bars_stand_on_each_other() -> None:
    how = {"custom.stacking": {"mode": "normal"}}
    many = [drawn((HOUR.start, 3.0), name=name, **how) for name in "ab"]
    html = lines(many, HOUR, {"custom.drawStyle": "bars", **how})
    found = re.findall(r'<path d="M[\d.]+ ([\d.]+)V([\d.]+)"', html)
    first, second = ([float(place) for place in places] for places in found)
    assert first[1] == second[0]
    assert first[0] > first[1] > second[1]


@pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
def test_an_axis_has_a_place_for_each_value_on_every_scale(scale: str) -> None:
    axis = around([1.0, 10.0, 1000.0], scale=scale)
    places = [axis.y(value) for value in (0.0, 1.0, 10.0, 1000.0, 9999.0)]
    assert places == sorted(places, reverse=True)
    assert (places[0], places[-1]) == (places[1], places[3])
    assert (places[1] - places[2]) / (places[1] - places[3]) == pytest.approx(
        {"linear": 9 / 999, "log": 1 / 3, "symlog": 0.27427}[scale], abs=1e-4
    )


@pytest.mark.parametrize("values", [[], [0.0], [5.0, 5.0], [-3.0, -3.0], [1e-9, 2e-9]])
@pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
def test_an_axis_has_ticks_within_it_whatever_the_values(values: list[float], scale: str) -> None:
    axis = around(values, unit="s", scale=scale)
    assert axis.low < axis.high
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks())
    assert all(math.isfinite(axis.y(value)) for value in values)


def test_a_strip_has_a_piece_for_each_state_and_none_where_there_is_nothing() -> None:
    at = HOUR.start
    points = [(at + 5 * n, float(n < 3)) for n in range(6)] + [(at + 600, 1.0)]
    html = strips([drawn(*points, mappings=[LIVE])], HOUR)
    rects = [attrs for tag, attrs in Elements(html).found if tag == "rect"]
    assert [attrs["fill"] for attrs in rects] == ["#009E73", "#888", "#009E73"]
    ends = [float(attrs["x"] or 0) + float(attrs["width"] or 0) for attrs in rects]
    assert ends[1] < float(rects[2]["x"] or 0)


def test_cells_are_of_what_is_in_each_bucket_alone() -> None:
    at = HOUR.start + 600
    html = cells([drawn((at, 9), name="+Inf"), drawn((at, 4), name="1"), drawn((at, 4), name="2")],
                 HOUR, "s")  # fmt: skip
    rects = [attrs for tag, attrs in Elements(html).found if tag == "rect"]
    assert len(rects) == 2, "4 up to 1, none up to 2, 5 above"
    assert "up to 5 in a cell" in html


def test_series_that_are_not_drawn_are_counted() -> None:
    many = [drawn((HOUR.start, 1.0), name=str(n)) for n in range(75)]
    assert "and 15 more series, not drawn" in lines(many, HOUR, {})


def test_why_a_query_returned_nothing_is_told_as_far_as_it_is_known() -> None:
    names = {"up", "rec:held"}
    assert reason('up{a="b"} == 0', names) == "its series are there; none matches"
    assert reason("sum(rec:other{}[5m]) or up{}", names) == "there are no series rec:other"
    assert reason('up{x="gone{"}', names) == "its series are there; none matches"
    assert reason("gone", names) == "there are no series gone"
    assert reason("vector(1) > 2", names) == ""
