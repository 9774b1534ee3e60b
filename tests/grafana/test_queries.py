"""The dashboards' queries name what there is and read no more than they may."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import promql_parser as promql
import pytest

from tests.grafana.dashboards import Board, shipped
from tests.grafana.promql import labels, reads
from tests.grafana.queries import faults
from tests.grafana.sample import GRAPH, MARKET, STAT, TABLE, Mutation, broken
from tests.grafana.variables import referenced, substituted

BOARDS = shipped()
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
def test_the_queries_of_a_shipped_dashboard_are_right(board: Board) -> None:
    found = list(faults(board))
    assert not found, "\n".join(found)


def query(at: int, expr: str | None = None, **changed: object) -> Mutation:
    given = changed if expr is None else {"expr": expr, **changed}
    return lambda spec: spec["panels"][at]["targets"][0].update(given)


def graph(expr: str, legend: str = "x") -> Mutation:
    return query(GRAPH, expr, legendFormat=legend)


def panel(at: int, **changed: object) -> Mutation:
    return lambda spec: spec["panels"][at].update(changed)


def legend(**changed: object) -> Mutation:
    return lambda spec: spec["panels"][GRAPH]["options"]["legend"].update(changed)


def variable(text: str, **changed: object) -> Mutation:
    given = {"query": text, "definition": text, **changed}
    return lambda spec: spec["templating"]["list"][1].update(given)


def annotation(**changed: object) -> Mutation:
    return lambda spec: spec["annotations"]["list"][0].update(changed)


def arranged(**options: object) -> Mutation:
    return lambda spec: spec["panels"][TABLE]["transformations"][0]["options"].update(options)


def days(mutation: Mutation) -> Mutation:
    def change(spec: dict[str, Any]) -> None:
        spec["time"]["from"] = "now-30d"
        spec["panels"], spec["annotations"] = [spec["panels"][GRAPH]], {}
        spec["panels"].insert(0, {"type": "row", "id": 9, "title": "x"})
        mutation({"panels": [None, None, spec["panels"][1]]})

    return change


RATE = "rate(market_feed_gaps_total"


@pytest.mark.parametrize(
    "mutation",
    [
        lambda spec: None,
        graph(f"sum by (exchange) ({RATE}[$__rate_interval]))"),
        graph(f"sum by (exchange) ({RATE}[${{__range}}]))"),
        graph(f"sum by (exchange) ({RATE}[${{__range_s}}s]))"),
        graph("increase(market_feed_gaps_total[1h])"),
        graph("rate(market:slo_bad_seconds:increase5m[6h])"),
        graph("max_over_time(market_spread_bps[4h:1m])"),
        query(STAT, "max(sum_over_time(market:slo_bad_seconds:increase5m[1d]))"),
        query(STAT, "topk(1, market_spread_bps)", legendFormat="{{instrument}}"),
        query(TABLE, MARKET, range=False),
        graph('market_spread_bps{exchange!~"${exchange:regex}"}', "{{exchange}} {{instrument}}"),
        graph("market:alert_state:code", "{{alert}}"),
        graph('{__name__=~"market_(mid|mark)_price"}', "{{__name__}}"),
        graph("ALERTS", "{{anything}}"),
        variable('label_values(market_spread_bps{exchange=~"$exchange"}, instrument)'),
        annotation(titleFormat="{{alert}}", textFormat="{{exchange}}"),
        arranged(includeByName={"exchange": True, "Time": True, "Value": True}),
        days(graph("market:slo_bad_seconds:increase5m")),
    ],
)
def test_right_queries_are_left_alone(mutation: Mutation) -> None:
    assert list(faults(broken(mutation))) == []


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (graph("max(market_spred_bps)"), "'Spread' A: there is no series market_spred_bps"),
        (graph('market_spread_bps{venue="x"}'), "market_spread_bps has no label venue"),
        (graph("sum by (venue) (market_spread_bps)"), "no series of it has the label venue"),
        (graph("sum(market_spread_bps"), "does not parse"),
        (graph('market_spread_bps{exchange="$exchange"}'), "exchange may be several, = is for one"),
        (graph('up{job!="${exchange:raw}"}'), "exchange may be several, != is for one"),
        (graph(f"{RATE}[5m])"), "rate over 0:05:00, not over $__rate_interval"),
        (graph(f"{RATE}[$__interval])"), "rate over 0:00:13, not over $__rate_interval"),
        (graph("rate(market_spread_bps[$__rate_interval])"), "which is no counter"),
        (
            graph("max_over_time(market_spread_bps[6h])"),
            "reads market_spread_bps over 7:00:00",
        ),
        (
            query(STAT, "max(max_over_time(market_spread_bps[7h]))"),
            "'Widest' A: reads market_spread_bps over 7:00:00",
        ),
        (
            query(STAT, "max(max_over_time(rate(market_feed_latency_seconds_sum[1h])[6h:1m]))"),
            "reads market_feed_latency_seconds_sum over 7:00:00",
        ),
        (panel(GRAPH, timeFrom="1d"), "reads market_spread_bps over 1 day, 0:00:00"),
        (
            days(graph("max_over_time(market_spread_bps[$__range])")),
            "reads market_spread_bps over 60 days",
        ),
        (days(graph("market_spread_bps")), "reads market_spread_bps over 30 days"),
        (query(STAT, instant=False, range=True), "'Widest' A: wants the value of now alone"),
        (query(STAT, instant=True, range=True), "'Widest' A: wants the value of now alone"),
        (query(TABLE, instant=False), "'Markets' A: wants the value of now alone"),
        (query(GRAPH, instant=True, range=False), "'Spread' A: wants values over time"),
        (query(TABLE, format="time_series"), "'Markets' A: has the format time_series, not table"),
        (query(GRAPH, format="table"), "'Spread' A: has the format table, not time_series"),
        (panel(GRAPH, type="heatmap"), "'Spread' A: has the format None, not heatmap"),
    ],
)
def test_what_is_wrong_with_a_query_of_a_panel_is_found(mutation: Mutation, fault: str) -> None:
    assert any(fault in one for one in faults(broken(mutation)))


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (query(GRAPH, legendFormat="__auto"), "'Spread': the lines of A have no name"),
        (query(GRAPH, legendFormat=""), "'Spread': the lines of A have no name"),
        (query(STAT, MARKET), "'Widest': the lines of A have no name"),
        (query(STAT, "count by (exchange) (up)"), "the lines of A have no name"),
        (legend(showLegend=False), "'Spread': its legend is hidden"),
        (legend(displayMode="hidden"), "'Spread': its legend is hidden"),
        (query(GRAPH, legendFormat="{{venue}}"), "'Spread': no series has the label venue"),
        (
            graph("sum by (exchange) (market_spread_bps)", "{{instrument}}"),
            "no series has the label instrument",
        ),
        (graph("sum(market_spread_bps)"), "'Spread': no series has the label exchange"),
        (arranged(renameByName={"venue": "Venue"}), "'Markets': there is no column venue"),
        (arranged(includeByName={"Value #A": True}), "'Markets': there is no column Value #A"),
    ],
)
def test_what_is_wrong_with_names_of_lines_and_columns_is_found(
    mutation: Mutation, fault: str
) -> None:
    assert any(fault in one for one in faults(broken(mutation)))


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (variable("label_values(market_fed_up, exchange)"), "there is no series market_fed_up"),
        (variable("label_values(market_feed_up, venue)"), "no series of it has the label venue"),
        (variable('label_values(up{venue="x"}, job)'), "up has no label venue"),
        (variable("label_values(exchange)"), "'exchange': is not the values of a label"),
        (variable("query_result(up)"), "'exchange': is not the values of a label"),
        (
            variable("label_values(market_feed_up, exchange)", definition="label_values(up, job)"),
            "'exchange': its definition is not its query",
        ),
        (annotation(expr="market_alert_fires == 1"), "'Firing': there is no series"),
        (annotation(expr="market_alert_firing"), "'Firing': its two queries differ"),
        (annotation(titleFormat="{{venue}}"), "'Firing': no series has the label venue"),
    ],
)
def test_what_is_wrong_with_variables_and_annotations_is_found(
    mutation: Mutation, fault: str
) -> None:
    assert any(fault in one for one in faults(broken(mutation)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("vector(1)", set()),
        ("sum(market_spread_bps)", set()),
        ("scalar(up) + time()", set()),
        ("sum by (exchange) (market_spread_bps)", {"exchange"}),
        ("sum without (job, instance, drill) (market_spread_bps)", {"exchange", "instrument"}),
        ("up", {"job", "instance", "drill"}),
        ("topk by (job) (1, up)", {"job", "instance", "drill"}),
        ('count_values by (job) ("is", up)', {"job", "is"}),
        ("histogram_quantile(0.9, sum by (le, job) (rate({}[5m])))", {"job"}),
        ('label_replace(max(up), "to", "$1", "job", "(.*)")', {"to"}),
        ("max by (job) (up) / on (job) max by (job, instance) (up)", {"job"}),
        (
            "max by (job, drill) (up) * on (job) group_left (le) max by (job, le) (up)",
            {"job", "drill", "le"},
        ),
        (
            "max by (job) (up) * on (job) group_right (drill) max by (job, le) (up)",
            {"job", "drill", "le"},
        ),
        ("max by (job) (up) or max by (le) (up)", {"job", "le"}),
        ("max by (job) (up) and on () max by (le) (up)", {"job"}),
        ("-(max by (job) (up))", {"job"}),
        ("max_over_time(max by (job) (up)[5m:1m])", {"job"}),
        ("ALERTS", None),
        ("sum without (job) (ALERTS)", None),
        ("absent(up)", None),
        ("sum(", None),
    ],
)
def test_the_labels_that_a_query_returns_are_known(query: str, expected: set[str] | None) -> None:
    query = query.replace("{}", "market_feed_latency_seconds_bucket")
    assert labels(query) == (None if expected is None else frozenset(expected))


def test_what_rules_record_has_the_labels_of_their_queries_and_their_own() -> None:
    found = labels("market:slo_bad_seconds:increase5m")
    assert found is not None
    assert {"exchange", "instrument"} <= found
    assert "le" not in found


@pytest.mark.parametrize(
    ("query", "beyond", "hours"),
    [
        ("up", timedelta(), {"up": 0}),
        ("up", HOUR, {"up": 1}),
        ("rate(up[2h])", HOUR, {"up": 3}),
        ("max_over_time(rate(up[2h])[3h:1m]) + foo", timedelta(), {"up": 5, "foo": 0}),
        ("rate(up[59m59s])", timedelta(), {"up": 24}),
    ],
)
def test_how_far_back_a_query_reads_is_known(
    query: str, beyond: timedelta, hours: Mapping[str, int]
) -> None:
    instead = {promql.parse_duration("59m59s"): 24 * HOUR}
    found = {one.name: reach / HOUR for one, reach in reads(promql.parse(query), beyond, instead)}
    assert found == hours


@pytest.mark.parametrize(
    ("text", "parsable"),
    [
        ("up", "up"),
        ('up{a=~"$x"}[$__rate_interval]', 'up{a=~"x"}[4m7s]'),
        ('up{a=~"${x:regex}.*"} > $least', 'up{a=~"x.*"} > 1'),
        ("rate(up[${__range_s}s]) or rate(up[[[__range]]])", None),
        (
            'label_replace(up, "a", "$1", "b", "(.+)$")',
            'label_replace(up, "a", "$1", "b", "(.+)$")',
        ),
        ("up{a='[[x]]', b=`${y}`}", "up{a='x', b=`x`}"),
        ('up{a="\\"$x"}[$__interval]', 'up{a="\\"x"}[13s]'),
    ],
)
def test_variables_in_a_query_have_something_to_stand_for_them(
    text: str, parsable: str | None
) -> None:
    found = substituted(text)
    assert list(referenced(found)) == []
    assert parsable is None or found == parsable


def test_variables_are_found_however_they_are_written() -> None:
    text = '$a ${b} ${c:regex} [[d]] [[e:csv]] ${f.g[1]} ${__data.fields["h i"]} $1 $ [a-z]'
    assert list(referenced(text)) == ["a", "b", "c", "d", "e", "f", "__data"]
