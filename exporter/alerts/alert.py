"""The life of one alert: inactive, pending, firing, and back. Pure; a step is one second."""

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from exporter.alerts.judgement import Judgement
from exporter.alerts.rule import Rule
from exporter.conditions import Condition
from exporter.model import Target
from exporter.transition import Reason, State


class Change(NamedTuple):
    """What a step did to an alert, and what was known then."""

    alert: "Alert"
    before: State
    after: State
    reason: Reason
    judgement: Judgement | None


class Peak(NamedTuple):
    """The farthest value of a run, and when it was."""

    value: Fraction
    time: int


class Life(NamedTuple):
    """Everything of an alert that must survive a restart. Times are Unix ns, spans seconds.

    `held` and `firing_for` count only seconds with data; `missing` those without, in a row.
    """

    state: State = State.INACTIVE
    since: int | None = None
    held: int = 0
    bad: int = 0
    missing: int = 0
    firing_for: int = 0
    escalated: bool = False
    first: Fraction | None = None
    peak: Peak | None = None
    ended: Reason | None = None


class Alert:
    """One rule on one target.

    Missing data neither fires nor clears it: its clock stands still, for `patience` seconds at
    most. Where more are missing, as after a restart, it ends even if data are there again.
    """

    def __init__(self, rule: Rule, target: Target, patience: int) -> None:
        self.rule = rule
        self.target = target
        self.life = Life()
        self.judgement: Judgement | None = None
        """What was made of the last second; None before the first."""
        self.entered: Counter[State] = Counter()
        """How often it came into each state."""
        self.endings: Counter[Reason] = Counter()
        """How often it stopped firing, by reason."""
        self.seconds_firing = 0
        self._patience = patience

    @property
    def identity(self) -> tuple[str, Condition]:
        """What makes it the same alert of its signal and target under another configuration."""
        return self.rule.id, self.rule.condition

    def succeed(self, other: "Alert") -> None:
        """Go on where the same alert was under another configuration."""
        self.life, self.judgement = other.life, other.judgement
        self.entered, self.endings = other.entered, other.endings
        self.seconds_firing = other.seconds_firing

    @property
    def running(self) -> bool:
        """Whether it is pending or firing."""
        return self.life.state is not State.INACTIVE

    @property
    def firing(self) -> bool:
        """Whether it is firing."""
        return self.life.state is State.FIRING

    def take(self, judgement: Judgement, now: int) -> list[Change]:
        """The next second."""
        self.judgement = judgement
        self.seconds_firing += self.firing
        if judgement.met is None or self.life.missing > self._patience:
            return self._wait(now)
        if not self.running and not judgement.met:
            return []
        life = self.life
        passed = int(self.running)
        self.life = life = life._replace(
            held=life.held + passed,
            firing_for=life.firing_for + int(self.firing),
            bad=0 if judgement.met else life.bad + 1,
            missing=0,
        )
        if life.bad > self.rule.tolerance:
            return [self.end(Reason.CLEARED, now)]
        if not self.running:
            self.life = life = life._replace(first=judgement.value, peak=None, ended=None)
        self._climb(judgement, now)
        return self._rise(now)

    def end(self, reason: Reason, now: int) -> Change:
        """It is over, for this reason."""
        before = self.life
        self.entered[State.INACTIVE] += 1
        self.endings[reason] += before.state is State.FIRING
        self.life = Life(since=now, first=before.first, peak=before.peak, ended=reason)
        return Change(self, before.state, State.INACTIVE, reason, self.judgement)

    def restore(self, life: Life, missed: int) -> list[Change]:
        """Go on from what was kept, after so many seconds that nobody saw."""
        self.life = life
        if not self.running:
            return []
        self.life = life._replace(missing=life.missing + missed)
        return [Change(self, life.state, life.state, Reason.RESTORED, None)]

    def escalate(self) -> Change:
        """It has fired for so long that it pages."""
        self.life = self.life._replace(escalated=True)
        return Change(self, State.FIRING, State.FIRING, Reason.ESCALATED, self.judgement)

    def _wait(self, now: int) -> list[Change]:
        if not self.running:
            return []
        self.life = self.life._replace(missing=self.life.missing + 1)
        return [self.end(Reason.NO_DATA, now)] if self.life.missing > self._patience else []

    def _rise(self, now: int) -> list[Change]:
        """Pending where it must hold first, firing once it has held."""
        before, held = self.life.state, self.life.held >= self.rule.persistence
        after = State.FIRING if held else State.PENDING
        if before in (after, State.FIRING):
            return []
        self.life = self.life._replace(state=after, since=now)
        self.entered[after] += 1
        reason = Reason.HELD if before is State.PENDING else Reason.CONDITIONS_MET
        return [Change(self, before, after, reason, self.judgement)]

    def _climb(self, judgement: Judgement, now: int) -> None:
        value, peak = judgement.value, self.life.peak
        if value is None:
            return
        if peak is None or _farther(self.rule.condition, value, peak.value):
            self.life = self.life._replace(peak=Peak(value, now))


def _farther(condition: Condition, value: Fraction, than: Fraction) -> bool:
    if condition is Condition.ABSOLUTE:
        return abs(value) > abs(than)
    return condition.milder(than, value)
