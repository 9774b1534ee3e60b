"""The shipped dashboards keep the rules, and each rule finds what breaks it."""

from typing import Any

import pytest

from grafana.frame.colours import GOOD, PALETTE
from tests.grafana import lint
from tests.grafana.dashboards import Board, shipped
from tests.grafana.rules.board import MOST_PANELS, OBJECTIVES, alike
from tests.grafana.sample import COLOUR, GRAPH, LINK, NAME, STAT, TABLE, Mutation, broken, sample
from tests.grafana.sample import PALETTE as SAMPLE_PALETTE

BOARDS = shipped()
UIDS = {
    "market-alerts",
    "market-feeds",
    "market-instrument",
    "market-objectives",
    "market-overview",
}


def found(mutation: Mutation) -> list[str]:
    board = broken(mutation)
    return list(lint.faults(board, {NAME: board}, SAMPLE_PALETTE))


def board(**changed: object) -> Mutation:
    return lambda spec: spec.update(changed)


def panel(at: int, **changed: object) -> Mutation:
    return lambda spec: spec["panels"][at].update(changed)


def place(at: int, **changed: int) -> Mutation:
    return lambda spec: spec["panels"][at]["gridPos"].update(changed)


def query(at: int, **changed: object) -> Mutation:
    return lambda spec: spec["panels"][at]["targets"][0].update(changed)


def field(at: int, **changed: object) -> Mutation:
    return lambda spec: spec["panels"][at]["fieldConfig"]["defaults"].update(changed)


def variable(at: int, **changed: object) -> Mutation:
    return lambda spec: spec["templating"]["list"][at].update(changed)


def menu(**changed: object) -> Mutation:
    return lambda spec: spec["links"][0].update(changed)


def linked(url: str) -> Mutation:
    return field(GRAPH, links=[{"title": "Elsewhere", "url": url}])


def column(name: str, value: object) -> Mutation:
    """A property of the table's column set, or removed by None."""

    def change(spec: dict[str, Any]) -> None:
        (one,) = spec["panels"][TABLE]["fieldConfig"]["overrides"]
        kept = [given for given in one["properties"] if given["id"] != name]
        one["properties"] = kept if value is None else [*kept, {"id": name, "value": value}]

    return change


def closed_row(*tops: int) -> Mutation:
    """A closed row below everything, with panels like the graph at these heights."""

    def add(spec: dict[str, Any]) -> None:
        row = {"type": "row", "title": "Closed", "id": 40, "collapsed": True}
        inside = [
            {**spec["panels"][GRAPH], "id": 41 + at, "gridPos": {"x": 0, "y": top, "w": 6, "h": 6}}
            for at, top in enumerate(tops)
        ]
        spec["panels"].append(
            {**row, "panels": inside, "gridPos": {"x": 0, "y": 7, "w": 24, "h": 1}}
        )

    return add


@pytest.mark.parametrize("one", BOARDS.values(), ids=BOARDS.keys())
def test_a_shipped_dashboard_keeps_the_rules(one: Board) -> None:
    faults = list(lint.faults(one, BOARDS, PALETTE))
    assert not faults, "\n".join(faults)


def test_the_dashboards_are_there_and_alike() -> None:
    assert set(BOARDS) == UIDS
    assert list(alike(BOARDS)) == []


