"""How a panel shows a value: its text and its colour, by the panel's own settings."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grafana.report.answers import Labels
from grafana.report.asked import Asked
from grafana.report.units import number

Json = Mapping[str, Any]
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-z]+")
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_OF_CELLS = "color-background"
_DARK_BELOW = 0.4
"""Colours less luminous than this want white text."""


@dataclass(frozen=True)
class Look:
    """What a value looks like; `colour` is "" where it has none."""

    text: str
    colour: str = ""


def name(asked: Asked, labels: Labels) -> str:
    """What a series is called in a legend."""
    if asked.legend in ("", "__auto"):
        inner = ", ".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        return inner or asked.title
    return _LABEL.sub(lambda match: labels.get(match[1], ""), asked.legend).strip()


def settings(panel: Json, shown: str, ref_id: str = "") -> dict[str, Any]:
    """The panel's settings for what is shown by this name, from this query."""
    config = panel.get("fieldConfig") or {}
    found = dict(_flat(config.get("defaults") or {}))
    for override in config.get("overrides") or ():
        if _meant(override["matcher"], shown, ref_id):
            found |= {one["id"]: one.get("value") for one in override["properties"]}
    return found


def look(value: float | str | None, with_: Mapping[str, Any]) -> Look:
    """A value as the settings say; None is what is not there."""
    colour = "" if value is None else _by_steps(value, with_)
    mapped = _mapped(value, with_.get("mappings") or ())
    if mapped is not None:
        return Look(mapped.get("text") or _text(value, with_), safe(mapped.get("color") or colour))
    return Look(_text(value, with_), safe(colour))


def of_cell(value: float | str | None, with_: Mapping[str, Any]) -> Look:
    """As `look`, in a table: colours only where cells are coloured."""
    seen = look(value, with_)
    coloured = (with_.get("custom.cellOptions") or {}).get("type") == _OF_CELLS
    return seen if coloured else Look(seen.text)


def safe(colour: str) -> str:
    """A colour that may stand in a style, "" where it is none."""
    return colour if _COLOUR.fullmatch(colour) and colour != "transparent" else ""


def ink(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        return "#fff"
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return "#fff" if 0.299 * red + 0.587 * green + 0.114 * blue < _DARK_BELOW else "#000"


def _flat(defaults: Json) -> Mapping[str, Any]:
    """Defaults with the ids that overrides use."""
    own = {f"custom.{key}": value for key, value in (defaults.get("custom") or {}).items()}
    return {**defaults, **own}


def _meant(matcher: Json, shown: str, ref_id: str) -> bool:
    wanted = matcher.get("options")
    match matcher["id"]:
        case "byName":
            return bool(wanted == shown)
        case "byFrameRefID":
            return bool(wanted == ref_id)
        case "byRegexp":
            return _found(str(wanted), shown)
    return False


def _found(pattern: str, text: str) -> bool:
    """As Grafana reads patterns: within slashes or without."""
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        return re.search(pattern[1:-1], text) is not None
    return re.search(pattern, text) is not None


def _mapped(value: float | str | None, mappings: Any) -> Json | None:
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    key = f"{value:g}" if isinstance(value, float) else value or ""
    for mapping in mappings:
        options: Json = mapping["options"]
        if mapping["type"] == "value" and key in options:
            return dict(options[key])
        if mapping["type"] == "special" and missing and "null" in options["match"]:
            return dict(options["result"])
        if mapping["type"] == "range" and isinstance(value, float) and _within(value, options):
            return dict(options["result"])
    return None


def _within(value: float, options: Json) -> bool:
    least, most = options.get("from"), options.get("to")
    return (least is None or value >= least) and (most is None or value <= most)


def _by_steps(value: float | str, with_: Mapping[str, Any]) -> str:
    colour = with_.get("color") or {}
    if colour.get("mode") == "fixed":
        return str(colour.get("fixedColor") or "")
    if colour.get("mode") != "thresholds" or isinstance(value, str) or math.isnan(value):
        return ""
    reached = ""
    for step in (with_.get("thresholds") or {}).get("steps") or ():
        if step.get("value") is None or value >= step["value"]:
            reached = step["color"]
    return reached


def _text(value: float | str | None, with_: Mapping[str, Any]) -> str:
    if value is None:
        return str(with_.get("noValue") or "")
    if isinstance(value, str):
        return value
    return number(value, with_.get("unit") or "", with_.get("decimals"))
