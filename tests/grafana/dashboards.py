"""The shipped dashboards as tests look at them: panels one by one, and all that they name."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.shared import ROOT

Json = Mapping[str, Any]
"""An object of a dashboard's JSON."""

FOLDER = ROOT / "grafana" / "dashboards"
ROW = "row"
WITHOUT_QUERIES = frozenset({"annolist", "dashlist", "text"})
"""Kinds of panels that show something else than what queries return."""


@dataclass(frozen=True)
class Board:
    """A dashboard's JSON and the name of its file, without `.json`."""

    name: str
    spec: Json

    @property
    def rows_and_panels(self) -> Sequence[Json]:
        """Everything on the grid, what lies in closed rows too."""
        return [
            one for top in self.spec.get("panels", ()) for one in (top, *(top.get("panels") or ()))
        ]

    @property
    def panels(self) -> Sequence[Json]:
        """All panels but the rows' headings."""
        return [one for one in self.rows_and_panels if one["type"] != ROW]

    @property
    def queried(self) -> Sequence[Json]:
        """The panels that show what queries return."""
        return [one for one in self.panels if one["type"] not in WITHOUT_QUERIES]

    @property
    def variables(self) -> Sequence[Json]:
        """What can be chosen above the panels, and the hidden variables."""
        return self.spec.get("templating", {}).get("list") or ()

    @property
    def annotations(self) -> Sequence[Json]:
        """Queries whose results are marked on all graphs; Grafana's own not among them."""
        listed = self.spec.get("annotations", {}).get("list") or ()
        return [one for one in listed if not one.get("builtIn")]

    @property
    def links(self) -> Sequence[Json]:
        """Links above the panels."""
        return self.spec.get("links") or ()

    def place(self, thing: Json) -> str:
        """Where something is, for whoever mends it."""
        return f"{self.name} / '{thing.get('title') or thing.get('name') or thing.get('id')}'"


def shipped() -> Mapping[str, Board]:
    """Every shipped dashboard, by the name of its file."""
    return {path.stem: read(path) for path in sorted(FOLDER.glob("*.json"))}


def read(path: Path) -> Board:
    """A dashboard from its file."""
    return Board(path.stem, json.loads(path.read_text(encoding="utf-8")))


def targets(board: Board) -> Iterator[tuple[Json, Json]]:
    """Each panel with each of its queries."""
    for panel in board.queried:
        for target in panel.get("targets") or ():
            yield panel, target


def overrides(panel: Json) -> Iterator[tuple[Json, Json]]:
    """Each override's matcher, with the properties that it sets by their ids."""
    for override in panel.get("fieldConfig", {}).get("overrides") or ():
        yield (
            override["matcher"],
            {one["id"]: one.get("value") for one in override["properties"]},
        )


def defaults(panel: Json) -> Json:
    """How a panel's values look where no override says otherwise."""
    found: Json = panel.get("fieldConfig", {}).get("defaults") or {}
    return found


def objects(tree: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Every object of a JSON tree, with the keys that lead to it."""
    if isinstance(tree, Mapping):
        yield path, tree
        for key, value in tree.items():
            yield from objects(value, (*path, key))
    elif isinstance(tree, list):
        for value in tree:
            yield from objects(value, path)


def strings(tree: object) -> Iterator[str]:
    """Every text of a JSON tree that is a value."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from strings(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from strings(value)
