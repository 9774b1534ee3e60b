"""How values look: units, decimals, colours, and what is said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    dashboard,
    heatmap,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import dashboard as d

from grafana.frame import colours
from grafana.frame.colours import State
from grafana.frame.queries import DATASOURCE, Query

_P = TypeVar(
    "_P",
    timeseries.Panel,
    stat.Panel,
    table.Panel,
    statetimeline.Panel,
    heatmap.Panel,
    bargauge.Panel,
)
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


TO_LIMIT = Field(
    "percentunit",
    none="–",
    steps=((None, colours.GOOD), (0.7, colours.NEAR), (1, colours.WARNING)),
)
"""How much of the way to a limit is gone."""


def from_one(colour: str) -> Steps:
    """Of a count: good at zero, this colour from one on, and unknown where there is none."""
    return ((None, colours.UNKNOWN), (0, colours.GOOD), (1, colour))


def dressed(panel: _P, title: str, says: Says, field: Field, queries: Sequence[Query]) -> _P:
    """A panel with all that every panel has."""
    panel.title(title).description(str(says)).datasource(DATASOURCE)
    panel.unit(field.unit).decimals(field.decimals).no_value(field.none)
    panel.thresholds(steps_of(field.steps))
    if field.states:
        panel.mappings([mapping(field.states)])
    if field.minimum is not None:
        panel.min(field.minimum)
    if field.maximum is not None:
        panel.max(field.maximum)
    panel.data_links([link_of(one) for one in field.links])
    for at, query in enumerate(queries):
        panel.with_target(query.target(at))
    return panel


def fixed(colour: str) -> d.DynamicConfigValue:
    """The property of a line that always has this colour."""
    return d.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})


def steps_of(steps: Steps) -> dashboard.ThresholdsConfig:
    """Colours by value."""
    return (
        dashboard.ThresholdsConfig()
        .mode(d.ThresholdsMode.ABSOLUTE)
        .steps([d.Threshold(value=value, color=colour) for value, colour in steps])
    )


def mapping(states: Sequence[State]) -> d.ValueMap:
    """Words and colours of codes."""
    return d.ValueMap(
        options={
            str(one.code): d.ValueMappingResult(text=one.text, color=one.colour, index=at)
            for at, one in enumerate(states)
        }
    )


def uncoloured(text: str) -> d.SpecialValueMap:
    """What is not there has no colour either."""
    nothing = d.ValueMappingResult(text=text, color=colours.NO_COLOUR, index=0)
    options = d.DashboardSpecialValueMapOptions(match=d.SpecialValueMatch.NULL, result=nothing)
    return d.SpecialValueMap(options=options)


def link_of(link: Mapping[str, object]) -> dashboard.DashboardLink:
    """A data link with a title and an url."""
    return (
        dashboard.DashboardLink(str(link["title"]))
        .type(d.DashboardLinkType.LINK)
        .url(str(link["url"]))
    )
