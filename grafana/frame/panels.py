"""Kinds of panels. Each wants a title, what it says, a unit, decimals, and its queries."""

from collections.abc import Mapping, Sequence

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
from grafana.frame.looks import Field, Says, dressed, fixed
from grafana.frame.queries import Query

Panel = (
    timeseries.Panel
    | stat.Panel
    | table.Panel
    | statetimeline.Panel
    | heatmap.Panel
    | bargauge.Panel
)
_BAR_TEXT = 11
"""Pixels: so that the names of markets fit beside their bars."""


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
    return dressed(panel, title, says, field, queries)


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
    return dressed(panel, title, says, field, queries)


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
    return dressed(panel, title, says, field, queries)


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
    return dressed(panel, title, says, field, [query])


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
    return dressed(panel, title, says, field, queries)
