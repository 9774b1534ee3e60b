"""Every series that a query may name, with its labels, and what is wrong with a query."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from re import fullmatch
from typing import Any

import promql_parser as promql
import yaml
from prometheus_client.metrics import MetricWrapperBase

from exporter.exposition.catalogue import market_families
from exporter.telemetry import Telemetry
from tests.shared import ROOT

Labels = frozenset[str] | None
"""The labels of a series; None where nothing is said about them."""

RULES = ROOT / "prometheus" / "rules"
TARGET = frozenset({"job", "instance", "drill"})
"""Labels that a scrape adds."""

ANY: Labels = None
OTHERS: Mapping[str, Labels] = {
    "ALERTS": ANY,
    "ALERTS_FOR_STATE": ANY,
    "up": frozenset(),
    "process_start_time_seconds": frozenset(),
    "scrape_duration_seconds": frozenset(),
    "scrape_samples_scraped": frozenset(),
    "prometheus_config_last_reload_success_timestamp_seconds": frozenset(),
    "prometheus_config_last_reload_successful": frozenset(),
    "prometheus_notifications_alertmanagers_discovered": frozenset(),
    "prometheus_notifications_dropped_total": frozenset(),
    "prometheus_notifications_errors_total": frozenset({"alertmanager"}),
    "prometheus_notifications_queue_capacity": frozenset(),
    "prometheus_notifications_queue_length": frozenset(),
    "prometheus_notifications_sent_total": frozenset({"alertmanager"}),
    "prometheus_rule_evaluation_failures_total": frozenset({"rule_group"}),
    "prometheus_rule_evaluations_total": frozenset({"rule_group"}),
    "prometheus_rule_group_interval_seconds": frozenset({"rule_group"}),
    "prometheus_rule_group_iterations_missed_total": frozenset({"rule_group"}),
    "prometheus_rule_group_iterations_total": frozenset({"rule_group"}),
    "prometheus_rule_group_last_duration_seconds": frozenset({"rule_group"}),
    "prometheus_rule_group_last_evaluation_timestamp_seconds": frozenset({"rule_group"}),
    "alertmanager_alerts": frozenset({"state"}),
    "alertmanager_alerts_received_total": frozenset({"status", "version"}),
    "alertmanager_cluster_failed_peers": frozenset(),
    "alertmanager_cluster_members": frozenset(),
    "alertmanager_config_hash": frozenset(),
    "alertmanager_config_last_reload_success_timestamp_seconds": frozenset(),
    "alertmanager_config_last_reload_successful": frozenset(),
    "alertmanager_notification_latency_seconds_bucket": frozenset({"integration", "le"}),
    "alertmanager_notification_requests_failed_total": frozenset({"integration"}),
    "alertmanager_notification_requests_total": frozenset({"integration"}),
    "alertmanager_notifications_failed_total": frozenset({"integration"}),
    "alertmanager_notifications_total": frozenset({"integration"}),
    "alertmanager_silences": frozenset({"state"}),
}
"""Series of Prometheus 2.42 and Alertmanager 0.25 themselves, as their own `/metrics` have them."""

_MAKES_LABELS = {"label_replace", "label_join"}
_KEEPS_NAMES = {"last_over_time"}


@cache
def series() -> Mapping[str, Labels]:
    """Name and labels of every series: the exporter's, those that rules record, and the others."""
    known: dict[str, Labels] = {}
    for family in market_families():
        known.update(_named(family.name, family.kind, family.labels))
    known.update(_of_telemetry(Telemetry()))
    known.update({name: None if labels is None else labels | TARGET for name, labels in _others()})
    return known


def rules() -> Iterator[Mapping[str, Any]]:
    """Every rule of every rule file, as it is written."""
    for path in sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def faults(query: str) -> list[str]:
    """What is wrong with a query, in sentences; empty if it parses and all it names exists."""
    try:
        tree = promql.parse(query)
    except ValueError as error:
        return [f"does not parse: {error}"]
    nodes = list(walked(tree))
    selectors = list(_selectors(nodes))
    known, found = series(), [fault for one in selectors for fault in _faults(one)]
    found += [fault for node in nodes for fault in _confused(node)]
    labels = [known.get(name) for one in selectors for name in names(one)]
    if None in labels or any(_makes_labels(node) for node in nodes):
        return found
    all_labels = frozenset({"__name__"}).union(*(one for one in labels if one is not None))
    named = {label for node in nodes for label in _joined_by(node)}
    return found + [f"no series of it has the label {name}" for name in sorted(named - all_labels)]


