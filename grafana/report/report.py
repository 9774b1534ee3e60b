"""What was asked of Prometheus for all dashboards, what came back, and the totals of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grafana.report.answers import Answer
from grafana.report.asked import Asked, Kind, panels
from grafana.report.span import Span
from grafana.report.why import reason

One = tuple[Asked, Answer]


@dataclass(frozen=True)
class Seen:
    """A dashboard's JSON, the values of its variables, and each of its queries with its answer."""

    board: Mapping[str, Any]
    values: Mapping[str, str]
    got: Sequence[One]

    @property
    def uid(self) -> str:
        """The dashboard's address."""
        return str(self.board["uid"])

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self.board["title"])

    @property
    def panels(self) -> Sequence[Mapping[str, Any]]:
        """In their order."""
        return panels(self.board)

    def of(self, panel: Mapping[str, Any]) -> Sequence[One]:
        """What a panel got."""
        return [one for one in self.got if one[0].panel == panel["id"]]

    def other(self, kind: Kind) -> Sequence[One]:
        """What belongs to no panel."""
        return [one for one in self.got if one[0].kind is kind]

    @property
    def cost(self) -> float:
        """Seconds that a refresh takes, its queries one after the other; variables are asked for
        only when the dashboard is opened or its range changes."""
        return sum(answer.seconds for asked, answer in self.got if asked.kind is not Kind.VARIABLE)


@dataclass(frozen=True)
class Report:
    """All dashboards on one server over one span.

    `names` are those of all series that were there; `reasons` say why a panel may rightly be
    empty, by dashboard and title.
    """

    server: str
    span: Span
    seen: Sequence[Seen]
    names: frozenset[str] = frozenset()
    reasons: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def got(self) -> Iterator[One]:
        """Every query of every dashboard."""
        for seen in self.seen:
            yield from seen.got

    @property
    def panels(self) -> int:
        """How many there are."""
        return sum(len(seen.panels) for seen in self.seen)

    @property
    def failed(self) -> Sequence[One]:
        """What was refused or not answered in time."""
        return [one for one in self.got() if one[1].error]

    @property
    def nothing(self) -> Sequence[One]:
        """What returned no series."""
        return [one for one in self.got() if one[1].nothing]

    @property
    def empty(self) -> int:
        """How many panels got nothing at all, for whatever reason."""
        answers = [
            [found for _, found in seen.of(one)] for seen in self.seen for one in seen.panels
        ]
        return sum(bool(each) and not any(one.series for one in each) for each in answers)

    def slowest(self, count: int) -> Sequence[One]:
        """The longest first."""
        return sorted(self.got(), key=lambda one: -one[1].seconds)[:count]

    def grouped(self, got: Iterable[One]) -> Sequence[tuple[str, Sequence[One]]]:
        """What of it returned nothing, by panel and reason."""
        alike: dict[tuple[str, int, str, str], list[One]] = {}
        for asked, answer in got:
            if answer.nothing:
                key = (asked.dashboard, asked.panel, asked.title, self._why(asked))
                alike.setdefault(key, []).append((asked, answer))
        return [(key[-1], found) for key, found in alike.items()]

    def _why(self, asked: Asked) -> str:
        """Why it returned nothing, as far as is known."""
        known = self.reasons.get((asked.dashboard, asked.title))
        found = reason(asked.expr, self.names)
        return f"{known} ({found})" if known and found else known or found


def points(answer: Answer) -> int:
    """How many values there are in all series."""
    return sum(len(found) for _, found in answer.series)
