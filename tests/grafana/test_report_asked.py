"""What the report asks is what Grafana would ask: variables, steps, ranges."""

from collections.abc import Mapping
from typing import Any

import pytest

from grafana.report.asked import Asked, Kind, Span, UnknownError, asked
from grafana.report.making import shipped
from grafana.report.span import duration, seconds
from grafana.report.variables import ALL, variables
from tests.grafana.reported import HOUR, Json, board, panel, query_variable

CHOICES = {"exchange": ALL, "band": "10"}


def queries(it: Json, span: Span = HOUR, values: Mapping[str, str] = CHOICES) -> list[Asked]:
    return [one for one in asked(it, values, span) if one.kind is not Kind.VARIABLE]


def only(*args: Any, span: Span = HOUR, **more: Any) -> Asked:
    (one,) = queries(board(panel(*args, **more)), span)
    return one


def expr(text: str, **values: str) -> str:
    (one,) = queries(board(panel(text)), values={**CHOICES, **values})
    return one.expr


# --- variables


@pytest.mark.parametrize("form", ["$band", "${band}", "${band:regex}", "${band:raw}", "[[band]]"])
def test_a_variable_is_replaced_in_all_the_ways_to_write_it(form: str) -> None:
    assert expr(f'depth{{band_bps="{form}"}}') == 'depth{band_bps="10"}'


@pytest.mark.parametrize("chosen", [ALL, ".*"])
def test_all_of_a_variable_is_a_pattern_for_everything(chosen: str) -> None:
    text = expr('up{exchange=~"$exchange"} ${exchange:regex}', exchange=chosen)
    assert text == 'up{exchange=~".*"} .*'


def test_one_value_of_a_variable_of_many_is_a_pattern_for_it_alone() -> None:
    assert expr('up{exchange=~"$exchange"}', exchange="a.b|c") == r'up{exchange=~"a\\.b\\|c"}'
    assert expr('up{exchange=~"$exchange"}', exchange='"') == r'up{exchange=~"\""}'


def test_the_value_of_a_variable_of_one_is_a_string() -> None:
    assert expr('depth{band_bps="$band"}', band=r'1.5"\d') == r'depth{band_bps="1.5\"\\d"}'


def test_a_variable_of_its_own_value_needs_no_choice() -> None:
    constant = {"type": "constant", "name": "job", "current": {"value": "exporter"}}
    it = board(panel('up{job="$job"}'), templating={"list": [constant]})
    assert queries(it)[0].expr == 'up{job="exporter"}'


def test_the_groups_of_a_pattern_are_no_variables() -> None:
    text = 'label_replace(up, "a", "$1 ${2}", "b", "(.+)")'
    assert expr(text) == text


@pytest.mark.parametrize("place", ["expr", "legendFormat", "title", "description"])
def test_an_unknown_variable_is_refused_with_its_place(place: str) -> None:
    wrong = "up $instruments"
    given = {"target": {"expr": wrong, "legendFormat": wrong}} if place in ("expr", "legendFormat")\
        else {place: wrong}  # fmt: skip
    with pytest.raises(UnknownError, match=r"^board / .* A: there is no variable instruments$"):
        only(**given)


def test_an_unknown_way_to_write_a_variable_is_refused() -> None:
    with pytest.raises(UnknownError, match=r"\$\{band:sqlstring\} is written in a way"):
        expr("${band:sqlstring}")


def test_grafana_s_own_variables_are_those_of_the_panel_s_range() -> None:
    assert expr("[$__range] $__range_s ${__range_ms}") == "[3600s] 3600 3600000"
    assert expr("$__from $__to") == "7200000 10800000"
    assert only("[$__range]", timeFrom="14d").expr == "[1209600s]"


# --- steps


@pytest.mark.parametrize(
    ("minutes", "step"), [(5, 1.0), (15, 1.0), (60, 5.0), (6 * 60, 20.0), (24 * 60, 60.0)]
)
def test_the_step_is_a_round_one_with_about_a_point_for_a_pixel(minutes: int, step: float) -> None:
    assert only(span=Span(0.0, minutes * 60.0)).step == step


def test_a_narrower_panel_has_fewer_points() -> None:
    assert only(gridPos={"w": 6}).step == 15.0


