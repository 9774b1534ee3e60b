"""Rules of Prometheus as rules of Grafana: one for each alert, and one for Prometheus itself.

A rule that cannot be evaluated keeps its state, and one of its own says so: a broken data source
neither pages each market nor ends what fires. But for the watchdog: it must stop.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from exporter.paging.grafana import texts
from exporter.paging.grafana.alerts import MARKET, Alert, read_groups
from exporter.paging.grafana.expressions import LOOK, described, firing, number, of_market
from exporter.paging.grafana.matchers import Inhibition

DATASOURCE = "market-prometheus"
"""The uid of the data source, as it is provisioned."""
FOLDER = "Market quality alerts"
_EXPRESSION = "__expr__"
_WATCHDOG, _BLIND = "watchdog", "watchdog_silent"
_FIRES, _CONDITION = "A", "condition"
_BLIND_SECONDS = 30
_RANKS: Mapping[str, int] = {"market": 0, "health": 1}
_LAST = 2
"""At each look Grafana spreads its rules over ten seconds in the order of their uids."""

Rule = dict[str, Any]


def groups(
    files: Iterable[Mapping[str, Any]], inhibitions: Sequence[Inhibition], runbooks: str
) -> list[dict[str, Any]]:
    """A group for each group of these rule files that has alerts, and one for Prometheus itself.

    `runbooks` is the address below which there is a page for each alert.
    """
    read = read_groups(files)
    alerts = [alert for group in read for alert in group.alerts]

    def made(alert: Alert) -> Rule:
        return _of(alert, firing(alert, inhibitions, alerts), runbooks)

    found = [_group(group.name, map(made, group.alerts)) for group in read]
    return [*found, _group("grafana", [_blind(runbooks)])]


def _group(name: str, rules: Iterable[Rule]) -> dict[str, Any]:
    place = {"orgId": 1, "name": name, "folder": FOLDER}
    return {**place, "interval": f"{LOOK}s", "rules": list(rules)}


def _of(alert: Alert, asked: str, runbooks: str) -> Rule:
    told = _annotations(alert)
    queries = {_FIRES: asked}
    if alert.name == MARKET:
        queries |= dict(_numbers_of_market(alert))
    elif any(map(texts.uses_number, told.values())):
        queries[texts.NUMBER] = number(alert.expression)
    page = "alert" if alert.name == MARKET else "alertname"
    told["runbook_url"] = f"{runbooks}/{{{{ $labels.{page} }}}}"
    made = _rule(alert.name, queries, "gt", alert.labels, told)
    return {**made, "noDataState": "OK", "execErrState": "OK"} if alert.name == _WATCHDOG else made


def _annotations(alert: Alert) -> dict[str, str]:
    """Its sentences. Where its description cannot be told, its summary stands for that, too."""
    summary = texts.sentence(alert.annotations["summary"])
    assert summary is not None, f"the summary of {alert.name} must not ask Prometheus"
    if alert.name == MARKET:
        return {"summary": summary, "description": texts.MARKET_DESCRIPTION}
    description = texts.sentence(alert.annotations["description"])
    return {"summary": summary, "description": description or summary}


def _numbers_of_market(alert: Alert) -> Iterator[tuple[str, str]]:
    for ref, series in texts.FIGURES.items():
        asked = of_market(alert, series)
        yield ref, number(described(asked) if ref == texts.NUMBER else asked)


def _blind(runbooks: str) -> Rule:
    """Without an answer, or without our rules, nothing else would say that nothing is told."""
    asked = f'count(ALERTS{{alertname="{_WATCHDOG}",alertstate="firing"}}) or vector(0)'
    labels = {"alert": _WATCHDOG, "kind": "paging", "severity": "critical", "priority": "P1"}
    told = {
        "summary": "Prometheus does not answer Grafana, or does not evaluate our rules",
        "description": f"For {_BLIND_SECONDS} seconds no alert could be seen to begin or to end.",
        "runbook_url": f"{runbooks}/{_WATCHDOG}",
    }
    rule = _rule(_BLIND, {_FIRES: asked}, "lt", labels, told)
    states = {"noDataState": "Alerting", "execErrState": "Alerting"}
    return {**rule, **states, "for": f"{_BLIND_SECONDS}s"}


def _rule(
    name: str,
    queries: Mapping[str, str],
    how: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
) -> Rule:
    """`how` the first query is compared: `gt` 0, or `lt` 1."""
    limit = {"gt": 0, "lt": 1}[how]
    return {
        "uid": f"{_RANKS.get(labels['kind'], _LAST)}-market-{name}",
        "title": name,
        "condition": _CONDITION,
        "for": "0s",
        "noDataState": "KeepLast",
        "execErrState": "KeepLast",
        "labels": dict(labels),
        "annotations": dict(annotations),
        "data": [*(_query(*one) for one in queries.items()), _threshold(how, limit)],
    }


def _query(ref: str, expression: str) -> dict[str, Any]:
    asked = {"refId": ref, "expr": expression, "instant": True, "range": False}
    return _node(ref, DATASOURCE, asked)


def _threshold(how: str, limit: int) -> dict[str, Any]:
    evaluator = {"type": how, "params": [limit]}
    asked = {
        "refId": _CONDITION,
        "type": "threshold",
        "expression": _FIRES,
        "conditions": [{"evaluator": evaluator}],
    }
    return _node(_CONDITION, _EXPRESSION, asked)


def _node(ref: str, source: str, model: Mapping[str, Any]) -> dict[str, Any]:
    """The span is what Grafana wants to be told; an instant query looks at its end alone."""
    span = {"from": 600, "to": 0}
    return {
        "refId": ref,
        "relativeTimeRange": span,
        "datasourceUid": source,
        "model": {**model, "datasource": {"uid": source}},
    }
