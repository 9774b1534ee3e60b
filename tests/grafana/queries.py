"""What is wrong with a dashboard's queries: of panels, of variables and of annotations."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta

import promql_parser as promql

from tests.grafana.dashboards import Board, Json, objects, targets
from tests.grafana.promql import labels, reads
from tests.grafana.rules.panel import organized, values
from tests.grafana.variables import RANGE, RATE_INTERVAL, referenced, substituted
from tests.prometheus.catalogue import Labels, names, walked
from tests.prometheus.catalogue import faults as catalogued

LONGEST = timedelta(hours=6)
"""How much of a series of samples a second a panel may read; recorded ones are sparse."""
_LONG_WINDOW = timedelta(hours=1)
_RATES = frozenset({"increase", "irate", "rate"})
_COUNTED = ("_bucket", "_count", "_sum", "_total")
_OF_NOW = frozenset({"bargauge", "gauge", "stat", "table"})
_OF_EITHER = frozenset({"barchart", "histogram"})
_FORMATS: Mapping[str, str] = {"heatmap": "heatmap", "table": "table"}
_NAMED_BY_COLUMN = frozenset(_FORMATS)
_WITH_LEGEND = frozenset({"barchart", "histogram", "timeseries"})
_ALWAYS_THERE = frozenset({"Time", "__name__"})
_BY_NAME = ("includeByName", "indexByName", "renameByName")
_MATCHER = re.compile(r"(=~|!~|!=|=)\s*\"([^\"]*)\"")
_LABEL_VALUES = re.compile(r"label_values\((?P<series>.+),\s*(?P<label>\w+)\)")
_LEGEND_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_LINK_LABEL = re.compile(r"\$\{__field\.labels\.(\w+)")
_SINCE = re.compile(r"(?:now-)?(\d+[smhdwy])")


def faults(board: Board) -> Iterator[str]:
    """What is wrong with each query, with its place."""
    several = _several(board)
    for panel, target in targets(board):
        place = f"{board.place(panel)} {target.get('refId')}"
        yield from (f"{place}: {fault}" for fault in _of_target(board, panel, target, several))
    for panel in board.queried:
        for fault in (*_named(panel), *_labelled(panel), *_arranged(panel)):
            yield f"{board.place(panel)}: {fault}"
    for variable in board.variables:
        yield from (f"{board.place(variable)}: {fault}" for fault in _of_variable(variable))
    for annotation in board.annotations:
        for fault in _of_annotation(board, annotation, several):
            yield f"{board.place(annotation)}: {fault}"


def _of_target(board: Board, panel: Json, target: Json, several: frozenset[str]) -> Iterator[str]:
    asked, now = _seconds(panel.get("timeFrom") or board.spec["time"]["from"]), _of_now(target)
    yield from _of_query(target["expr"], timedelta() if now else asked, asked, several)
    if panel["type"] not in _OF_EITHER and now != (panel["type"] in _OF_NOW):
        yield "wants the value of now alone" if not now else "wants values over time"
    wanted, written = _FORMATS.get(panel["type"], "time_series"), target.get("format")
    if (written or "time_series") != wanted:
        yield f"has the format {written}, not {wanted}"


def _of_query(
    query: str, beyond: timedelta, asked: timedelta, several: frozenset[str]
) -> Iterator[str]:
    for operator, text in _MATCHER.findall(query):
        for name in several & set(referenced(text)) if operator in ("=", "!=") else ():
            yield f"{name} may be several, {operator} is for one"
    parsable = substituted(query)
    found = catalogued(parsable)
    yield from found
    if any(one.startswith("does not parse") for one in found):
        return
    tree = promql.parse(parsable)
    yield from _rated(tree)
    instead = {promql.parse_duration(RANGE): asked}
    for selector, reach in reads(tree, beyond, instead):
        for name in names(selector):
            if reach > LONGEST and ":" not in name:
                yield f"reads {name} over {reach}"


def _rated(tree: promql.Expr) -> Iterator[str]:
    for node in walked(tree):
        if isinstance(node, promql.Call) and node.func.name in _RATES:
            for of in node.args:
                if isinstance(of, promql.MatrixSelector):
                    yield from (f"{node.func.name} {fault}" for fault in _of_rate(of))


def _of_rate(of: promql.MatrixSelector) -> Iterator[str]:
    if not (_follows_the_range(of.range) or of.range >= _LONG_WINDOW):
        yield f"over {of.range}, not over $__rate_interval"
    for name in names(of.vector_selector):
        if ":" not in name and not name.endswith(_COUNTED):
            yield f"of {name}, which is no counter"


def _follows_the_range(window: timedelta) -> bool:
    return window in (promql.parse_duration(RATE_INTERVAL), promql.parse_duration(RANGE))


def _named(panel: Json) -> Iterator[str]:
    """Series of which there may be several are told apart by a name and, in a graph, a legend."""
    listed = panel.get("targets") or []
    if panel["type"] in _NAMED_BY_COLUMN:
        return
    if len(listed) == 1 and _returns(listed[0]) == frozenset():
        return
    for target in listed:
        if (target.get("legendFormat") or "__auto") == "__auto":
            yield f"the lines of {target.get('refId')} have no name"
    legend = panel.get("options", {}).get("legend", {})
    hidden = not legend.get("showLegend") or legend.get("displayMode") == "hidden"
    if panel["type"] in _WITH_LEGEND and hidden:
        yield "its legend is hidden"


def _labelled(panel: Json) -> Iterator[str]:
    """Labels in names of lines and in links are those of the queries' series."""
    listed = panel.get("targets") or ()
    for target in listed:
        yield from _no_label(_LEGEND_LABEL.findall(target.get("legendFormat") or ""), [target])
    urls = (found.get("url") for _, found in objects(panel))
    linked = [name for url in urls if isinstance(url, str) for name in _LINK_LABEL.findall(url)]
    yield from _no_label(linked, listed)


