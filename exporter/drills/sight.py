"""One look at the whole chain: what each part says at one moment. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

DRILLED = "drill-"
"""Stands before the name of each exchange in the sandbox's Prometheus."""

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Labels = Mapping[str, str]


class Page:
    """The exporter's page as text."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def values(self, name: str, **wanted: str) -> list[float]:
        """The values of a family's series that have these labels."""
        return [
            value
            for labels, value in self._series(name)
            if all(labels.get(key, "") == want for key, want in wanted.items())
        ]

    def _series(self, name: str) -> Iterator[tuple[Labels, float]]:
        for line in self._lines:
            if line.startswith(f"{name}{{"):
                labels, _, value = line.rpartition(" ")
                yield dict(_LABEL.findall(labels)), float(value)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of a rule or in Alertmanager: `name` as people know it.

    `receivers` are those of Alertmanager's routes, `muted` whether it is held back there.
    """

    name: str
    labels: Labels
    receivers: Sequence[str] = ()
    muted: bool = False

    @property
    def priority(self) -> str:
        """P1, P2, P3, or "" for what has none."""
        return self.labels.get("priority", "")

    @property
    def is_drill(self) -> bool:
        """Whether it is marked as a drill's."""
        return self.labels.get("drill") == "true"

    def __str__(self) -> str:
        about = (self.labels.get(name, "") for name in ("exchange", "instrument", "other"))
        where = " ".join(filter(None, about))
        return f"{self.name} ({self.priority or 'no priority'}){where and f' on {where}'}"


def alert(found: Labels, receivers: Sequence[str] = (), *, muted: bool = False) -> Alert:
    """An alert from its labels: Alertmanager knows by `alertname` what a rule calls `alert`."""
    return Alert(found.get("alert") or found.get("alertname", ""), found, receivers, muted)


class Message(NamedTuple):
    """What the receiver of a name was told: the title and the text, as a person reads them."""

    receiver: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Sight:
    """The exporter's page, the alerts that fire by the rules, those that Alertmanager has, and all
    messages since the incident began or ended."""

    page: Page
    rules: Sequence[Alert] = ()
    alerts: Sequence[Alert] = ()
    messages: Sequence[Message] = ()