def walked(tree: promql.Expr) -> Iterator[promql.Expr]:
    """Every node of a query, selectors within ranges too."""
    nodes: list[promql.Expr] = []
    promql.walk(tree, nodes.append)
    yield from nodes


def matchers(query: str) -> Iterator[promql.Matcher]:
    """Every matcher of a query."""
    for selector in _selectors(walked(promql.parse(query))):
        yield from selector.matchers.matchers


def names(selector: promql.VectorSelector) -> list[str]:
    """The series that a selector is about; one that does not exist is among them."""
    if selector.name:
        return [selector.name]
    wanted = [one for one in selector.matchers.matchers if one.name == "__name__"]
    return [
        name
        for one in wanted
        for name in ([one.value] if one.op == promql.MatchOp.Equal else _like(one.value))
    ]


def _like(pattern: str) -> list[str]:
    return [name for name in series() if fullmatch(pattern, name)] or [pattern]


def _selectors(nodes: Iterable[promql.Expr]) -> Iterator[promql.VectorSelector]:
    for node in nodes:
        if isinstance(node, promql.VectorSelector):
            yield node


def _faults(selector: promql.VectorSelector) -> Iterator[str]:
    known = series()
    if selector.matchers.or_matchers:
        yield "`or` between matchers is unknown to Prometheus 2.42"
    about = names(selector)
    if not about:
        yield f"{selector.matchers} names no series"
    for name in about:
        labels = known.get(name, frozenset({""}))
        if name not in known:
            yield f"there is no series {name}"
        elif labels is not None:
            used = {one.name for one in selector.matchers.matchers} - {"__name__"}
            yield from (f"{name} has no label {label}" for label in sorted(used - labels))


def _confused(node: promql.Expr) -> Iterator[str]:
    """A function that drops names, on several of them, gives series that are told apart no more."""
    if not isinstance(node, promql.Call) or node.func.name in _KEEPS_NAMES:
        return
    for argument in node.args:
        ranged = isinstance(argument, promql.MatrixSelector)
        if ranged and len(about := names(argument.vector_selector)) > 1:
            yield f"{node.func.name} drops the names {' and '.join(about)}"


def _makes_labels(node: promql.Expr) -> bool:
    if isinstance(node, promql.Call):
        return node.func.name in _MAKES_LABELS
    return isinstance(node, promql.AggregateExpr) and "count_values" in str(node.op)


def _joined_by(node: promql.Expr) -> Iterator[str]:
    """Labels by which series are put together or told apart."""
    if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
        yield from node.modifier.labels
    if isinstance(node, promql.BinaryExpr) and node.modifier is not None:
        if node.modifier.matching is not None:
            yield from node.modifier.matching.labels
        yield from node.modifier.group_labels or ()


def _named(name: str, kind: str, labels: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
    own = frozenset(labels) | TARGET
    if kind == "histogram":
        yield f"{name}_bucket", own | {"le"}
        yield f"{name}_sum", own
        yield f"{name}_count", own
    else:
        yield f"{name.removesuffix('_total')}_total" if kind == "counter" else name, own


def _of_telemetry(telemetry: Telemetry) -> Iterator[tuple[str, frozenset[str]]]:
    for family in telemetry.registry.collect():
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        declared = getattr(family, "_labelnames", ())
        yield from _named(family.name, family.type, labels.union(declared))
    for metric in vars(telemetry).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            labels = set(metric._labelnames)  # noqa: SLF001 - the library tells them nowhere else
            yield from _named(family.name, family.type, labels)


def _others() -> Iterator[tuple[str, Labels]]:
    yield from OTHERS.items()
    for rule in rules():
        if "record" in rule:
            yield rule["record"], ANY
