"""What a dashboard asks Prometheus: the queries of its panels, annotations and variables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from grafana.report.span import COLUMNS, Span, duration, seconds
from grafana.report.variables import UnknownError, Value, substitute, values_of, variables

__all__ = ["Asked", "Kind", "Span", "UnknownError", "asked", "of_variable", "panels"]

Json = Mapping[str, Any]
PROMETHEUS = "prometheus"
_LABEL_VALUES = re.compile(r"\s*label_values\(\s*(?:(?P<of>.+),)?\s*(?P<label>\w+)\s*\)\s*", re.S)
_STEP_OF_ANNOTATIONS = "60s"
"""Of those that name none."""


class Kind(Enum):
    """What a query is for."""

    PANEL = "panel"
    ANNOTATION = "annotation"
    VARIABLE = "variable"


@dataclass(frozen=True)
class Asked:
    """One query as it is sent, with what is needed to show its answer.

    `expr` has its variables substituted; of a variable it is what the values of `label` are looked
    for in, "" for everything. `step` is in seconds; `length` and `shift` are those of a panel that
    has a range of its own. What is no panel's has `panel` 0 and its own name as `title`.
    """

    dashboard: str
    panel: int
    title: str
    type: str
    ref_id: str
    expr: str
    step: float
    length: str = ""
    shift: str = ""
    description: str = ""
    legend: str = ""
    instant: bool = False
    unit: str = ""
    no_value: str = ""
    kind: Kind = Kind.PANEL
    label: str = ""

    def over(self, span: Span) -> Span:
        """What it looks at while the dashboard looks at `span`."""
        return span.of_panel(self.length, self.shift)


def asked(board: Json, values: Mapping[str, str], span: Span) -> Iterator[Asked]:
    """Every query of a dashboard: of its panels, its annotations, its variables.

    `values` are the variables' by name; `$__all` or `.*` chooses all. Raises UnknownError where a
    text names what there is not.
    """
    reader = _Reader(board, values, span)
    for panel in panels(board):
        for target in panel.get("targets") or ():
            if _of_prometheus(target, panel) and not target.get("hide"):
                yield reader.of_panel(panel, target)
    for mark in board.get("annotations", {}).get("list") or ():
        if not mark.get("builtIn") and mark.get("enable", True) and _of_prometheus(mark):
            yield reader.of_annotation(mark)
    for variable in variables(board):
        if variable["type"] == "query":
            yield reader.of_variable(variable)


def of_variable(board: Json, variable: Json, values: Mapping[str, str], span: Span) -> Asked:
    """What a variable's values come from; `values` are those of the variables before it.

    Raises UnknownError where it is not a `label_values(…)` of those.
    """
    return _Reader(board, values, span).of_variable(variable)


def panels(board: Json) -> Sequence[Json]:
    """The panels in their order, those in rows too; the rows themselves are none."""
    found = [one for top in board.get("panels", ()) for one in (top, *(top.get("panels") or ()))]
    return [one for one in found if one["type"] != "row"]


@dataclass(frozen=True)
class _Reader:
    board: Json
    values: Mapping[str, str]
    span: Span

    def of_panel(self, panel: Json, target: Json) -> Asked:
        place = self._place(f"{panel.get('title') or panel['id']!r} {target['refId']}")
        length, shift = panel.get("timeFrom") or "", panel.get("timeShift") or ""
        span = self.span.of_panel(length, shift)
        points = panel.get("maxDataPoints") or span.width * panel["gridPos"]["w"] // COLUMNS
        step, known = self._timed(span, points, panel.get("interval"), target.get("interval"))
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        return Asked(
            dashboard=self.board["uid"],
            panel=panel["id"],
            title=substitute(panel.get("title", ""), known, place),
            description=substitute(panel.get("description", ""), known, place),
            type=panel["type"],
            ref_id=target["refId"],
            expr=substitute(target["expr"], known, place),
            legend=substitute(target.get("legendFormat") or "", known, place),
            instant=bool(target.get("instant")),
            unit=defaults.get("unit", ""),
            no_value=defaults.get("noValue", ""),
            length=length,
            shift=shift,
            step=step,
        )

    def of_annotation(self, mark: Json) -> Asked:
        place = self._place(f"annotation {mark['name']!r}")
        least = mark.get("step") or _STEP_OF_ANNOTATIONS
        step, known = self._timed(self.span, self.span.width, None, least)
        return Asked(
            dashboard=self.board["uid"],
            panel=0,
            title=mark["name"],
            type="annotation",
            ref_id=(mark.get("target") or {}).get("refId", ""),
            expr=substitute(mark.get("expr") or mark["target"]["expr"], known, place),
            legend=mark.get("titleFormat") or "",
            step=step,
            kind=Kind.ANNOTATION,
        )

    def of_variable(self, variable: Json) -> Asked:
        name = variable["name"]
        place = self._place(f"variable {name}")
        query = variable["query"]
        text = query["query"] if isinstance(query, Mapping) else query
        match = _LABEL_VALUES.fullmatch(text)
        if match is None:
            raise UnknownError(f"{place}: {text!r} is not label_values(…)")
        step, known = self._timed(self.span, self.span.width, None, None)
        return Asked(
            dashboard=self.board["uid"],
            panel=0,
            title=name,
            type="variable",
            ref_id="",
            expr=substitute((match["of"] or "").strip(), known, place),
            instant=True,
            step=step,
            kind=Kind.VARIABLE,
            label=match["label"],
        )

    def _timed(
        self, span: Span, points: int, panel: str | None, own: str | None
    ) -> tuple[float, Mapping[str, Value]]:
        """The step of a query, and the values of variables in it.

        `panel` and `own` are the least intervals of the panel and of the query. A query's own
        counts for its step and, as if it were the scrape interval, for its rates.
        """
        between = span.step(points, seconds(panel) if panel else span.scrape)
        step = span.step(points, seconds(own)) if own else between
        scrape = seconds(own) if own else span.scrape
        rate = max(between + scrape, 4 * scrape)
        return step, values_of(self.board, self.values, _own(span, step, rate))

    def _place(self, within: str) -> str:
        return f"{self.board['uid']} / {within}"


def _own(span: Span, step: float, rate: float) -> dict[str, str]:
    """Grafana's own variables."""
    whole = round(span.seconds)
    return {
        "__from": str(round(span.start * 1000)),
        "__to": str(round(span.end * 1000)),
        "__interval": duration(step),
        "__interval_ms": str(round(step * 1000)),
        "__range": f"{whole}s",
        "__range_s": str(whole),
        "__range_ms": str(whole * 1000),
        "__rate_interval": duration(rate),
        "__rate_interval_ms": str(round(rate * 1000)),
    }


def _of_prometheus(target: Json, panel: Json | None = None) -> bool:
    source = target.get("datasource") or (panel or {}).get("datasource") or {}
    return bool(source.get("type", PROMETHEUS) == PROMETHEUS)