def test_no_step_is_below_the_scrape_interval_or_the_least_that_is_wanted() -> None:
    assert only(span=Span(0.0, 60.0, scrape=15.0)).step == 15.0
    assert only(interval="30s").step == 30.0
    assert only(target={"interval": "5m"}).step == 300.0
    assert only(interval="1m", target={"interval": "10s"}).step == 10.0


def test_prometheus_is_never_asked_for_more_points_than_it_gives() -> None:
    year = Span(0.0, 365 * 86400.0)
    assert year.seconds / only(span=year, maxDataPoints=10**6).step <= 11000


def test_the_interval_of_rates_holds_four_samples_or_a_step_and_a_sample() -> None:
    asking = ("[$__rate_interval] $__interval $__interval_ms",)
    assert only(*asking, span=Span(0.0, 60.0)).expr == "[4s] 1s 1000"
    assert only(*asking).expr == "[6s] 5s 5000"
    assert only(*asking, target={"interval": "1m"}).expr == "[240s] 60s 60000"


@pytest.mark.parametrize(("text", "length"), [("5m", 300), ("1h30m", 5400), ("500ms", 0.5)])
def test_durations_are_read(text: str, length: float) -> None:
    assert seconds(text) == length
    assert seconds(duration(length)) == length


@pytest.mark.parametrize("text", ["", "5", "m5", "5 m", "-5m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        seconds(text)


def test_a_panel_may_look_at_whole_days_of_its_own() -> None:
    noon = Span(30.5 * 86400 - 3600, 30.5 * 86400)
    over = only(timeFrom="14d", timeShift="0d/d").over(noon)
    assert (over.start, over.end) == (16 * 86400, 31 * 86400)
    assert only(timeShift="1d").over(noon).end == 29.5 * 86400
    assert only().over(noon) == noon


# --- what is asked


def test_panels_in_rows_are_asked_too_and_rows_are_not() -> None:
    row = {"id": 1, "type": "row", "title": "Row", "panels": [panel(title="Inner")]}
    assert [one.title for one in queries(board(row, panel()))] == ["Inner", "Up"]


def test_what_is_hidden_or_not_prometheus_s_is_not_asked() -> None:
    other: Json = {"datasource": {"type": "alertmanager", "uid": "x"}}
    assert queries(board(panel(target={"hide": True}), panel(target=other), panel(**other))) == []


def test_a_query_knows_how_its_panel_shows_it() -> None:
    defaults: Json = {"unit": "s", "noValue": "none yet"}
    it = only(
        fieldConfig={"defaults": defaults}, description="At $band bps",
        target={"instant": True, "legendFormat": "{{exchange}} $band"},
    )  # fmt: skip
    assert (it.dashboard, it.panel, it.ref_id, it.type) == ("board", 7, "A", "timeseries")
    assert (it.unit, it.no_value, it.instant) == ("s", "none yet", True)
    assert (it.description, it.legend) == ("At 10 bps", "{{exchange}} 10")


def test_annotations_are_asked_over_the_range_at_their_own_step() -> None:
    mark = {"name": "Alerts", "expr": "up == $band", "step": "5s", "titleFormat": "{{alert}}"}
    own = {"name": "Annotations & Alerts", "builtIn": 1}
    (it,) = queries(board(annotations={"list": [own, mark, {**mark, "enable": False}]}))
    assert (it.kind, it.expr, it.step, it.instant) == (Kind.ANNOTATION, "up == 10", 5.0, False)


def test_variables_are_asked_for_the_values_of_a_label() -> None:
    first, second = asked(board(), CHOICES, HOUR)
    assert (first.kind, first.title, first.expr, first.label) == (
        Kind.VARIABLE, "exchange", "up", "exchange",
    )  # fmt: skip
    assert (second.expr, second.label) == ('depth{exchange=~".*"}', "band_bps")


def test_a_variable_that_is_no_label_s_values_is_refused_with_its_place() -> None:
    it = board(templating={"list": [query_variable("x", "query_result(up)")]})
    with pytest.raises(UnknownError, match=r"^board / variable x: 'query_result"):
        list(asked(it, {}, HOUR))


def test_of_the_shipped_dashboards_every_query_can_be_asked() -> None:
    for it in shipped():
        values = {one["name"]: ALL for one in variables(it)}
        found = list(asked(it, values, HOUR))
        assert {one.panel for one in found if one.panel} == {
            one["id"] for one in it["panels"] if one.get("targets")
        }
        assert not any("$__" in one.expr or "${" in one.expr for one in found)
