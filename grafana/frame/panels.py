"""Kinds of panels. Each wants a title, what it says, a unit, decimals, and its queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    heatmap,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as c
from grafana_foundation_sdk.models import dashboard as d
from grafana_foundation_sdk.models import heatmap as h

from grafana.frame import colours
from grafana.frame.colours import State
from grafana.frame.queries import DATASOURCE, Query

Panel = (
    timeseries.Panel
    | stat.Panel
    | table.Panel
    | statetimeline.Panel
    | heatmap.Panel
    | bargauge.Panel
)
_P = TypeVar(
    "_P",
    timeseries.Panel,
    stat.Panel,
    table.Panel,
    statetimeline.Panel,
    heatmap.Panel,
    bargauge.Panel,
)
_BAR_TEXT = 11
"""Pixels: so that the names of markets fit beside their bars."""
Steps = Sequence[tuple[float | None, str]]
"""Colours from these values on; the first from None."""


@dataclass(frozen=True)
class Says:
    """What a panel tells: its meaning, what is normal, and what to do where it is not."""

    means: str
    normal: str
    otherwise: str

    def __str__(self) -> str:
        return f"{self.means}\n\nNormal: {self.normal}\n\nOtherwise: {self.otherwise}"


@dataclass(frozen=True)
class Field:
    """How values look: unit, decimals, what stands where there are none, and colours."""

    unit: str
    decimals: int = 0
    none: str = "no data"
    steps: Steps = ((None, colours.FIRST),)
    states: Sequence[State] = ()
    minimum: float | None = None
    maximum: float | None = None
    links: Sequence[Mapping[str, object]] = ()


def _dressed(panel: _P, title: str, says: Says, field: Field, queries: Sequence[Query]) -> _P:
    panel.title(title).description(str(says)).datasource(DATASOURCE)
    panel.unit(field.unit).decimals(field.decimals).no_value(field.none)
    panel.thresholds(_steps(field.steps))
    if field.states:
        panel.mappings([_mapping(field.states)])
    if field.minimum is not None:
        panel.min(field.minimum)
    if field.maximum is not None:
        panel.max(field.maximum)
    panel.data_links([_link(one) for one in field.links])
    for at, query in enumerate(queries):
        panel.with_target(query.target(at))
    return panel


def stat_(
    title: str,
    says: Says,
    field: Field,
    *queries: Query,
    text: c.BigValueTextMode = c.BigValueTextMode.VALUE,
) -> stat.Panel:
    """Large figures of now, the colour behind them."""
    panel = (
        stat.Panel()
        .color_mode(c.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(c.BigValueGraphMode.NONE)
        .text_mode(text)
        .color_scheme(dashboard.FieldColor().mode(d.FieldColorModeId.THRESHOLDS))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    return _dressed(panel, title, says, field, queries)


def graph(
    title: str,
    says: Says,
    field: Field,
    *queries: Query,
    calcs: Sequence[str] = ("last",),
    lines: Mapping[str, str] | None = None,
    limits: Sequence[str] = (),
    bars: bool = False,
    each: bool = False,
) -> timeseries.Panel:
    """Lines over time, or stacked bars. Each query has a colour, with `each` each series; `lines`
    gives that of those whose name matches a regular expression instead. `limits` are names of lines
    that are dashed, as limits are."""
    panel = (
        timeseries.Panel()
        .draw_style(c.GraphDrawStyle.BARS if bars else c.GraphDrawStyle.LINE)
        .line_width(1)
        .fill_opacity(60 if bars else 0)
        .stacking(
            common.StackingConfig().mode(c.StackingMode.NORMAL if bars else c.StackingMode.NONE)
        )
        .show_points(c.VisibilityMode.NEVER)
        .span_nulls(False)
        .legend(
            common.VizLegendOptions()
            .display_mode(c.LegendDisplayMode.LIST)
            .placement(c.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(list(calcs))
        )
        .tooltip(
            common.VizTooltipOptions().mode(c.TooltipDisplayMode.MULTI).sort(c.SortOrder.DESCENDING)
        )
        .color_scheme(dashboard.FieldColor().mode(d.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    )
    for at, colour in zip(range(0 if each else len(queries)), colours.LINES, strict=False):
        panel.override_by_query(chr(ord("A") + at), [fixed(colour)])
    for pattern, colour in (lines or {}).items():
        panel.override_by_regexp(pattern, [fixed(colour)])
    for name in limits:
        dashed = d.DynamicConfigValue(
            id_val="custom.lineStyle", value={"fill": "dash", "dash": [6, 4]}
        )
        panel.override_by_regexp(name, [dashed])
    return _dressed(panel, title, says, field, queries)


def timeline(title: str, says: Says, field: Field, *queries: Query) -> statetimeline.Panel:
    """A line for each series, coloured by its state, or by steps where there are no states: steps
    would hide them."""
    mode = d.FieldColorModeId.FIXED if field.states else d.FieldColorModeId.THRESHOLDS
    panel = (
        statetimeline.Panel()
        .show_value(c.VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.8)
        .line_width(0)
        .disable_pagination()
        .fill_opacity(90)
        .legend(
            common.VizLegendOptions()
            .display_mode(c.LegendDisplayMode.LIST)
            .placement(c.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .color_scheme(dashboard.FieldColor().mode(mode))
    )
    return _dressed(panel, title, says, field, queries)


def heat(title: str, says: Says, field: Field, query: Query, axis: str) -> heatmap.Panel:
    """Where the values of a histogram are, over time; `axis` is their unit, `field`'s that of
    what is counted."""
    panel = (
        heatmap.Panel()
        .calculate(False)
        .color(
            heatmap.HeatmapColorOptions()
            .mode(h.HeatmapColorMode.SCHEME)
            .scheme("Cividis")
            .steps(64)
        )
        .y_axis(heatmap.YAxisConfig().unit(axis))
        .cell_gap(0)
        .show_legend()
    )
    return _dressed(panel, title, says, field, [query])


def bars(title: str, says: Says, field: Field, *queries: Query) -> bargauge.Panel:
    """A bar for each series of now, the longest as the last value says."""
    panel = (
        bargauge.Panel()
        .display_mode(c.BarGaugeDisplayMode.BASIC)
        .orientation(c.VizOrientation.HORIZONTAL)
        .value_mode(c.BarGaugeValueMode.TEXT)
        .name_placement(c.BarGaugeNamePlacement.LEFT)
        .show_unfilled(True)
        .text(common.VizTextDisplayOptions().title_size(_BAR_TEXT).value_size(_BAR_TEXT))
        .color_scheme(dashboard.FieldColor().mode(d.FieldColorModeId.THRESHOLDS))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    return _dressed(panel, title, says, field, queries)


@dataclass(frozen=True)
class Column:
    """A column of a table: the label, or the number of the query, that it shows.

    `coloured` puts the colour of its value behind it, `gauge` a bar from the field's minimum to its
    maximum beside it.
    """

    source: str | int
    title: str
    width: int
    field: Field = Field("string", none="")
    coloured: bool = False
    gauge: bool = False


def grid(
    title: str, says: Says, columns: Sequence[Column], *queries: Query, sort: str = "",
    links: Sequence[Mapping[str, object]] = (), none: str = "",
) -> table.Panel:  # fmt: skip
    """A row for each set of labels that the queries have in common, with these columns only.

    Rows are sorted by the column `sort`, the largest first, where one is named; `links` open from
    the first two columns; `none` stands there where there is no row.
    """
    names = {_source(one, len(queries)): one.title for one in columns}
    panel = (
        table.Panel()
        .cell_height(c.TableCellHeight.SM)
        .show_header(True)
        .align(c.FieldTextAlignment.LEFT)
        .with_transformation(d.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(_arranged(names))
    )
    if sort:
        panel.sort_by([common.TableSortByFieldState().display_name(sort).desc(True)])
    for at, one in enumerate(columns):
        shown = replace(one.field, links=links) if at < 2 and links else one.field
        panel.override_by_name(one.title, _column(replace(one, field=shown)))
    return _dressed(panel, title, says, Field("string", none=none), queries)


def fixed(colour: str) -> d.DynamicConfigValue:
    """The property of a line that always has this colour."""
    return d.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})


def _source(column: Column, queries: int) -> str:
    if isinstance(column.source, str):
        return column.source
    return f"Value #{chr(ord('A') + column.source)}" if queries > 1 else "Value"


def _arranged(names: Mapping[str, str]) -> d.DataTransformerConfig:
    """Only these columns, in this order."""
    order = {name: at for at, name in enumerate(names)}
    return d.DataTransformerConfig(
        id_val="organize",
        options={
            "includeByName": dict.fromkeys(names, True),
            "indexByName": order,
            "renameByName": dict(names),
        },
    )


def _column(column: Column) -> list[d.DynamicConfigValue]:
    field = column.field
    properties: dict[str, Any] = {
        "custom.width": column.width,
        "unit": field.unit,
        "decimals": field.decimals,
        "noValue": field.none,
        "thresholds": _steps(field.steps).build(),
    }
    if field.links:
        properties["links"] = list(field.links)
    if column.coloured:
        named = [_mapping(field.states)] if field.states else []
        properties["mappings"] = [_uncoloured(field.none), *named]
        properties["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
        properties["color"] = {"mode": "thresholds"}
    if column.gauge:
        properties |= {"min": field.minimum, "max": field.maximum, "color": {"mode": "thresholds"}}
        properties["custom.cellOptions"] = {"type": "gauge", "mode": "basic"}
    return [d.DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()]


def _steps(steps: Steps) -> dashboard.ThresholdsConfig:
    return (
        dashboard.ThresholdsConfig()
        .mode(d.ThresholdsMode.ABSOLUTE)
        .steps([d.Threshold(value=value, color=colour) for value, colour in steps])
    )


def _mapping(states: Sequence[State]) -> d.ValueMap:
    return d.ValueMap(
        options={
            str(one.code): d.ValueMappingResult(text=one.text, color=one.colour, index=at)
            for at, one in enumerate(states)
        }
    )


def _uncoloured(text: str) -> d.SpecialValueMap:
    """What is not there has no colour either."""
    nothing = d.ValueMappingResult(text=text, color=colours.NO_COLOUR, index=0)
    options = d.DashboardSpecialValueMapOptions(match=d.SpecialValueMatch.NULL, result=nothing)
    return d.SpecialValueMap(options=options)


def _link(link: Mapping[str, object]) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(str(link["title"]))
        .type(d.DashboardLinkType.LINK)
        .url(str(link["url"]))
    )
