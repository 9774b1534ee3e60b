"""Rows of a table panel, put together from its queries as Grafana's `merge` and `organize` do."""

from collections.abc import Mapping, Sequence
from typing import Any

from grafana.report.answers import Answer
from grafana.report.asked import Asked

Row = dict[str, float | str]
"""Values by the name of their column; what is not there is missing."""
Got = Sequence[tuple[Asked, Answer]]


def rows(got: Got) -> list[Row]:
    """A row for each set of values of the labels that all queries have; more where others of
    theirs differ."""
    answers = [(asked, answer) for asked, answer in got if answer.series]
    labels = [{key for one, _ in answer.series for key in one} for _, answer in answers]
    common = sorted(set.intersection(*labels)) if labels else []
    merged: dict[tuple[float | str | None, ...], list[Row]] = {}
    for asked, answer in answers:
        column = f"Value #{asked.ref_id}" if len(got) > 1 else "Value"
        for of, points in answer.series:
            row: Row = {**of, column: points[-1][1]} if points else {**of}
            _put(row, merged.setdefault(tuple(row.get(key) for key in common), []))
    return [row for alike in merged.values() for row in alike]


def columns(panel: Mapping[str, Any], found: Sequence[Row]) -> Mapping[str, str]:
    """Titles of the columns that are shown, in their order, by their names in the rows."""
    there = dict.fromkeys(key for row in found for key in row)
    for one in panel.get("transformations") or ():
        if one["id"] == "organize":
            return _organized(one["options"], there)
    return {name: name for name in there}


def _organized(options: Mapping[str, Any], there: Mapping[str, None]) -> Mapping[str, str]:
    wanted = options.get("includeByName") or {}
    left_out = options.get("excludeByName") or {}
    order, titles = options.get("indexByName") or {}, options.get("renameByName") or {}
    names = [one for one in (*wanted, *(() if wanted else there)) if not left_out.get(one)]
    return {one: titles.get(one) or one for one in sorted(names, key=lambda at: order.get(at, 99))}


def ordered(panel: Mapping[str, Any], found: list[Row], titles: Mapping[str, str]) -> list[Row]:
    """Sorted as the panel says; rows without that column come last."""
    by = (panel.get("options", {}).get("sortBy") or [{}])[0]
    column = next((one for one, title in titles.items() if title == by.get("displayName")), None)
    if column is None:
        return found
    there = [row for row in found if column in row]
    there.sort(
        key=lambda row: (isinstance(row[column], str), row[column]), reverse=bool(by.get("desc"))
    )
    return there + [row for row in found if column not in row]


def _put(row: Row, alike: list[Row]) -> None:
    """Into the first row that says nothing else, or as a new one."""
    for other in alike:
        if all(other.get(key, value) == value for key, value in row.items()):
            other.update(row)
            return
    alike.append(row)
