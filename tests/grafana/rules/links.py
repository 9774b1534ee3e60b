"""Rules for links: they lead somewhere, and take along what is chosen.

The time is not taken to the objectives or from there: they look at days, the others at an hour.
"""

import re
from collections.abc import Iterator, Mapping

from tests.grafana.dashboards import Board, Json, objects, strings
from tests.grafana.rules.board import OBJECTIVES
from tests.grafana.rules.panel import organized

_TO_DASHBOARD = re.compile(r"(?<![\w/])/?d/(?P<uid>[\w-]+)(?:/[\w-]*)?(?P<query>\?[^\s)\"']*)?")
_CHOICE = re.compile(r"\bvar-(\w+)=|\$\{(\w+):queryparam\}")
_COLUMN = re.compile(r"\$\{__data\.fields(?:\.(\w+)|\[\"?([^\]\"]+)\"?\])")
_TIME = ("__url_time_range", "from=")
_CHOOSES_ALL = "__all_variables"


def menu(board: Board, boards: Mapping[str, Board]) -> Iterator[str]:
    """Links above the panels are seen there, lead somewhere and keep time and choices."""
    for link in board.links:
        if link.get("placement"):
            yield f"{board.place(link)}: is hidden in the menu {link['placement']}"
        if not link.get("includeVars"):
            yield f"{board.place(link)}: does not keep the choices"
        if link["type"] == "link":
            for uid, _ in _dashboards(link.get("url") or ""):
                if uid not in boards:
                    yield f"{board.place(link)}: there is no dashboard {uid}"
                if not (link.get("keepTime") or OBJECTIVES in (uid, board.name)):
                    yield f"{board.place(link)}: does not keep the time"
        elif not any(set(link["tags"]) <= set(one.spec["tags"]) for one in boards.values()):
            yield f"{board.place(link)}: no dashboard has the tags {link['tags']}"


def data(board: Board, boards: Mapping[str, Board]) -> Iterator[str]:
    """Links of panels, values and texts lead to dashboards that there are, choose what these have,
    and take time and data source along."""
    for panel in board.panels:
        for text in dict.fromkeys(strings(panel)):
            for uid, query in _dashboards(text):
                for fault in _astray(board.name, uid, query, boards):
                    yield f"{board.place(panel)}: {fault}"


def columned(panel: Json) -> Iterator[str]:
    """Columns of a table that a link takes values from are there, under that name."""
    for options in organized(panel):
        renamed, only = options.get("renameByName") or {}, options.get("includeByName") or {}
        shown = {renamed.get(name) or name for name in only} | set(renamed.values())
        gone = set(renamed) - shown
        for name in sorted(_wanted_columns(panel)):
            if name in gone or (only and name not in shown):
                yield f"a link wants the column {name}"


def _wanted_columns(panel: Json) -> set[str]:
    urls = (found.get("url") for _, found in objects(panel))
    return {
        bare or quoted
        for url in urls
        if isinstance(url, str)
        for bare, quoted in _COLUMN.findall(url)
    }


def _dashboards(text: str) -> Iterator[tuple[str, str]]:
    for match in _TO_DASHBOARD.finditer(text):
        yield match["uid"], match["query"] or ""


def _astray(origin: str, uid: str, query: str, boards: Mapping[str, Board]) -> Iterator[str]:
    if uid not in boards:
        yield f"there is no dashboard {uid} to link to"
        return
    chosen = {name for match in _CHOICE.findall(query) for name in match if name}
    known = {one["name"] for one in boards[uid].variables}
    yield from (f"{uid} has no variable {name}" for name in sorted(chosen - known))
    if not any(time in query for time in _TIME) and OBJECTIVES not in (uid, origin):
        yield f"the link to {uid} loses the time"
    if "datasource" not in chosen and _CHOOSES_ALL not in query:
        yield f"the link to {uid} loses the data source"