@pytest.mark.parametrize(
    "mutation",
    [
        lambda spec: None,
        closed_row(8, 14),
        menu(type="dashboards", tags=["market-quality"], url=None),
        panel(GRAPH, repeat="exchange"),
        panel(GRAPH, title="Spread of [[exchange]] over ${__range}"),
        column("custom.cellOptions", {"type": "sparkline"}),
        linked(f"/d/{NAME}?${{datasource:queryparam}}&from=now-6h&to=now"),
        linked(f"/d/{NAME}?${{__all_variables}}&${{__url_time_range}}"),
        linked("https://elsewhere.example/d"),
        linked("/explain?exchange=${__field.labels.exchange}"),
    ],
)
def test_a_dashboard_without_a_fault_is_left_alone(mutation: Mutation) -> None:
    assert found(mutation) == []


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (board(uid="other"), "market-sample: the uid is other, not the file's name"),
        (board(id=7), "the id is Grafana's own"),
        (board(title=""), "there is no title"),
        (board(tags=[]), "there is no tags"),
        (board(editable=True), "it is editable"),
        (board(refresh="1m"), "it refreshes every 1m, not 5s"),
        (board(time={"from": "now-6h", "to": "now"}), "its range is now-6h to now"),
        (board(time={"from": "now-1h", "to": "now-5m"}), "its range is now-1h to now-5m"),
        (board(panels=[]), "there are 0 panels"),
    ],
)
def test_rules_for_the_whole_find(mutation: Mutation, fault: str) -> None:
    assert any(fault in one for one in found(mutation))


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (panel(STAT, title=""), "there is no title"),
        (panel(STAT, description=""), "'Widest': the description says too little: ''"),
        (panel(STAT, description="How wide. Normal: low."), "the description says too little"),
        (panel(STAT, description=f"{'how wide ' * 12}."), "the description says too little"),
        (panel(STAT, type="grafana-clock-panel"), "grafana-clock-panel is no panel of the core"),
        (panel(STAT, targets=[]), "there is no query"),
        (query(STAT, refId=""), "1 queries are named "),
        (query(STAT, hide=True), "query A is hidden"),
        (query(STAT, datasource={"uid": "x"}), "the data source of query A is {'uid': 'x'}"),
        (panel(STAT, datasource={"type": "prometheus", "uid": "x"}), "'Widest': its data source"),
        (field(STAT, unit=""), "there is no unit"),
        (field(STAT, decimals=None), "there are no decimals"),
        (field(STAT, noValue=""), "there is no noValue"),
        (panel(GRAPH, type="heatmap"), "its axis has no unit"),
        (column("unit", None), "'Markets': the column Spread has no unit"),
        (column("unit", "string"), "'Markets': the column Spread has no unit"),
        (column("decimals", None), "'Markets': the column Spread has no decimals"),
        (
            column("custom.cellOptions", {"type": "color-background"}),
            "the column Spread is coloured by nothing",
        ),
        (panel(GRAPH, id=1), "the id 1 is there 2 times"),
        (panel(GRAPH, id=None), "'Spread': there is no id"),
    ],
)
def test_rules_for_a_panel_find(mutation: Mutation, fault: str) -> None:
    assert any(fault in one for one in found(mutation))


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (place(STAT, h=2), "'Widest': 2 units high, 3 is the least"),
        (place(GRAPH, h=5), "'Spread': 5 units high, 6 is the least"),
        (place(TABLE, w=9), "'Markets': is not on the grid"),
        (place(TABLE, x=-1), "'Markets': is not on the grid"),
        (place(STAT, w=0), "'Widest': is not on the grid"),
        (place(STAT, w=7), "'Widest': overlaps market-sample / 'Spread'"),
        (place(GRAPH, y=2), "'Spread': there is a gap above it"),
        (place(0, y=1), "'Now': there is a gap above it"),
        (closed_row(9), "'Spread': there is a gap above it"),
        (closed_row(8, 10), "'Spread': overlaps"),
    ],
)
def test_rules_for_places_find(mutation: Mutation, fault: str) -> None:
    assert any(fault in one for one in found(mutation))


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (query(STAT, expr='up{job="$job"}'), "'Widest': there is no variable job"),
        (query(STAT, expr="up > ${least:raw}"), "'Widest': there is no variable least"),
        (panel(STAT, title="In [[place]]"), "there is no variable place"),
        (panel(STAT, repeat="place"), "there is no variable place"),
        (query(STAT, interval="$__interval_s"), "there is no variable __interval_s"),
        (variable(1, name="venue"), "'venue': nothing refers to it"),
        (variable(1, query="label_values(up, $venue)"), "'exchange': there is no variable venue"),
        (variable(1, datasource={"uid": "x"}), "'exchange': its data source is {'uid': 'x'}"),
        (variable(0, query="loki"), "there is no choice of a data source of Prometheus"),
        (
            lambda spec: spec["annotations"]["list"][0].update(datasource=None),
            "'Firing': its data source is None",
        ),
    ],
)
def test_rules_for_variables_find(mutation: Mutation, fault: str) -> None:
    assert any(fault in one for one in found(mutation))


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (linked(LINK.replace(NAME, "nowhere")), "'Spread': there is no dashboard nowhere"),
        (linked(LINK.replace("var-exchange", "var-venue")), f"{NAME} has no variable venue"),
        (linked(f"{LINK}&${{market:queryparam}}"), f"{NAME} has no variable market"),
        (linked(LINK.replace("&${__url_time_range}", "")), f"link to {NAME} loses the time"),
        (linked(f"/d/{NAME}?from=now-1h&to=now"), f"link to {NAME} loses the data source"),
        (
            column("links", [{"title": "x", "url": "/d/nowhere"}]),
            "'Markets': there is no dashboard",
        ),
        (
            panel(STAT, type="text", options={"content": "[x](/d/nowhere?x)"}),
            "no dashboard nowhere",
        ),
        (
            column("links", [{"title": "x", "url": "/x?of=${__data.fields.Value}"}]),
            "'Markets': a link wants the column Value",
        ),
        (menu(placement="inControlsMenu"), "'Sample': is hidden in the menu inControlsMenu"),
        (menu(includeVars=False), "'Sample': does not keep the choices"),
        (menu(keepTime=False), "'Sample': does not keep the time"),
        (menu(url="/d/nowhere"), "'Sample': there is no dashboard nowhere"),
        (menu(type="dashboards", tags=["none"]), "no dashboard has the tags ['none']"),
    ],
)
def test_rules_for_links_find(mutation: Mutation, fault: str) -> None:
    assert any(fault in one for one in found(mutation))


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (field(STAT, color={"mode": "fixed", "fixedColor": "red"}), "'Widest': the colour red"),
        (field(STAT, thresholds={"steps": [{"color": "#fff"}]}), "'Widest': the colour #fff"),
        (
            field(STAT, mappings=[{"options": {"1": {"color": "blue"}}}]),
            "'Widest': the colour blue",
        ),
        (column("color", {"mode": "fixed", "fixedColor": "red"}), "'Markets': the colour red"),
        (
            lambda spec: spec["annotations"]["list"][0].update(iconColor="red"),
            "'Firing': the colour red is not of the palette",
        ),
        (
            field(STAT, thresholds={"mode": "absolute", "steps": [{"color": GOOD}]}),
            "would be green without a figure",
        ),
        (field(STAT, color={"mode": "continuous-GrYlRd"}), "continuous-GrYlRd is not for everyone"),
        (panel(GRAPH, options={"color": {"scheme": "RdYlGn"}}), "RdYlGn is not for everyone"),
    ],
)
def test_rules_for_colours_find(mutation: Mutation, fault: str) -> None:
    assert any(fault in one for one in found(mutation))


