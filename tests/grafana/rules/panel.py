"""Rules for a panel alone; the place is put before what they say."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.grafana.dashboards import Json, defaults, overrides

CORE = frozenset(
    {
        "annolist",
        "barchart",
        "bargauge",
        "dashlist",
        "gauge",
        "heatmap",
        "histogram",
        "stat",
        "state-timeline",
        "status-history",
        "table",
        "text",
        "timeseries",
    }
)
"""Panels of Grafana's core that the schema knows."""
DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
LEAST_DESCRIPTION = 80
_GRAPH = 6
LEAST_HEIGHT: Mapping[str, int] = {
    "barchart": _GRAPH,
    "gauge": 3,
    "heatmap": _GRAPH,
    "histogram": _GRAPH,
    "stat": 3,
    "state-timeline": _GRAPH,
    "status-history": _GRAPH,
    "timeseries": _GRAPH,
}
_SENTENCE_END = re.compile(r"[.!?](\s|$)")
_REGEX = re.compile(r"^/(.*)/[a-z]*$")
_TEXT_UNITS = frozenset({"string"})


def of_core(panel: Json) -> Iterator[str]:
    """Only panels that every Grafana has."""
    if panel["type"] not in CORE:
        yield f"{panel['type']} is no panel of the core"


def described(panel: Json) -> Iterator[str]:
    """A title, and what it means, what is normal, and what to do."""
    if not panel.get("title"):
        yield "there is no title"
    text = panel.get("description") or ""
    if panel["type"] == "text":
        return
    if len(text) < LEAST_DESCRIPTION or len(_SENTENCE_END.findall(text)) < 2:
        yield f"the description says too little: {text!r}"


def legible(panel: Json) -> Iterator[str]:
    """High enough to be read."""
    least, height = LEAST_HEIGHT.get(panel["type"], 1), panel["gridPos"]["h"]
    if height < least:
        yield f"{height} units high, {least} is the least"


def measured(panel: Json) -> Iterator[str]:
    """Unit, decimals, and what stands where there is no value."""
    own = defaults(panel)
    if not own.get("unit"):
        yield "there is no unit"
    if panel["type"] == "table":
        yield from (f"the column {name} has no {lack}" for name, lack in _columns_lack(panel))
        return
    if own.get("decimals") is None:
        yield "there are no decimals"
    if not own.get("noValue"):
        yield "there is no noValue"
    if panel["type"] == "heatmap" and not panel["options"].get("yAxis", {}).get("unit"):
        yield "its axis has no unit"


def sourced(panel: Json) -> Iterator[str]:
    """The data source is that which is chosen above, for the panel and each query."""
    if panel.get("datasource") != DATASOURCE:
        yield f"its data source is {panel.get('datasource')}"
    for target in panel.get("targets") or ():
        if target.get("datasource") != DATASOURCE:
            yield f"the data source of query {target.get('refId')} is {target.get('datasource')}"


def asked(panel: Json) -> Iterator[str]:
    """There are queries, each with its own letter, and none is hidden."""
    listed = panel.get("targets") or ()
    if not listed:
        yield "there is no query"
    letters = Counter(one.get("refId") for one in listed)
    yield from (
        f"{count} queries are named {letter}"
        for letter, count in letters.items()
        if count > 1 or not letter
    )
    yield from (f"query {one.get('refId')} is hidden" for one in listed if one.get("hide"))


def values(panel: Json) -> Sequence[str]:
    """Grafana's own names of a table's columns of values, one for each query."""
    letters = [target.get("refId") for target in panel.get("targets") or ()]
    return ["Value"] if len(letters) == 1 else [f"Value #{letter}" for letter in letters]


def columns(panel: Json) -> Mapping[str, str]:
    """The columns of values that a table shows, each with the name that it is shown by."""
    shown = {name: name for name in values(panel)}
    for options in organized(panel):
        left_out, renamed = options.get("excludeByName") or {}, options.get("renameByName") or {}
        only = {name for name, kept in (options.get("includeByName") or {}).items() if kept}
        shown = {
            name: renamed.get(name) or name
            for name in shown
            if not left_out.get(name) and (not only or name in only)
        }
    return shown


def organized(panel: Json) -> Iterator[Json]:
    """The options of each transformation that renames columns and leaves some out."""
    for one in panel.get("transformations") or ():
        if one["id"] == "organize":
            yield one["options"]


def _columns_lack(panel: Json) -> Iterator[tuple[str, str]]:
    for raw, name in columns(panel).items():
        letter = raw.removeprefix("Value #")
        own = {
            key: value
            for matcher, properties in overrides(panel)
            if _matches(matcher, name, letter)
            for key, value in properties.items()
        }
        if not own.get("unit") or own["unit"] in _TEXT_UNITS:
            yield name, "unit"
        if own.get("decimals") is None:
            yield name, "decimals"


def _matches(matcher: Json, name: str, letter: str) -> bool:
    wanted = matcher.get("options")
    if matcher["id"] == "byRegexp":
        bare = _REGEX.match(str(wanted))
        return re.search(bare.group(1) if bare else str(wanted), name) is not None
    return (matcher["id"], wanted) in {("byName", name), ("byFrameRefID", letter)}
