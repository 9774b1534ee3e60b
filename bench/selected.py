"""Which series queries read."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import promql_parser as promql

from bench.observed import Series
from grafana.report.asked import Json, Span, of_variable
from grafana.report.variables import ALL, of_many, variables

Labels = Mapping[str, str]
_NEGATED = (promql.MatchOp.NotEqual, promql.MatchOp.NotRe)
_PATTERNS = (promql.MatchOp.Re, promql.MatchOp.NotRe)


class Matcher(NamedTuple):
    """What a label must be, or must not be."""

    label: str
    pattern: re.Pattern[str]
    wanted: bool

    def fits(self, labels: Labels) -> bool:
        """Whether a series with these labels has it so."""
        found = self.pattern.fullmatch(labels.get(self.label, "")) is not None
        return found is self.wanted


class Pool:
    """Series by name, to be looked for."""

    def __init__(self, series: Iterable[Series]) -> None:
        self._named: dict[str, list[Series]] = defaultdict(list)
        for one in series:
            self._named[one.name].append(one)

    def read_by(self, queries: Iterable[str]) -> list[Series]:
        """All that these queries read, each once and in the order of names."""
        selectors = {str(one): one for query in queries for one in _selectors(query)}
        found = {id(one): one for each in selectors.values() for one in self._matching(each)}
        return sorted(found.values(), key=_order)

    def lacking(self, queries: Iterable[str]) -> list[str]:
        """Names that the queries read of which there is no series."""
        names = {one.name for query in queries for one in _selectors(query) if one.name}
        return sorted(name for name in names if name not in self._named)

    def chosen(self, board: Json, span: Span) -> dict[str, str]:
        """A value for each variable of a dashboard: all where that can be, else the first."""
        values: dict[str, str] = {"datasource": "market-prometheus"}
        for one in variables(board):
            if one["type"] == "query":
                values[one["name"]] = ALL if of_many(one) else self._first(board, one, values, span)
        return values

    def _first(self, board: Json, variable: Json, values: Labels, span: Span) -> str:
        current = (variable.get("current") or {}).get("value")
        if isinstance(current, str) and current:
            return current
        asked = of_variable(board, variable, values, span)
        found = self.read_by([asked.expr])
        return min((one.labels.get(asked.label, "") for one in found), default="")

    def _matching(self, selector: promql.VectorSelector) -> Sequence[Series]:
        matchers = [_matcher(one) for one in selector.matchers.matchers]
        named = self._named.get(selector.name or "", ())
        return [one for one in named if all(each.fits(one.labels) for each in matchers)]


def _matcher(one: promql.Matcher) -> Matcher:
    pattern = one.value if one.op in _PATTERNS else re.escape(one.value)
    return Matcher(one.name, re.compile(pattern), one.op not in _NEGATED)


def _order(one: Series) -> tuple[str, ...]:
    return (one.name, *(f"{name}={value}" for name, value in sorted(one.labels.items())))


def _selectors(query: str) -> Iterator[promql.VectorSelector]:
    nodes: list[promql.Expr] = []
    promql.walk(promql.parse(query), nodes.append)
    return (one for one in nodes if isinstance(one, promql.VectorSelector))
