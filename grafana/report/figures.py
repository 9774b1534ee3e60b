"""What a panel shows, by its kind: figures, bars, tables or plots."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from grafana.report.drawing import Drawn
from grafana.report.lines import lines
from grafana.report.looks import Look, ink, look, name, of_cell, settings
from grafana.report.markup import Html, joined, tag
from grafana.report.plots import cells, strips
from grafana.report.report import One
from grafana.report.span import Span
from grafana.report.tables import columns, ordered, rows

MOST_ROWS = 50
"""Rows of a table that are shown; the others are counted."""
Json = Mapping[str, Any]


def shown(panel: Json, got: Sequence[One], span: Span) -> Html:
    """A picture or a table of what a panel got; nothing where it got nothing."""
    if not any(answer.series for _, answer in got):
        return Html("")
    match panel["type"]:
        case "table":
            return _table(panel, got)
        case "bargauge":
            return _bars(panel, got)
        case "state-timeline":
            return strips(_drawn(panel, got), got[0][0].over(span))
        case "heatmap":
            unit = (panel.get("options", {}).get("yAxis") or {}).get("unit") or ""
            return cells(_drawn(panel, got), got[0][0].over(span), unit)
    if all(asked.instant for asked, _ in got):
        return _figures(panel, got)
    return lines(_drawn(panel, got), got[0][0].over(span), settings(panel, ""))


class Size(Enum):
    """How much room a panel wants: that of a figure, of a plot beside text, or the whole width."""

    SMALL = "small"
    NORMAL = "normal"
    WIDE = "wide"


def size(panel: Json) -> Size:
    """The room for a kind of panel."""
    return _SIZES.get(panel["type"], Size.NORMAL)


_SIZES = {"stat": Size.SMALL, "gauge": Size.SMALL, "table": Size.WIDE}


def marked(got: One, colour: str, span: Span) -> Html:
    """The times of an annotation."""
    asked, answer = got
    meaning = {"type": "value", "options": {"1": {"text": "marked", "color": colour}}}
    drawn = [
        Drawn(
            name(asked, labels),
            [(at, 1.0) for at, value in points if value > 0],
            asked.step,
            {"mappings": [meaning]},
        )
        for labels, points in answer.series
    ]
    return strips([one for one in drawn if one.points], span)


def _drawn(panel: Json, got: Sequence[One]) -> list[Drawn]:
    found = []
    for asked, answer in got:
        for labels, points in answer.series:
            called = name(asked, labels)
            how = settings(panel, called, asked.ref_id)
            found.append(Drawn(called, points, asked.step, how))
    return found


def _of_now(panel: Json, got: Sequence[One]) -> Sequence[tuple[str, float, Mapping[str, Any]]]:
    """Name, last value and settings of each series."""
    return [
        (called, points[-1][1], settings(panel, called, asked.ref_id))
        for asked, answer in got
        for labels, points in answer.series
        for called in (name(asked, labels),)
        if points
    ]


def _figures(panel: Json, got: Sequence[One]) -> Html:
    found = _of_now(panel, got)
    by_name = panel.get("options", {}).get("textMode") == "name"
    boxes = []
    for called, value, how in found[:MOST_ROWS]:
        seen = look(value, how)
        large, small = (called, f"value {seen.text}") if by_name else (seen.text, called)
        named = len(found) > 1 or by_name
        boxes.append(
            tag("div", tag("b", large), *([tag("small", small)] if named else []),
                class_="figure", style=_style(seen))
        )  # fmt: skip
    return joined([tag("div", *boxes, class_="figures"), _more(len(found), "figures")])


def _bars(panel: Json, got: Sequence[One]) -> Html:
    found = _of_now(panel, got)
    high = max(value for _, value, _ in found)
    parts = []
    for called, value, how in found[:MOST_ROWS]:
        least, most = how.get("min") or 0.0, how.get("max") or high
        share = (value - least) / (most - least) if most > least else 0.0
        seen = look(value, how)
        style = f"width:{100 * min(max(share, 0), 1):.1f}%;background:{seen.colour or '#77AADD'}"
        parts += [
            tag("span", called),
            tag("div", tag("i", style=style)),
            tag("b", seen.text, style=f"color:{seen.colour}"),
        ]
    return joined([tag("div", *parts, class_="bars"), _more(len(found), "bars")])


def _table(panel: Json, got: Sequence[One]) -> Html:
    found = rows(got)
    titles = columns(panel, found)
    how = {column: settings(panel, title) for column, title in titles.items()}
    head = tag("tr", *(tag("th", title) for title in titles.values()))
    body = [
        tag("tr", *(_cell(row.get(column), how[column]) for column in titles))
        for row in ordered(panel, found, titles)[:MOST_ROWS]
    ]
    return joined([tag("div", tag("table", head, *body), class_="wide"), _more(len(found), "rows")])


def _cell(value: float | str | None, how: Mapping[str, Any]) -> Html:
    seen = of_cell(value, how)
    kind = {"class_": "number"} if isinstance(value, float) else {}
    style = {"style": _style(seen)} if seen.colour else {}
    return tag("td", seen.text, **kind, **style)


def _style(seen: Look) -> str:
    return f"background:{seen.colour};color:{ink(seen.colour)}" if seen.colour else ""


def _more(count: int, what: str) -> Html:
    left = count - MOST_ROWS
    return tag("p", f"and {left} more {what}, not shown", class_="more") if left > 0 else Html("")
