"""Rules for colours: few, each with one meaning, and told apart by everyone."""

from collections.abc import Collection, Iterator

from grafana.frame.colours import GOOD
from tests.grafana.dashboards import Board, Json, defaults, objects, overrides

_KEYS = ("color", "fixedColor", "iconColor", "backgroundColor")
_PLUGIN_DEFAULTS = ("options", "exemplars")
"""The colour of exemplars, which there are none of, is written by the SDK."""
INDISTINCT = frozenset({"continuous-GrYlRd", "continuous-RdYlGr", "RdYlGn", "Spectral"})
"""Scales in which red and green are told apart by nothing but their hue."""


def of_palette(board: Board, palette: Collection[str]) -> Iterator[str]:
    """Every colour that is written out is one of the palette."""
    for place, path, found in _objects(board):
        if path[-2:] == _PLUGIN_DEFAULTS:
            continue
        for key in _KEYS:
            colour = found.get(key)
            if isinstance(colour, str) and colour not in palette:
                yield f"{place}: the colour {colour} is not of the palette"


def distinct(board: Board) -> Iterator[str]:
    """No scale runs from red to green."""
    for place, _, found in _objects(board):
        for key in ("mode", "scheme"):
            if found.get(key) in INDISTINCT:
                yield f"{place}: {found[key]} is not for everyone's eyes"


def _objects(board: Board) -> Iterator[tuple[str, tuple[str, ...], Json]]:
    for part in (*board.panels, *board.annotations):
        for path, found in objects(part):
            yield board.place(part), path, found


def coloured_columns(panel: Json) -> Iterator[str]:
    """A column with a colour behind it says how it gets that colour."""
    for matcher, properties in overrides(panel):
        cell = properties.get("custom.cellOptions") or {}
        if cell.get("type", "").startswith("color-") and "color" not in properties:
            yield f"the column {matcher.get('options')} is coloured by nothing"


def nothing_is_not_good(panel: Json) -> Iterator[str]:
    """A figure that is not there has the colour of the lowest step: that must not be good."""
    if panel["type"] not in ("stat", "bargauge"):
        return
    steps = defaults(panel).get("thresholds", {}).get("steps") or [{}]
    if steps[0].get("color") == GOOD:
        yield "would be green without a figure"
