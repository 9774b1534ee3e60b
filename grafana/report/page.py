"""The report as one HTML page that needs nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grafana.report.answers import Answer
from grafana.report.asked import Kind
from grafana.report.figures import Size, marked, shown, size
from grafana.report.markup import Html, tag
from grafana.report.report import One, Report, Seen, points
from grafana.report.span import duration
from grafana.report.totals import milliseconds, totals
from grafana.report.variables import ALL

_STYLE = Html(Path(__file__).with_name("page.css").read_text(encoding="utf-8"))
_SHORT = 240
"""Characters; longer queries are folded."""
_LISTED = 30
"""Values of a variable that are listed; the others are counted."""


def page(report: Report) -> str:
    """The whole document."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width"),
        tag("title", "What the dashboards ask and get"),
        tag("style", _STYLE),
    )
    boards = [part for seen in report.seen for part in _board(report, seen)]
    body = tag("body", *totals(report), *boards)
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _board(report: Report, seen: Seen) -> Iterator[Html]:
    yield tag("h2", seen.title, id=seen.uid)
    yield tag("p", str(seen.board.get("description") or ""))
    values = [f"{name}: {'all' if value == ALL else value or 'nothing'}"
              for name, value in seen.values.items()]  # fmt: skip
    yield tag("p", "; ".join([seen.uid, *values]), class_="quiet")
    parts = [_panel(report, seen, panel) for panel in seen.panels]
    others = ((kind, seen.other(kind)) for kind in (Kind.ANNOTATION, Kind.VARIABLE))
    parts += [_others(report, seen, kind, found) for kind, found in others if found]
    yield tag("div", *parts, class_="panels")


def _panel(report: Report, seen: Seen, panel: Mapping[str, Any]) -> Html:
    got = seen.of(panel)
    title = got[0][0].title if got else str(panel.get("title", ""))
    description = got[0][0].description if got else str(panel.get("description", ""))
    picture = [*_alarms(report, got), shown(panel, got, report.span)]
    said = [tag("p", one) for one in description.split("\n\n") if one]
    if not got:
        said.append(tag("p", "It asks Prometheus nothing.", class_="quiet"))
    said += [_query(one) for one in got]
    how = size(panel)
    sides = [tag("div", *picture), tag("div", *said)]
    content = tag("div", *sides, class_="sides") if how is Size.NORMAL else tag("div", *sides)
    place, classes = f"{seen.uid}-{panel['id']}", "small" if how is Size.SMALL else ""
    return _section(place, title, str(panel["type"]), got, [content], classes)


def _section(
    place: str, title: str, kind: str, got: Sequence[One], content: Sequence[Html],
    classes: str = "",
) -> Html:  # fmt: skip
    answers = [answer for _, answer in got]
    told = ", ".join(one for one in (kind, _counted(got) if got else "") if one)
    header = tag("header", tag("h3", title), tag("span", told, class_="quiet"))
    every = f"panel {_state(answers)} {classes}".split()
    return tag("section", header, *content, id=place, class_=" ".join(every))


def _state(answers: Sequence[Answer]) -> str:
    if any(answer.error for answer in answers):
        return "failed"
    return "empty" if answers and not any(answer.series for answer in answers) else ""


def _others(report: Report, seen: Seen, kind: Kind, got: Sequence[One]) -> Html:
    parts: list[Html] = []
    for one in got:
        parts += [tag("h4", one[0].title), *_alarms(report, [one]), _content(report, seen, one)]
        parts.append(_query(one))
    title = "Annotations" if kind is Kind.ANNOTATION else "Variables"
    return _section(f"{seen.uid}-{kind.value}", title, "", got, parts)


def _content(report: Report, seen: Seen, one: One) -> Html:
    asked, answer = one
    if not answer.series:
        return Html("")
    if asked.kind is Kind.ANNOTATION:
        listed = seen.board["annotations"]["list"]
        colour = next(mark["iconColor"] for mark in listed if mark["name"] == asked.title)
        return marked(one, colour, report.span)
    values = [labels[asked.label] for labels, _ in answer.series]
    more = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
    return tag("p", ", ".join(values[:_LISTED]) + more)


def _alarms(report: Report, got: Sequence[One]) -> Iterator[Html]:
    """What failed, and what returned nothing: conspicuous where the panel has nothing at all."""
    for asked, answer in got:
        if answer.error:
            yield tag("p", f"{asked.ref_id} failed: {answer.error}".strip(), class_="fault")
    state = _state([answer for _, answer in got])
    for why, alike in report.grouped(got):
        names = ", ".join(asked.ref_id for asked, _ in alike)
        told = f"{names} returned nothing{': ' if why else ''}{why}".strip()
        yield tag("p", told, class_="nothing" if state == "empty" else "partly")
    if state == "empty" and got[0][0].kind is Kind.PANEL:
        instead = tag("b", got[0][0].no_value or "(no text of its own)")
        yield tag("p", "The panel shows: ", instead, class_="shows")


def _query(one: One) -> Html:
    asked, _ = one
    of = f"values of {asked.label}" if asked.label else "at the end"
    how = of if asked.instant else f"every {duration(asked.step)}"
    shown_at_once = {"open": "open"} if asked.panel and len(asked.expr) <= _SHORT else {}
    summary = tag("summary", f"{asked.ref_id} {how}: {_counted([one])}".strip())
    return tag("details", summary, tag("pre", asked.expr or "all series"), **shown_at_once)


def _counted(got: Sequence[One]) -> str:
    parts = [f"{len(got)} queries"] if len(got) > 1 else []
    parts.append(f"{sum(len(answer.series) for _, answer in got):,} series")
    if not all(asked.instant for asked, _ in got):
        parts.append(f"{sum(points(answer) for _, answer in got):,} points")
    parts.append(f"{milliseconds(sum(answer.seconds for _, answer in got))} ms")
    return ", ".join(parts)
