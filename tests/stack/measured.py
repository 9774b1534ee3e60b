"""From the exporter's own transition to a receiver: each way that was gone, as a table."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from tests.stack.receivers import Message
from tests.stack.stack import Change, Stack

_NANOSECONDS = 1e9


class Way(NamedTuple):
    """A message and the transition that it is about; times are Unix seconds."""

    alert: str
    market: str
    place: str
    status: str
    left: float
    came: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.came - self.left


def ways(it: Stack, *, place: str | None = None, status: str | None = None) -> list[Way]:
    """All that was told of market alerts by webhook, where the labels can be read."""
    changes = it.changes()
    return [
        way
        for message in it.messages(kind="webhook", place=place, status=status)
        if message.labels.get("kind") == "market" and (way := _way(message, changes))
    ]


def table(gone: Sequence[Way]) -> str:
    """A line for each, then the median and the worst."""
    lines = [
        f"{way.place:5} {way.status:8} {way.alert:26} {way.market:34} {way.left % 3600:9.2f} "
        f"{way.came % 3600:9.2f} {way.seconds:6.2f} s"
        for way in gone
    ]
    seconds = [way.seconds for way in gone]
    if seconds:
        lines.append(f"{len(gone)} ways: p50 {median(seconds):.2f} s, worst {max(seconds):.2f} s")
    return "\n".join(lines)


def _way(message: Message, changes: Sequence[Change]) -> Way | None:
    """The last transition before a message that it can be about."""
    labels, came = message.labels, message.time / _NANOSECONDS
    about = [
        change
        for change in changes
        if change.time <= came
        and change.alert == labels["alertname"]
        and (change.exchange, change.instrument, change.other)
        == tuple(labels.get(name, "") for name in ("exchange", "instrument", "other"))
        and change.after == ("inactive" if message.status == "resolved" else "firing")
    ]
    if message.status == "firing":
        about = [one for one in about if (one.reason == "escalated") == ("escalated" in labels)]
    if not about:
        return None
    last = about[-1]
    market = " ".join(filter(None, (last.exchange, last.instrument, last.other)))
    return Way(last.alert, market, message.place, message.status, last.time, came)
