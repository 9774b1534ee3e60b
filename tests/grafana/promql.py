"""What a query returns and reads, as far as its text says it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import NamedTuple

import promql_parser as promql

from tests.prometheus.catalogue import Labels, names, rules, series

_NONE = frozenset[str]()
_KEEP_ALL = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_FILTERS = frozenset({"and", "unless"})
_SCALARS = frozenset({"scalar", "time", "vector", "pi"})
_UNKNOWN = frozenset({"absent", "absent_over_time"})
_MAKES_A_LABEL = frozenset({"label_join", "label_replace"})


class Read(NamedTuple):
    """A selector, and over how long before the query's end it wants samples."""

    selector: promql.VectorSelector
    reach: timedelta


def children(node: promql.Expr) -> Iterator[promql.Expr]:
    """The expressions that an expression is made of; the selector of a range is none."""
    if isinstance(node, promql.Call):
        yield from node.args
    elif isinstance(node, promql.BinaryExpr):
        yield from (node.lhs, node.rhs)
    elif isinstance(
        node, promql.AggregateExpr | promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr
    ):
        yield node.expr


def reads(
    node: promql.Expr, beyond: timedelta, instead: Mapping[timedelta, timedelta]
) -> Iterator[Read]:
    """All that a query reads. `beyond` is the time that is asked about; `instead` says how long
    the windows that stand for a variable really are."""
    if isinstance(node, promql.VectorSelector):
        yield Read(node, beyond)
    elif isinstance(node, promql.MatrixSelector):
        yield Read(node.vector_selector, beyond + instead.get(node.range, node.range))
    else:
        window = (node.range if isinstance(node, promql.SubqueryExpr) else None) or timedelta()
        for child in children(node):
            yield from reads(child, beyond + instead.get(window, window), instead)


def labels(query: str) -> Labels:
    """Labels that the series of a query may have; None where that is unknown, or no query."""
    try:
        return _Returned(_known()).by(promql.parse(query))
    except ValueError:
        return None


@cache
def _known() -> Mapping[str, Labels]:
    """Labels of every series. Those of recorded ones follow from their rules, which may name each
    other and themselves."""
    written = [
        (rule["record"], promql.parse(rule["expr"]), frozenset(rule.get("labels", ())))
        for rule in rules()
        if "record" in rule
    ]
    recorded: dict[str, Labels] = {name: _NONE for name, _, _ in written}
    while True:
        returned = _Returned({**series(), **recorded})
        found: dict[str, Labels] = dict.fromkeys(recorded, _NONE)
        for name, tree, own in written:
            found[name] = _union(found[name], returned.by(tree), own)
        if found == recorded:
            return returned.known
        recorded = found


@dataclass(frozen=True)
class _Returned:
    """Labels of what is returned by an expression over series with known labels."""

    known: Mapping[str, Labels]

    def by(self, node: promql.Expr) -> Labels:
        if isinstance(node, promql.VectorSelector):
            return _union(*(self.known.get(name) for name in names(node)))
        if isinstance(node, promql.MatrixSelector):
            return self.by(node.vector_selector)
        if isinstance(node, promql.AggregateExpr):
            return self._by_aggregate(node)
        if isinstance(node, promql.BinaryExpr):
            return self._by_binary(node)
        if isinstance(node, promql.Call):
            return self._by_call(node)
        return _union(*map(self.by, children(node)))

    def _by_aggregate(self, node: promql.AggregateExpr) -> Labels:
        inner = self.by(node.expr)
        if str(node.op) in _KEEP_ALL:
            return inner
        own = frozenset({node.param.val}) if isinstance(node.param, promql.StringLiteral) else _NONE
        if node.modifier is None:
            return own
        if node.modifier.type == promql.AggModifierType.By:
            return own.union(node.modifier.labels)
        return None if inner is None else own.union(inner).difference(node.modifier.labels)

    def _by_binary(self, node: promql.BinaryExpr) -> Labels:
        left, right, operation = self.by(node.lhs), self.by(node.rhs), str(node.op)
        if operation in _FILTERS:
            return left
        if node.modifier is None or operation == "or":
            return _union(left, right)
        matching, card = node.modifier.matching, node.modifier.card
        brought = frozenset(node.modifier.group_labels or ())
        if card == promql.VectorMatchCardinality.ManyToOne:
            return _union(left, brought)
        if card == promql.VectorMatchCardinality.OneToMany:
            return _union(right, brought)
        if matching is not None and matching.type == promql.LabelModifierType.Include:
            return frozenset(matching.labels)
        return _union(left, right)

    def _by_call(self, node: promql.Call) -> Labels:
        name, given = node.func.name, list(node.args)
        if name in _SCALARS:
            return _NONE
        if name in _UNKNOWN:
            return None
        if name == "histogram_quantile":
            inner = self.by(given[1])
            return None if inner is None else inner - {"le"}
        if name in _MAKES_A_LABEL and isinstance(made := given[1], promql.StringLiteral):
            return _union(self.by(given[0]), frozenset({made.val}))
        return _union(*map(self.by, given))


def _union(*parts: Labels) -> Labels:
    known = [part for part in parts if part is not None]
    return frozenset[str]().union(*known) if len(known) == len(parts) else None
