"""What of a dashboard's JSON is not as Grafana's types have it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match

from tests.grafana.dashboards import ROW, Board, Json, defaults, overrides
from tests.grafana.schema.deviations import DEVIATIONS, Deviation, widened

_CUSTOM = "custom."


class Schema:
    """Grafana's types: of dashboards, panels and queries, and the options of each plugin."""

    def __init__(self, generated: Json, deviations: Sequence[Deviation] = DEVIATIONS) -> None:
        self._types = widened(generated["definitions"]["Types"]["properties"], deviations)
        self.plugins: Json = self._types["plugins"]["properties"]

    def faults(self, board: Board) -> Iterator[str]:
        """Whatever Grafana's types do not have, with its place."""
        bare = {key: value for key, value in board.spec.items() if key != "panels"}
        yield from _told(board.name, self._types["dashboard"], bare)
        for panel in board.rows_and_panels:
            where = board.place(panel)
            for fault in self._of_row(panel) if panel["type"] == ROW else self._of_panel(panel):
                yield f"{where}: {fault}"

    def _of_row(self, row: Json) -> Iterator[str]:
        bare = {key: value for key, value in row.items() if key != "panels"}
        yield from _told("row", self._types["row"], bare)

    def _of_panel(self, panel: Json) -> Iterator[str]:
        yield from _told("panel", self._types["panel"], panel)
        plugin = self.plugins.get(panel["type"])
        if plugin is None:
            yield f"the type {panel['type']} is not among those of types.ts"
            return
        types = plugin["properties"]
        yield from _told("options", types["options"], panel.get("options") or {})
        yield from _told("custom", types["custom"], defaults(panel).get("custom") or {})
        for link in defaults(panel).get("links") or ():
            yield from _told(f"link {link.get('title')}", self._types["link"], link)
        for target in panel.get("targets") or ():
            yield from _told(f"query {target.get('refId')}", self._types["target"], target)
        yield from self._of_overrides(panel, types["custom"])
        yield from self._of_transformations(panel)

    def _of_overrides(self, panel: Json, custom: Json) -> Iterator[str]:
        for matcher, properties in overrides(panel):
            for name, value in properties.items():
                place = f"override {matcher.get('options')}: {name}"
                known = self._types["field"]["properties"]
                key = name
                if name.startswith(_CUSTOM):
                    known, key = custom.get("properties", {}), name.removeprefix(_CUSTOM)
                if key in known:
                    yield from _told(place, known[key], value)
                else:
                    yield f"{place} is unknown"

    def _of_transformations(self, panel: Json) -> Iterator[str]:
        known = self._types["transformations"]["properties"]
        for one in panel.get("transformations") or ():
            if one["id"] in known:
                yield from _told(one["id"], known[one["id"]], one["options"])
            else:
                yield f"the transformation {one['id']} is not among those of types.ts"


def _told(place: str, schema: Mapping[str, Any], value: object) -> Iterator[str]:
    for error in Draft7Validator(schema).iter_errors(value):
        yield f"{place}: {_sentence(error)}"


def _sentence(error: ValidationError) -> str:
    """The innermost error of an alternative says more than that none of them fits."""
    inner = best_match([error]) or error
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in inner.absolute_path)
    return f"{path.lstrip('.')}: {inner.message}" if path else inner.message
