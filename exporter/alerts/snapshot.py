"""What alerts must not lose over a restart, as text, and back. Pure.

A line with name, version, length and checksum, then JSON. Whoever changes the shape of what follows
counts `VERSION` up.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Self
from zlib import crc32

import msgspec

from exporter.alerts.alert import Alert, Life, Peak
from exporter.alerts.alerts import Alerts
from exporter.alerts.watch import Watch
from exporter.conditions import Condition
from exporter.detection.baseline import Baseline, BaselineState
from exporter.errors import ExporterError
from exporter.model import NANOSECONDS, Target
from exporter.transition import Reason, State, Transition

VERSION = 1
LIMIT_SECONDS = 600
"""Older ones say nothing of now any more."""
_AHEAD_SECONDS = 10
"""So much a clock may have been set back meanwhile."""

_NAME = b"market-quality-exporter alerts "
_HEADER = re.compile(re.escape(_NAME) + rb"(\d{1,9}) (\d{1,12}) (\d{1,10})")
_RATIO = re.compile(r"-?[0-9]{1,2000}/[1-9][0-9]{0,1999}")
_EMPTY = Life()


class SnapshotError(ExporterError):
    """A text is no snapshot that can be used; `kind` is why, in a word."""

    def __init__(self, kind: str, sentence: str) -> None:
        self.kind = kind
        super().__init__(sentence)


class KeptAlert(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An alert that has lived; the fields after the first four are those of its `Life`."""

    alert: str
    condition: Condition
    severity: str
    priority: str
    state: State = _EMPTY.state
    since: int | None = None
    held: int = 0
    bad: int = 0
    missing: int = 0
    firing_for: int = 0
    escalated: bool = False
    first: Fraction | None = None
    peak: Peak | None = None
    ended: Reason | None = None

    @classmethod
    def of(cls, alert: Alert) -> Self:
        """What to keep of an alert."""
        rule = alert.rule
        return cls(rule.id, rule.condition, rule.severity, rule.priority, *alert.life)

    @property
    def life(self) -> Life:
        """Its life."""
        return Life(*msgspec.structs.astuple(self)[4:])


class KeptBaseline(msgspec.Struct, frozen=True, gc=False):
    """A `BaselineState`; `shadow` is None where it holds the same samples as `ring`."""

    ring: Sequence[int]
    shadow: Sequence[int] | None
    frozen: int | None
    idle: int
    streak: int
    strict: bool
    clear: int
    missing: int

    @classmethod
    def of(cls, baseline: Baseline) -> Self:
        """What to keep of a baseline."""
        state = baseline.state()
        shadow = None if state.shadow == state.ring else state.shadow
        return cls(**{**state._asdict(), "shadow": shadow})

    @property
    def state(self) -> BaselineState:
        """Its state."""
        shadow = self.ring if self.shadow is None else self.shadow
        return BaselineState(**{**msgspec.structs.asdict(self), "shadow": shadow})


class KeptWatch(msgspec.Struct, frozen=True, gc=False):
    """A signal (its labels) of a target: its baseline, and those of its alerts that have lived."""

    signal: tuple[str, str, str]
    target: Target
    baseline: KeptBaseline | None
    alerts: Sequence[KeptAlert]


class Snapshot(msgspec.Struct, frozen=True):
    """All alerts after the whole second `time` (Unix ns).

    `sequence` is the number of the last transition, `owed` are those that the log may lack.
    """

    time: int
    sequence: int
    watches: Sequence[KeptWatch]
    owed: Sequence[Transition]

    def unusable(self, now: int) -> str:
        """Why alerts cannot go on from it at `now`; "" where they can."""
        seconds = (now - self.time) // NANOSECONDS
        if seconds >= LIMIT_SECONDS:
            return f"the snapshot is {seconds} seconds old, only one below {LIMIT_SECONDS} is used"
        if seconds < -_AHEAD_SECONDS:
            return f"the snapshot is {-seconds} seconds ahead of the clock"
        return ""


def taken(alerts: Alerts, owed: Sequence[Transition]) -> Snapshot:
    """All of these alerts, after their last step."""
    watches = [_kept(gauge.target, watch) for gauge, watch in alerts.watches]
    return Snapshot(alerts.now, alerts.sequence, [*filter(None, watches)], owed)


