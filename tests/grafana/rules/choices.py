"""Rules for variables: all that are named exist, and all that exist are of use."""

from collections.abc import Iterator

from tests.grafana.dashboards import Board, Json, strings
from tests.grafana.rules.panel import DATASOURCE
from tests.grafana.variables import BUILT_IN, referenced

_CHOSEN = ("allValue", "current", "options")
"""Values of a variable, in which a `$` refers to nothing."""


def existing(board: Board) -> Iterator[str]:
    """What a text refers to is a variable of the dashboard, or one of Grafana's own."""
    known = {one["name"] for one in board.variables}
    for place, part in _parts(board):
        for name in sorted(_names(part) - known - BUILT_IN):
            yield f"{place}: there is no variable {name}"


def of_use(board: Board) -> Iterator[str]:
    """Each variable is referred to by something else."""
    for variable in board.variables:
        others = (part for _, part in _parts(board) if part.get("name") != variable["name"])
        if not any(variable["name"] in _names(part) for part in others):
            yield f"{board.place(variable)}: nothing refers to it"


def sourced(board: Board) -> Iterator[str]:
    """The data source can be chosen, and is that of all other variables and annotations."""
    chosen = [one for one in board.variables if one["type"] == "datasource"]
    if [(one["name"], one.get("query")) for one in chosen] != [("datasource", "prometheus")]:
        yield f"{board.name}: there is no choice of a data source of Prometheus"
    queries = [one for one in board.variables if one["type"] == "query"]
    for one in (*queries, *board.annotations):
        if one.get("datasource") != DATASOURCE:
            yield f"{board.place(one)}: its data source is {one.get('datasource')}"


def _parts(board: Board) -> Iterator[tuple[str, Json]]:
    """All that may refer to a variable."""
    for variable in board.variables:
        bare = {key: value for key, value in variable.items() if key not in _CHOSEN}
        yield board.place(variable), bare
    for part in (*board.rows_and_panels, *board.annotations, *board.links):
        yield board.place(part), part


def _names(part: Json) -> set[str]:
    found = {name for text in strings(part) for name in referenced(text)}
    return found | ({part["repeat"]} if part.get("repeat") else set())
