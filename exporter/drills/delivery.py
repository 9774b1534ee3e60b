"""Whether a real Alertmanager takes a drill's alert, and delivers it. Pure but the requests.

What its receiver does with a message cannot be seen from here; that its service took the message
can: Alertmanager counts the requests that it makes by each integration, and those that fail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.drills.asking import Asking
from exporter.drills.goals import ALERTMANAGER, Goal
from exporter.drills.plan import Expected
from exporter.drills.sandbox import alerts_of
from exporter.drills.sight import Alert, Page
from exporter.timestamps import timestamp

DELIVERED = "delivered"
_MADE = "alertmanager_notification_requests_total"
_FAILED = "alertmanager_notification_requests_failed_total"
_TEXT = (
    "[DRILL] Nothing is wrong: this was sent to see whether it arrives, and will be over soon. "
    "Whoever reads it may say so to whoever drills."
)


@dataclass(frozen=True, slots=True)
class Look:
    """The alerts that an Alertmanager has, and the page of its own metrics."""

    alerts: Sequence[Alert]
    page: Page


@dataclass(frozen=True, slots=True)
class Marked:
    """The alert of a drill for a real Alertmanager: `mark` is the value of its label drill."""

    expected: Expected
    mark: str

    @property
    def labels(self) -> Mapping[str, str]:
        """All labels that a real one has, and the mark."""
        named = {"alertname": self.expected.alert, "job": "market-exporter"}
        return {**named, **self.expected.labels, **self.expected.drilled, "drill": self.mark}

    def content(self, begins: int, ends: int) -> list[dict[str, object]]:
        """What Alertmanager is sent; times in Unix ns. It is over by itself at `ends`."""
        where = " ".join(list(self.expected.drilled.values())[:-1])
        annotations = {"summary": f"{self.expected.alert}: {where}", "description": _TEXT}
        return [
            {
                "labels": dict(self.labels),
                "annotations": annotations,
                "startsAt": timestamp(begins),
                "endsAt": timestamp(ends),
            }
        ]

    def found(self, alerts: Sequence[Alert]) -> Alert | None:
        """The same as Alertmanager has it."""
        return next((one for one in alerts if one.labels == self.labels), None)


async def look(alertmanager: Asking) -> Look:
    """What it has and says now."""
    return Look(await alerts_of(alertmanager), Page(await alertmanager.text("/metrics")))


def arrives(
    marked: Marked, receiver: str, ways: Sequence[str], before: Page
) -> tuple[Goal[Look], ...]:
    """It is active for this receiver alone, and each of its integrations has delivered."""

    def active(look: Look) -> str:
        found = marked.found(look.alerts)
        if found is None or found.muted or list(found.receivers) != [receiver]:
            return ""
        return f"active, for {receiver}"

    return Goal(ALERTMANAGER, active), _delivered(ways, before)


def is_over(marked: Marked, ways: Sequence[str], before: Page) -> tuple[Goal[Look], ...]:
    """It is gone, and its end was delivered by those that are told of ends."""

    def gone(look: Look) -> str:
        return "" if marked.found(look.alerts) else "it is gone"

    return Goal(ALERTMANAGER, gone), *([_delivered(ways, before)] if ways else [])


@dataclass(frozen=True, slots=True)
class Faults:
    """Who else would be told of it, what holds it back, and what could not be delivered."""

    marked: Marked
    receiver: str
    ways: Sequence[str]
    before: Page

    def __call__(self, look: Look) -> Iterator[str]:
        """What is wrong by this look, in sentences that begin with the stage."""
        found = self.marked.found(look.alerts)
        if found is not None:
            if others := [name for name in found.receivers if name != self.receiver]:
                yield f"{ALERTMANAGER}: it goes to {', '.join(others)}"
            if found.muted:
                yield f"{ALERTMANAGER}: it is held back by a silence or by another alert"
        for way in self.ways:
            if _count(look.page, _FAILED, way) > _count(self.before, _FAILED, way):
                yield f"{DELIVERED}: a request by {way} failed; Alertmanager's log says why"


def unproven(ways: Sequence[str], always_told: Sequence[str]) -> list[str]:
    """What cannot be seen to be delivered, as its way is also that of messages that never stop."""
    return [
        f"{DELIVERED}: the watchdog is told by {way}, too, so that it may have been its message"
        for way in ways
        if way in always_told
    ]


def _delivered(ways: Sequence[str], before: Page) -> Goal[Look]:
    def seen(look: Look) -> str:
        done = [way for way in ways if _taken(look.page, way) > _taken(before, way)]
        return f"taken by {', '.join(done)}" if len(done) == len(ways) else ""

    return Goal(DELIVERED, seen)


def _taken(page: Page, way: str) -> float:
    return _count(page, _MADE, way) - _count(page, _FAILED, way)


def _count(page: Page, name: str, way: str) -> float:
    return sum(page.values(name, integration=way))