def restored(alerts: Alerts, snapshot: Snapshot, now: int) -> Sequence[Transition]:
    """Let alerts that have not stepped yet go on from a snapshot, at `now`.

    The seconds since count as seconds without data. What cannot go on, because its rule or target
    is not there any more, or because the snapshot is unusable, ends.
    """
    alerts.sequence = max(alerts.sequence, snapshot.sequence)
    alerts.now = (now - 1) // NANOSECONDS * NANOSECONDS
    if snapshot.unusable(now):
        return [
            alerts.number(_ended(watch, one, Reason.NO_DATA, now))
            for watch in snapshot.watches
            for one in watch.alerts
            if one.state is not State.INACTIVE
        ]
    missed = max(0, alerts.now - snapshot.time) // NANOSECONDS
    return list(_resumed(alerts, snapshot, missed, now))


def encoded(snapshot: Snapshot) -> bytes:
    """A snapshot as it is written."""
    body = msgspec.json.encode(snapshot, enc_hook=_fraction_text) + b"\n"
    return b"%b%d %d %d\n%b" % (_NAME, VERSION, len(body), crc32(body), body)


def decoded(data: bytes) -> Snapshot:
    """A snapshot from what was written. Raises SnapshotError for anything else."""
    header, newline, body = data.partition(b"\n")
    if not header.startswith(_NAME):
        if _NAME.startswith(data):
            raise SnapshotError("truncated", "it ends before it has begun")
        raise SnapshotError("foreign", "it is no snapshot of alerts")
    match = _HEADER.fullmatch(header)
    if not newline or match is None:
        raise SnapshotError("truncated", "its first line is not whole")
    version, length, checksum = map(int, match.groups())
    if version > VERSION:
        raise SnapshotError("newer", f"it has version {version}, this build reads up to {VERSION}")
    if len(body) < length:
        raise SnapshotError("truncated", f"it has {len(body)} of {length} bytes")
    if (version, len(body), crc32(body)) != (VERSION, length, checksum):
        raise SnapshotError("corrupt", "its content is not what was written")
    try:
        return msgspec.json.decode(body, type=Snapshot, dec_hook=_fraction)
    except msgspec.MsgspecError as error:
        raise SnapshotError("corrupt", f"it cannot be read: {error}") from error


def _kept(target: Target, watch: Watch) -> KeptWatch | None:
    """None where there is nothing to keep."""
    alerts = [KeptAlert.of(alert) for alert in watch.alerts if alert.life != _EMPTY]
    if watch.baseline is None and not alerts:
        return None
    baseline = None if watch.baseline is None else KeptBaseline.of(watch.baseline)
    return KeptWatch(watch.signal.labels(), target, baseline, alerts)


def _resumed(alerts: Alerts, snapshot: Snapshot, missed: int, now: int) -> Iterator[Transition]:
    watches = {(watch.signal.labels(), gauge.target): watch for gauge, watch in alerts.watches}
    for kept in snapshot.watches:
        watch = watches.get((kept.signal, kept.target))
        if watch is not None and watch.baseline is not None and kept.baseline is not None:
            watch.baseline.restore(kept.baseline.state)
            watch.baseline.miss(missed)
        known = {one.identity: one for one in (watch.alerts if watch else ())}
        for one in kept.alerts:
            alert = known.get((one.alert, one.condition))
            if alert is not None:
                for change in alert.restore(one.life, missed):
                    yield alerts.record(change, now)
            elif one.state is not State.INACTIVE:
                yield alerts.number(_ended(kept, one, Reason.DISABLED, now))


def _ended(watch: KeptWatch, one: KeptAlert, reason: Reason, now: int) -> Transition:
    """The end of an alert of which nothing is left but what was kept."""
    return Transition(
        time=now,
        sequence=0,
        alert=one.alert,
        target=watch.target,
        severity=one.severity,
        priority=one.priority,
        before=one.state,
        after=State.INACTIVE,
        reason=reason,
        value=None,
        threshold=None,
        z=None,
        mean=None,
        deviation=None,
    )


def _fraction_text(value: Any) -> str:
    return f"{value.numerator}/{value.denominator}"


def _fraction(_kind: type, text: Any) -> Fraction:
    """Raises ValueError where it is none."""
    if not isinstance(text, str) or not _RATIO.fullmatch(text):
        raise ValueError("a fraction is written `1/3`")
    return Fraction(text)
