"""Where dashboards are not as Grafana's types have them, and why that is right."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.grafana.dashboards import Json

_VARIABLE = ("dashboard", "properties", "templating", "properties", "list", "items")
_TABLE = ("plugins", "properties", "table", "properties")


@dataclass(frozen=True)
class Deviation:
    """At a place in the schema: properties with these values may be there, or may be missing."""

    why: str
    place: Sequence[str]
    more: Mapping[str, Json] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


DEVIATIONS: Sequence[Deviation] = (
    Deviation(
        "The SDK has one type for all variables; these are of interval variables, here unused.",
        _VARIABLE,
        {"auto": {"const": False}, "auto_min": {"const": "10s"}, "auto_count": {"const": 30}},
    ),
    Deviation(
        "Grafana's own editor writes the text of a query variable here; the type lacks it.",
        _VARIABLE,
        {"definition": {"type": "string"}},
    ),
    Deviation(
        "The SDK writes the footer of tables before Grafana 12.2, hidden; later ones pass over it.",
        (*_TABLE, "options"),
        {"footer": {"const": {"show": False, "reducer": [], "countRows": False}}},
    ),
    Deviation(
        "Grafana puts in the plain cell itself where a column says nothing of its cells.",
        (*_TABLE, "custom"),
        missing=frozenset({"cellOptions"}),
    ),
)


def widened(types: Json, deviations: Sequence[Deviation] = DEVIATIONS) -> dict[str, Any]:
    """The schema of the types with the deviations allowed."""
    result = dict(deepcopy(types))
    for one in deviations:
        node = result
        for key in one.place:
            node = node[key]
        node["properties"] = {**node["properties"], **one.more}
        node["required"] = [name for name in node.get("required", ()) if name not in one.missing]
    return result
