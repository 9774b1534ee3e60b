"""Rules for a dashboard as a whole."""

from collections import Counter
from collections.abc import Iterator, Mapping

from tests.grafana.dashboards import Board

MOST_PANELS = 35
OBJECTIVES = "market-objectives"
"""Days, not minutes, are what it looks at."""
_REFRESH, _SLOW_REFRESH = "5s", "1m"
_RANGE, _END = "now-1h", "now"
_COMMON = ("schemaVersion", "timezone")


def addressed(board: Board) -> Iterator[str]:
    """A dashboard keeps its address: that is its uid, which is its file's name."""
    if board.spec.get("uid") != board.name:
        yield f"{board.name}: the uid is {board.spec.get('uid')}, not the file's name"
    if board.spec.get("id") is not None:
        yield f"{board.name}: the id is Grafana's own to give"


def named(board: Board) -> Iterator[str]:
    """A dashboard has a title and tags, and nobody edits it in Grafana."""
    for key in ("title", "tags"):
        if not board.spec.get(key):
            yield f"{board.name}: there is no {key}"
    if board.spec.get("editable") is not False:
        yield f"{board.name}: it is editable"


def timed(board: Board) -> Iterator[str]:
    """All look at the last hour and refresh every 5 s; that of objectives is of days."""
    slow = board.name == OBJECTIVES
    refresh = _SLOW_REFRESH if slow else _REFRESH
    if board.spec.get("refresh") != refresh:
        yield f"{board.name}: it refreshes every {board.spec.get('refresh')}, not {refresh}"
    time = board.spec.get("time", {})
    if time.get("to") != _END or (time.get("from") != _RANGE and not slow):
        yield f"{board.name}: its range is {time.get('from')} to {time.get('to')}"


def bounded(board: Board) -> Iterator[str]:
    """A dashboard shows something, and not more than can be looked through."""
    if not 0 < len(board.panels) <= MOST_PANELS:
        yield f"{board.name}: there are {len(board.panels)} panels"


def counted(board: Board) -> Iterator[str]:
    """Ids of panels and rows are there, and each is unique."""
    ids = Counter(one.get("id") for one in board.rows_and_panels)
    yield from (
        f"{board.name}: the id {name} is there {count} times"
        for name, count in ids.items()
        if name and count > 1
    )
    yield from (
        f"{board.place(one)}: there is no id" for one in board.rows_and_panels if not one.get("id")
    )


def alike(boards: Mapping[str, Board]) -> Iterator[str]:
    """All dashboards are of one version of the schema and show times of the same zone."""
    for key in _COMMON:
        found = {board.spec.get(key) for board in boards.values()}
        if len(found) > 1 or not all(found):
            yield f"{key} differs or is missing: {sorted(map(str, found))}"
