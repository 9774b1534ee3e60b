"""Graphs of a figure with the limits of the alerts that look at it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import common, timeseries
from grafana_foundation_sdk.models import common as c
from grafana_foundation_sdk.models import dashboard as d

from grafana.frame import colours
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph
from grafana.frame.queries import Query, either, first_of, of, one

_PRIORITIES = ("P1", "P2", "P3")
COLOURS = {"P1 .*": colours.HARD_LIMIT, "P2 .*": colours.LIMIT, "P3 .*": colours.NOTED}
"""Of lines that begin with the priority of those who are told."""
_NEGATIVE = " below zero"
_ALERT = "exchange, instrument, other, alert"


@dataclass(frozen=True)
class Limits:
    """The limits of alerts on a signal that are drawn: those `above` what is usual and those
    `below`. `rules` narrows them further, by labels of market_alert_rule_info; `select` says of
    which markets they are."""

    signal: str
    above: bool = False
    below: bool = False
    rules: Mapping[str, str] = field(default_factory=dict)
    select: Callable[..., str] = of

    def query(self) -> Query:
        """Where alerts fire and clear, and the ceilings to which half the way is gone: they lie far
        from what is usual."""
        lines: list[str] = []
        if self.above:
            lines += self._lines(">|absolute", "min")
        if self.above and self.below:
            lines += self._lines("absolute", "min", "-1 * ", _NEGATIVE)
        elif self.below:
            lines += self._lines("<", "max")
        return Query(first_of(*lines), "{{priority}} {{line}}")

    def bands(self) -> Iterator[tuple[str, str]]:
        """The upper and the lower line of each band between firing and clearing."""
        for priority in _PRIORITIES:
            fires, clears = f"{priority} fires", f"{priority} clears"
            if self.above:
                yield fires, clears
            if self.above and self.below:
                yield clears + _NEGATIVE, fires + _NEGATIVE
            elif self.below:
                yield clears, fires

    def _lines(
        self, condition: str, nearest: str, sign: str = "", suffix: str = ""
    ) -> Iterator[str]:
        about = {"signal": self.signal, "condition": f"=~{condition}", **self.rules}

        def of_rules(series: str, ceiling_of: str) -> str:
            return self.select(f"market:{series}:labelled", ceiling_of=ceiling_of, **about)

        halfway = f"({self.select('market:alert_threshold:ratio', signal=self.signal)} > 0.5)"
        for limit, name in (
            (of_rules("alert_threshold", ""), "fires"),
            (of_rules("alert_clear_threshold", ""), "clears"),
            (f"({of_rules('alert_threshold', '!=')} and on ({_ALERT}) {halfway})", "ceiling"),
        ):
            line = f"{sign}{nearest} by (priority) ({limit})"
            yield f'label_replace({line}, "line", "{name}{suffix}", "", "")'


def limited(
    title: str,
    says: Says,
    field: Field,
    values: Sequence[Query],
    limits: Limits,
    lines: Mapping[str, str] | None = None,
) -> timeseries.Panel:
    """Lines of `values`, coloured by `lines`, and dashed the nearest limit of each priority, with a
    band to where its alert clears. The legend names limits on one side only, and has no values: of
    a line that has ended Grafana would show the last one, as if it were of now."""
    panel = graph(
        title,
        says,
        field,
        *values,
        limits.query(),
        calcs=(),
        lines={**(lines or {}), **COLOURS},
        limits=(r"P\d (fires|ceiling).*",),
    )
    for upper, lower in limits.bands():
        panel.override_by_name(
            upper, [property_("custom.fillBelowTo", lower), property_("custom.fillOpacity", 20)]
        )
    panel.override_by_regexp(r"P\d clears.*", [property_("custom.lineWidth", 0)])
    unnamed = {"legend": True, "tooltip": True, "viz": False}
    panel.override_by_regexp(
        rf"P\d (clears.*|.*{_NEGATIVE})", [property_("custom.hideFrom", unnamed)]
    )
    return panel


def extreme(series: str, operation: str, **labels: str) -> str:
    """The `min` or `max` of each step of a graph, so that none is skipped."""
    return one(f"{operation}_over_time({of(series, **labels)}[$__rate_interval])")


def farthest(series: str) -> str:
    """The value of each step of a graph that is farthest from zero."""
    return _farther(extreme(series, "max"), extreme(series, "min"))


def farthest_of_pairs(series: str) -> str:
    """The same of what compares two exchanges, whichever side of it the chosen one is."""
    most, least = (
        one(either(series, f"{operation}_over_time({{}}[$__rate_interval])"))
        for operation in ("max", "min")
    )
    return _farther(most, least)


def _farther(most: str, least: str) -> str:
    return first_of(f"({most} >= -1 * {least})", least)


def logarithmic(panel: timeseries.Panel, below: float | None = None) -> timeseries.Panel:
    """The graph on a logarithmic scale; where values may be zero or negative, linear `below`."""
    scale = common.ScaleDistributionConfig().log(10)
    if below is None:
        return panel.scale_distribution(scale.type(c.ScaleDistribution.LOG))
    return panel.scale_distribution(scale.type(c.ScaleDistribution.SYMLOG).linear_threshold(below))


def property_(name: str, value: object) -> d.DynamicConfigValue:
    """A property of the lines that an override is about."""
    return d.DynamicConfigValue(id_val=name, value=value)
