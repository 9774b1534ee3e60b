"""Alerts as the rule files of Prometheus define them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from exporter.paging.durations import seconds

MARKET = "market_alert"
"""The rule that stands for all alerts of alerts.yaml; the label `alert` says which."""
WIDE = "market_wide"


class Alert(NamedTuple):
    """A rule that alerts; `labels` are those that it gives, `pending` seconds before it fires."""

    name: str
    expression: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    pending: int

    @property
    def known(self) -> Mapping[str, str]:
        """The labels that each alert of it has, whatever it is about."""
        return {"alertname": self.name, **self.labels}


class Group(NamedTuple):
    """The alerts of a group of rules."""

    name: str
    alerts: tuple[Alert, ...]


def read_groups(files: Iterable[Mapping[str, Any]]) -> tuple[Group, ...]:
    """The groups that have alerts, of all rule files."""
    groups = [group for file in files for group in file["groups"]]
    read = (Group(group["name"], tuple(_alerts(group["rules"]))) for group in groups)
    return tuple(group for group in read if group.alerts)


def _alerts(rules: Iterable[Mapping[str, Any]]) -> Iterator[Alert]:
    for rule in rules:
        if "alert" in rule:
            said = (rule.get("labels", {}), rule["annotations"])
            yield Alert(rule["alert"], rule["expr"], *said, round(seconds(rule.get("for", "0s"))))
