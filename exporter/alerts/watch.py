"""One signal of one target, its baseline, and the alerts that look at it. Pure."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from exporter.alerts.alert import Alert, Change
from exporter.alerts.history import History
from exporter.alerts.judgement import judged
from exporter.detection.baseline import Baseline, Score, Verdict
from exporter.detection.window import NANO
from exporter.metrics.sample import Sample
from exporter.signals import SignalKey
from exporter.transition import Reason

Limit = Callable[[Alert], Fraction]
"""The threshold in force for an alert now."""


class Watch:
    """A signal under watch. `baseline` is None where no rule asks for a z-score.

    All its alerts share the baseline; whichever of those that ask for a z is met first freezes it.
    """

    def __init__(self, alerts: Sequence[Alert], baseline: Baseline | None) -> None:
        self.alerts = alerts
        self.baseline = baseline
        self.sample: Sample | None = None
        self.score: Score | None = None
        self.history = History()
        self._scored = [alert for alert in alerts if alert.rule.z is not None]

    @property
    def signal(self) -> SignalKey:
        """What is watched."""
        return self.alerts[0].rule.signal

    def succeed(self, other: "Watch") -> list[Alert]:
        """Go on where another watch of the same signal and target is.

        Returns the alerts of it that none of these goes on from.
        """
        self.history = other.history
        self.sample, self.score = other.sample, other.score
        if self.baseline is not None and other.baseline is not None:
            self.baseline.restore(other.baseline.state())
            self.baseline.new_regimes = other.baseline.new_regimes
        left = {alert.identity: alert for alert in other.alerts}
        for alert in self.alerts:
            if (before := left.pop(alert.identity, None)) is not None:
                alert.succeed(before)
        return list(left.values())

    def step(self, sample: Sample, now: int, limit: Limit) -> list[Change]:
        """One second: judge the sample, let the alerts live on, teach the baseline."""
        self.sample = sample
        self.score = score = self._score(sample)
        self.history.push(now, sample, score.z if score else None)
        changes: list[Change] = []
        for alert in self.alerts:
            asked = score if alert.rule.z is not None else None
            judgement = judged(alert.rule, sample, asked, limit(alert), firing=alert.firing)
            changes += alert.take(judgement, now)
        return changes + self._learn(sample, now)

    def _score(self, sample: Sample) -> Score | None:
        if self.baseline is None or sample.value is None:
            return None
        return self.baseline.score(_nano(sample.value), _nano(sample.resolution))

    def _learn(self, sample: Sample, now: int) -> list[Change]:
        baseline = self.baseline
        if baseline is None:
            return []
        if sample.value is None:
            baseline.miss()
            return []
        verdict = self._verdict(sample.value)
        if not baseline.take(_nano(sample.value), verdict, learn=not sample.degraded):
            return []
        return [alert.end(Reason.NEW_REGIME, now) for alert in self._scored if alert.running]

    def _verdict(self, value: Fraction) -> Verdict:
        scored = self._scored
        return Verdict(
            conjunction=any(alert.judgement and alert.judgement.met for alert in scored),
            beyond=any(_beyond(alert, value) for alert in scored),
            running=any(alert.running for alert in scored),
            firing=any(alert.firing for alert in scored),
        )


def _beyond(alert: Alert, value: Fraction) -> bool:
    """Beyond where the alert would clear, by its own threshold whatever regime loosens it."""
    rule = alert.rule
    threshold = rule.threshold(alert.target.instrument)
    return threshold is not None and rule.condition.met(value, rule.condition.eased(threshold))


def _nano(value: Fraction) -> int:
    return value.numerator * NANO // value.denominator