def test_a_colour_of_the_palette_is_one_wherever_it_stands() -> None:
    assert found(column("color", {"mode": "fixed", "fixedColor": COLOUR})) == []


def test_objectives_look_at_days_and_refresh_each_minute() -> None:
    spec = {**sample(), "uid": OBJECTIVES, "refresh": "1m", "time": {"from": "now-7d", "to": "now"}}
    spec["links"][0]["keepTime"] = False
    one = Board(OBJECTIVES, spec)
    boards = {NAME: broken(lambda spec: None), OBJECTIVES: one}
    assert list(lint.faults(one, boards, SAMPLE_PALETTE)) == []
    often = Board(OBJECTIVES, {**spec, "refresh": "5s"})
    assert any("not 1m" in fault for fault in lint.faults(often, boards, SAMPLE_PALETTE))


def test_more_panels_than_can_be_looked_through_are_too_many() -> None:
    def more(spec: dict[str, Any]) -> None:
        spec["panels"].extend([spec["panels"][STAT]] * MOST_PANELS)

    assert any(f"there are {MOST_PANELS + 3} panels" in one for one in found(more))


@pytest.mark.parametrize("key", ["schemaVersion", "timezone"])
def test_dashboards_that_are_not_alike_are_told_apart(key: str) -> None:
    one, other = broken(lambda spec: None), broken(board(**{key: "another"}))
    assert list(alike({"one": one})) == []
    assert any(key in fault for fault in alike({"one": one, "other": other}))
