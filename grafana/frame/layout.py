"""A dashboard of rows of panels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from grafana_foundation_sdk.builders import dashboard, prometheus, statetimeline
from grafana_foundation_sdk.models import dashboard as d

from grafana.frame import links
from grafana.frame.panels import Panel
from grafana.frame.queries import DATASOURCE

WIDTH = 24
_HEADING = 1


@dataclass(frozen=True)
class Row:
    """Panels side by side, each with its width of the 24 columns there are, under a heading if
    there is a title."""

    height: int
    panels: Sequence[tuple[Panel, int]]
    title: str = ""


@dataclass(frozen=True)
class Mark:
    """A query whose series are marked on all graphs while they are there; not on timelines, whose
    colours it would cover."""

    name: str
    expr: str
    title: str
    text: str
    colour: str


@dataclass(frozen=True)
class Board:
    """A dashboard: `uid` is its address, `answers` the question that it answers."""

    uid: str
    answers: str
    rows: Sequence[Row]
    variables: Sequence[dashboard.QueryVariable] = ()
    marks: Sequence[Mark] = field(default=())
    refresh: str = "5s"
    range: str = "now-1h"

    def build(self) -> d.Dashboard:
        """As Grafana reads it. Raises ValueError for a row that is not as wide as the page."""
        board = (
            dashboard.Dashboard(links.TITLES[self.uid])
            .uid(self.uid)
            .description(self.answers)
            .tags(["market-quality"])
            .readonly()
            .refresh(self.refresh)
            .time(self.range, "now")
            .timezone("browser")
            .tooltip(d.DashboardCursorSync.CROSSHAIR)
            .timepicker(
                dashboard.TimePicker().refresh_intervals(["5s", "10s", "30s", "1m", "5m", "1h"])
            )
            .with_variable(_datasource())
        )
        for variable in self.variables:
            board.with_variable(variable)
        for link in links.menu(self.uid):
            board.link(link)
        timelines = self._place(board)
        for mark in self.marks:
            board.annotation(_annotation(mark, timelines))
        built = board.build()
        for shown in built.links or ():
            # The SDK would put it into a menu, where nobody looks for it.
            shown.placement = None  # type: ignore[assignment]
        return built

    def _place(self, board: dashboard.Dashboard) -> Sequence[int]:
        """Puts all panels in their places; the ids of timelines among them."""
        ids, y = count(1), 0
        timelines = []
        for row in self.rows:
            if sum(width for _, width in row.panels) != WIDTH:
                raise ValueError(f"{self.uid}: a row of panels is not {WIDTH} columns wide")
            if row.title:
                heading = dashboard.Row(row.title).id(next(ids))
                board.with_row(heading.grid_pos(d.GridPos(h=_HEADING, w=WIDTH, x=0, y=y)))
                y += _HEADING
            x = 0
            for panel, width in row.panels:
                panel.id(at := next(ids)).grid_pos(d.GridPos(h=row.height, w=width, x=x, y=y))
                board.with_panel(panel)
                if isinstance(panel, statetimeline.Panel):
                    timelines.append(at)
                x += width
            y += row.height
        return timelines


def chosen(
    name: str, label: str, query: str, *, multi: bool = False, first: str = ""
) -> dashboard.QueryVariable:
    """A choice among the values of a label: all of them where `multi`, or `first`."""
    variable = (
        dashboard.QueryVariable(name)
        .label(label)
        .query({"query": query, "refId": f"variable-{name}"})
        .definition(query)
        .datasource(DATASOURCE)
        .refresh(d.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(d.VariableSort.NATURAL_ASC)
        .multi(multi)
    )
    if multi:
        everything = d.VariableOption(text="All", value="$__all", selected=True)
        variable.include_all(True).all_value(".*").current(everything)
    elif first:
        variable.current(d.VariableOption(text=first, value=first, selected=True))
    return variable


def hidden(name: str, query: str) -> dashboard.QueryVariable:
    """A value of a label for use in links, which nobody chooses."""
    return chosen(name, name, query).hide(d.VariableHide.HIDE_VARIABLE)


def exchange(*, multi: bool = True) -> dashboard.QueryVariable:
    """The exchanges that the exporter watches."""
    return chosen("exchange", "Exchange", "label_values(market_feed_up, exchange)", multi=multi)


def instrument(*, multi: bool = True) -> dashboard.QueryVariable:
    """The instruments of the exchanges that are chosen."""
    query = 'label_values(market_feed_up{exchange=~"$exchange"}, instrument)'
    return chosen("instrument", "Instrument", query, multi=multi)


def _datasource() -> dashboard.DatasourceVariable:
    return (
        dashboard.DatasourceVariable("datasource")
        .label("Data source")
        .type("prometheus")
        .current(d.VariableOption(text="Prometheus", value="market-prometheus"))
    )


def _annotation(mark: Mark, without: Sequence[int]) -> dashboard.AnnotationQuery:
    query = prometheus.Dataquery().expr(mark.expr).ref_id("Anno").range()
    return (
        dashboard.AnnotationQuery()
        .name(mark.name)
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color(mark.colour)
        .expr(mark.expr)
        .target(query)
        .title_format(mark.title)
        .text_format(mark.text)
        .step("5s")
        .filter(dashboard.AnnotationPanelFilter().exclude(True).ids(list(without)))
    )
