"""What became of an alert in the last minutes: its runs and its states. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from exporter.alerts.alert import Life
from exporter.model import NANOSECONDS
from exporter.transition import Reason, State, Transition


class Run(NamedTuple):
    """A run that is over: pending or firing from `start` to `end` (Unix ns).

    `held` is the seconds from the first sample that met the conditions to the last, missing ones
    among them. `start`, `held` and `fired` are None where its beginning is no longer remembered.
    """

    start: int | None
    end: int
    held: int | None
    fired: bool | None
    reason: Reason


class Span(NamedTuple):
    """An alert was in `state` from `start` to `end` (Unix ns)."""

    state: State
    start: int
    end: int


def last_run(life: Life, changes: Sequence[Transition], tolerance: int) -> Run | None:
    """The last run of an inactive alert; None where there was none.

    `changes` are its transitions, newest first.
    """
    if life.ended is None or life.since is None:
        return None
    end, reason = life.since, life.ended
    fired = False
    for change in _of_last_run(changes, end):
        fired = fired or State.FIRING in (change.before, change.after)
        if change.before is State.INACTIVE:
            failed = tolerance + 1 if reason is Reason.CLEARED else 0
            held = max(0, (end - change.time) // NANOSECONDS - failed)
            return Run(change.time, end, held, fired, reason)
    return Run(None, end, None, fired or None, reason)


def spans(life: Life, changes: Sequence[Transition], start: int, end: int) -> list[Span]:
    """Its states from `start` to `end`, oldest first, as far back as they are remembered."""
    return list(_backwards(life, changes, start, end))[::-1]


def _of_last_run(changes: Sequence[Transition], end: int) -> Iterator[Transition]:
    """The transitions of the run that ended then, newest first."""
    if not changes or changes[0].after is not State.INACTIVE or changes[0].time != end:
        return
    for place, change in enumerate(changes):
        if place and change.after is State.INACTIVE:
            return
        yield change


def _backwards(life: Life, changes: Sequence[Transition], start: int, end: int) -> Iterator[Span]:
    state, until = life.state, end
    moves = [change for change in changes if change.before is not change.after]
    for change in moves:
        begin = max(start, change.time)
        if begin < until:
            yield Span(state, begin, until)
        state, until = change.before, min(until, begin)
        if change.time <= start:
            return
    begin = start if moves else max(start, life.since or start)
    if begin < until:
        yield Span(state, begin, until)