def _arranged(panel: Json) -> Iterator[str]:
    """Columns that a table renames, keeps or leaves out are there."""
    if panel["type"] != "table":
        return
    known = [_returns(target) for target in panel.get("targets") or ()]
    if None in known:
        return
    there = _ALWAYS_THERE.union(*(one for one in known if one), values(panel))
    for options in organized(panel):
        wanted = {name for key in _BY_NAME for name in options.get(key) or ()}
        yield from (f"there is no column {name}" for name in sorted(wanted - there))


def _no_label(wanted: Collection[str], listed: Collection[Json]) -> Iterator[str]:
    known = [_returns(target) for target in listed]
    if wanted and None not in known:
        there = frozenset({"__name__"}).union(*(one for one in known if one))
        yield from (f"no series has the label {name}" for name in sorted(set(wanted) - there))


def _returns(target: Json) -> Labels:
    return labels(substituted(target["expr"]))


def _of_variable(variable: Json) -> Iterator[str]:
    if variable["type"] != "query":
        return
    query = variable["query"]
    text = query if isinstance(query, str) else query["query"]
    found = _LABEL_VALUES.fullmatch(substituted(text).strip())
    if found is None:
        yield f"is not the values of a label: {text}"
        return
    yield from catalogued(f"count by ({found['label']}) ({found['series']})")
    if variable.get("definition", text) != text:
        yield f"its definition is not its query: {variable['definition']}"


def _of_annotation(board: Board, annotation: Json, several: frozenset[str]) -> Iterator[str]:
    asked = _seconds(board.spec["time"]["from"])
    yield from _of_query(annotation["expr"], asked, asked, several)
    texts = (annotation.get("titleFormat") or "") + (annotation.get("textFormat") or "")
    yield from _no_label(_LEGEND_LABEL.findall(texts), [annotation])
    if annotation.get("target", annotation).get("expr") != annotation["expr"]:
        yield "its two queries differ"


def _several(board: Board) -> frozenset[str]:
    """Variables that may have several values at once, or all."""
    return frozenset(
        one["name"] for one in board.variables if one.get("multi") or one.get("includeAll")
    )


def _of_now(target: Json) -> bool:
    return bool(target.get("instant")) and not target.get("range")


def _seconds(since: str) -> timedelta:
    found = _SINCE.fullmatch(since)
    if found is None:
        raise ValueError(f"{since} is no time before now")
    return promql.parse_duration(found[1])
