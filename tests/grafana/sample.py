"""A small dashboard without a fault, for tests that put one into it."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from grafana_foundation_sdk.builders import (
    annotationslist,
    barchart,
    bargauge,
    common,
    dashboard,
    dashboardlist,
    gauge,
    heatmap,
    histogram,
    prometheus,
    stat,
    statetimeline,
    statushistory,
    table,
    text,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as d
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from tests.grafana.dashboards import Board

Spec = dict[str, Any]
Mutation = Callable[[Spec], object]
"""Changes a dashboard's JSON where it stands; what it returns is nothing to anyone."""

_Made = TypeVar("_Made", stat.Panel, table.Panel, timeseries.Panel)

NAME = "market-sample"
COLOUR = "#123456"
PALETTE = frozenset({COLOUR})
SAYS = (
    "How far apart the best bid and the best ask are now, for each market that is chosen above. "
    "Normal: below 5 bps. Otherwise: open the market."
)
LINK = (
    f"/d/{NAME}?var-datasource=${{datasource}}&var-exchange=${{__field.labels.exchange}}"
    "&${__url_time_range}"
)
MARKET = 'market_spread_bps{exchange=~"$exchange"}'
STAT, GRAPH, TABLE = 1, 2, 3
"""Where these panels stand in the list; before them is a row's heading."""

_DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_EVERY_KIND = (
    annotationslist,
    barchart,
    bargauge,
    dashboardlist,
    gauge,
    heatmap,
    histogram,
    stat,
    statetimeline,
    statushistory,
    table,
    text,
    timeseries,
)


def sample() -> Spec:
    """The dashboard's JSON, made anew: a row's heading, a stat, a graph and a table."""
    board = (
        dashboard.Dashboard("Sample")
        .uid(NAME)
        .tags(["market-quality"])
        .readonly()
        .refresh("5s")
        .time("now-1h", "now")
        .timezone("browser")
        .with_variable(dashboard.DatasourceVariable("datasource").type("prometheus"))
        .with_variable(_exchange())
        .annotation(_annotation())
        .link(
            dashboard.DashboardLink("Sample").url(f"/d/{NAME}").include_vars(True).keep_time(True)
        )
        .with_row(dashboard.Row("Now").id(9).grid_pos(d.GridPos(h=1, w=24, x=0, y=0)))
        .with_panel(_stat())
        .with_panel(_graph())
        .with_panel(_table())
    )
    spec = encoded(board.build())
    for link in spec["links"]:
        del link["placement"]
    return spec


def broken(mutation: Mutation) -> Board:
    """The sample after a mutation."""
    spec = sample()
    mutation(spec)
    return Board(NAME, spec)


def every_kind() -> Board:
    """A dashboard with a bare panel of every kind, as the SDK writes them."""
    board = dashboard.Dashboard("Every kind").uid("every-kind").with_row(dashboard.Row("A row"))
    for kind in _EVERY_KIND:
        board.with_panel(kind.Panel().title(kind.__name__.rpartition(".")[2]))
    return Board("every-kind", encoded(board.build()))


def encoded(built: d.Dashboard) -> Spec:
    """A dashboard as its file has it."""
    spec: Spec = json.loads(json.dumps(built, cls=JSONEncoder))
    return spec


def _dressed(panel: _Made, title: str, at: Sequence[int], target: prometheus.Dataquery) -> _Made:
    x, y, w, h = at
    step = d.Threshold(value=None, color=COLOUR)
    return (
        panel.title(title)
        .id(x + 1)
        .description(SAYS)
        .datasource(_DATASOURCE)
        .unit("none")
        .decimals(1)
        .no_value("no data")
        .grid_pos(d.GridPos(h=h, w=w, x=x, y=y))
        .thresholds(
            dashboard.ThresholdsConfig().mode(d.ThresholdsMode.ABSOLUTE).steps([step]),
        )
        .with_target(target.ref_id("A").datasource(_DATASOURCE))
    )


def _stat() -> stat.Panel:
    target = prometheus.Dataquery().expr(f"max({MARKET})").instant()
    panel = stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return _dressed(panel, "Widest", (0, 1, 6, 6), target)


def _graph() -> timeseries.Panel:
    target = prometheus.Dataquery().expr(MARKET).range().legend_format("{{exchange}}")
    panel = timeseries.Panel().line_width(1).legend(common.VizLegendOptions().show_legend(True))
    panel.data_links([dashboard.DashboardLink("Sample").url(LINK)])
    return _dressed(panel, "Spread", (6, 1, 10, 6), target)


def _table() -> table.Panel:
    target = prometheus.Dataquery().expr(MARKET).instant().format(PromQueryFormat.TABLE)
    arranged = {"excludeByName": {"Time": True}, "renameByName": {"Value": "Spread"}}
    properties = {"unit": "none", "decimals": 2, "links": [{"title": "Sample", "url": LINK}]}
    panel = (
        table.Panel()
        .with_transformation(d.DataTransformerConfig(id_val="organize", options=arranged))
        .override_by_name(
            "Spread", [d.DynamicConfigValue(id_val=key, value=it) for key, it in properties.items()]
        )
    )
    return _dressed(panel, "Markets", (16, 1, 8, 6), target)


def _exchange() -> dashboard.QueryVariable:
    query = "label_values(market_feed_up, exchange)"
    return (
        dashboard.QueryVariable("exchange")
        .query({"query": query, "refId": "exchange"})
        .definition(query)
        .datasource(_DATASOURCE)
        .multi(True)
        .include_all(True)
    )


def _annotation() -> dashboard.AnnotationQuery:
    expr = 'market_alert_firing{exchange=~"$exchange"} == 1'
    return (
        dashboard.AnnotationQuery()
        .name("Firing")
        .datasource(_DATASOURCE)
        .enable(True)
        .icon_color(COLOUR)
        .expr(expr)
        .target(prometheus.Dataquery().expr(expr).ref_id("A").range())
    )
