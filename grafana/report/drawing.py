"""What all small plots have: series to draw, and the keys below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana.report.answers import Points
from grafana.report.markup import Html, tag

MOST = 60
"""Series that are drawn; the others are counted."""
GAP = 1.5
"""Steps without a point that interrupt a line."""


@dataclass(frozen=True)
class Drawn:
    """A series to draw: its name, its points `step` seconds apart, how it looks."""

    name: str
    points: Points
    step: float
    settings: Mapping[str, Any]
    colour: str = ""


def key(text: str, colour: str) -> Html:
    """A colour and what it means."""
    return tag("span", tag("i", style=f"background:{colour or '#888'}"), text)


def legend(*keys: Html) -> Html:
    """The keys below a plot."""
    return tag("p", *keys, class_="legend")


def uncounted(drawn: Sequence[Drawn]) -> Html:
    """How many series are not drawn."""
    left = len(drawn) - MOST
    return tag("p", f"and {left} more series, not drawn", class_="more") if left > 0 else Html("")
