"""Why an alert is where it is: what was compared with what, what holds, how far it is from firing.

Everything here is a picture of the last whole second that was judged; nothing is evaluated anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from exporter.alerts.alert import Alert
from exporter.alerts.alerts import Alerts
from exporter.alerts.checks import (
    Distance,
    Hold,
    ScoreCheck,
    ThresholdCheck,
    distance,
    hold,
    score_check,
    threshold_check,
)
from exporter.alerts.past import Run, last_run
from exporter.alerts.watch import Watch
from exporter.model import Target
from exporter.signals import SIGNALS, SignalKey
from exporter.transition import State, Transition

NOT_EVALUATED = "not_evaluated"
"""The reason before the first whole second."""

_TOLD = 10
"""So many of an alert's last transitions are told."""


class Standing(StrEnum):
    """A state as somebody who looks after markets sees it, what concerns most first."""

    FIRING = "firing"
    PENDING = "pending"
    UNKNOWN = "unknown"
    """Inactive, and not known whether it should be."""
    INACTIVE = "inactive"

    @property
    def rank(self) -> int:
        """Its place in that order, from 0."""
        return list(Standing).index(self)


class Wanted(NamedTuple):
    """Which alerts are asked for; "" stands for all."""

    alert: str = ""
    exchange: str = ""
    instrument: str = ""
    other: str = ""

    def includes(self, name: str, target: Target) -> bool:
        """Whether an alert of this name and target is asked for."""
        return all(not want or want == has for want, has in zip(self, (name, *target), strict=True))


class Subject(NamedTuple):
    """An alert and the watch that it belongs to."""

    watch: Watch
    alert: Alert

    @property
    def name(self) -> tuple[str, Target]:
        """What tells it from all others."""
        return self.alert.rule.id, self.alert.target


Changes = Mapping[tuple[str, Target], Sequence[Transition]]
"""The last transitions by alert, newest first."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One alert at `now` (Unix ns). Values are in the unit of the signal, None where unknown.

    `unknown` is why it could not be evaluated, "" where it could. `degraded`: from polled data,
    which are judged but not learnt from. `peak` is the farthest value of this run or the last and
    when it was. `transitions` are the last ones, newest first.
    """

    now: int
    alert: str
    family: str
    severity: str
    priority: str
    escalated: bool
    target: Target
    signal: SignalKey
    state: State
    since: int | None
    unknown: str
    degraded: bool
    threshold: ThresholdCheck
    score: ScoreCheck | None
    hold: Hold
    distance: Distance | None
    peak: tuple[float, int] | None
    last_run: Run | None
    transitions: Sequence[Transition]

    @property
    def standing(self) -> Standing:
        """Its state, or unknown where it is inactive and could not be evaluated."""
        return _standing(self.state, self.unknown)

    @property
    def unit(self) -> str:
        """The unit of the signal."""
        return SIGNALS[self.signal.name].unit

    @property
    def about(self) -> str:
        """What the signal is, in words."""
        return SIGNALS[self.signal.name].help


def select(alerts: Alerts, wanted: Wanted = Wanted()) -> list[Subject]:  # noqa: B008 - immutable
    """The alerts that are asked for, signal by signal."""
    return [
        Subject(watch, alert)
        for _, watch in alerts.watches
        for alert in watch.alerts
        if wanted.includes(alert.rule.id, alert.target)
    ]


def standing(alert: Alert) -> Standing:
    """How an alert stands, without the rest of its explanation."""
    return _standing(alert.life.state, unknown(alert))


def unknown(alert: Alert) -> str:
    """Why an alert could not be evaluated at the last second; "" where it could."""
    judgement = alert.judgement
    if judgement is None:
        return NOT_EVALUATED
    return "" if judgement.met is not None else judgement.unknown or NOT_EVALUATED


def changes(last: Iterable[Transition]) -> Changes:
    """Transitions, oldest first, sorted by alert, newest first."""
    sorted_: dict[tuple[str, Target], list[Transition]] = {}
    for one in last:
        sorted_.setdefault((one.alert, one.target), []).insert(0, one)
    return sorted_


def explain(subject: Subject, last: Changes, now: int) -> Explanation:
    """The explanation of one alert at pipeline time `now`."""
    watch, alert = subject
    rule, life = alert.rule, alert.life
    own = last.get(subject.name, ())
    threshold = threshold_check(alert, watch.sample)
    score = score_check(alert, watch)
    holding = hold(alert)
    return Explanation(
        now=now,
        alert=rule.id,
        family=rule.family,
        severity=rule.severity,
        priority=rule.priority,
        escalated=life.escalated,
        target=alert.target,
        signal=rule.signal,
        state=life.state,
        since=life.since,
        unknown=unknown(alert),
        degraded=watch.sample is not None and watch.sample.degraded,
        threshold=threshold,
        score=score,
        hold=holding,
        distance=None if alert.firing else distance(alert, threshold, score, holding),
        peak=None if life.peak is None else (float(life.peak.value), life.peak.time),
        last_run=None if alert.running else last_run(life, own, rule.tolerance),
        transitions=tuple(own[:_TOLD]),
    )


def _standing(state: State, missing: str) -> Standing:
    if state is State.INACTIVE and missing:
        return Standing.UNKNOWN
    return Standing(state)
