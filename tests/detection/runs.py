"""Runs of the shipped rules on a made signal, second by second, through the real watch."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import fields
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, Self

from exporter.alerts.alert import Alert
from exporter.alerts.configured import rules
from exporter.alerts.rule import Rule
from exporter.alerts.watch import Watch
from exporter.detection.baseline import Baseline, BaselineRules
from exporter.detection.window import NANO
from exporter.metrics.sample import LEG_MISSING, Sample
from exporter.model import Target
from exporter.transition import Reason, State
from tests.detection.noise import Noise
from tests.shared import shipped

Kind = Callable[[BaselineRules], Baseline]
"""The baseline itself, or what is put in its place."""

PERP = Target("binance", "BTC-USDT-PERP")
NORMAL = 2.0
"""The clean level, in bps."""

_PATIENCE = 300


class Strict(Rule):
    """A rule that must be met by every sample."""

    @property
    def tolerance(self) -> int:
        """None at all."""
        return 0


_RULES = {rule.id: rule for rule in rules(shipped().alerts)}
_STRICT = {
    name: Strict(**{field.name: getattr(rule, field.name) for field in fields(rule)})
    for name, rule in _RULES.items()
}
BASIS = ("basis_warning", "basis_critical")
SPREAD = ("spread_warning", "spread_critical")


class Event(NamedTuple):
    """A change of an alert, so many seconds after the onset."""

    second: int
    alert: str
    after: State
    reason: Reason


class Run:
    """One series: noise of deviation `sd` around the levels that it is led through."""

    def __init__(
        self,
        seed: int,
        sd: float,
        kind: Kind = Baseline,
        looking: Iterable[str] = BASIS,
        *,
        tolerant: bool = True,
    ) -> None:
        known = _RULES if tolerant else _STRICT
        self.alerts = [Alert(known[name], PERP, _PATIENCE) for name in looking]
        self.baseline = kind(BaselineRules())
        self.events: list[Event] = []
        self.frozen = 0
        """Seconds for which the baseline has been frozen."""
        self._watch = Watch(self.alerts, self.baseline)
        self._noise = Noise(seed)
        self._sd = sd
        self._lived = self._onset = 0

    def fork(self) -> Self:
        """A run with the same past and a future of its own."""
        return deepcopy(self)

    def begin(self) -> Self:
        """What follows is counted from now."""
        self._onset = self._lived
        return self

    def live(self, levels: Iterable[float | None]) -> Self:
        """A second at each level; None is a second without data."""
        for level in levels:
            value = self._sd * self._noise.next()
            sample = LEG_MISSING if level is None else Sample(_exact(level + value))
            changes = self._watch.step(sample, self._lived * NANO, _limit)
            second = self.seconds
            self.events += [Event(second, c.alert.rule.id, c.after, c.reason) for c in changes]
            self.frozen += self.baseline.frozen is not None
            self._lived += 1
        return self

    @property
    def seconds(self) -> int:
        """Since the onset."""
        return self._lived - self._onset

    @property
    def z(self) -> float | None:
        """Of the last second."""
        return None if self._watch.score is None else self._watch.score.z

    @property
    def value(self) -> float:
        """Of the last second, which had data."""
        sample = self._watch.sample
        assert sample is not None
        assert sample.value is not None
        return float(sample.value)

    def fired(self, alert: str) -> list[int]:
        """When an alert began to fire, in seconds after the onset."""
        return [e.second for e in self.events if (e.alert, e.after) == (alert, State.FIRING)]

    def ended(self, reason: Reason) -> list[int]:
        """When something ended for this reason; what ends together counts once."""
        return sorted({e.second for e in self.events if e.reason is reason})


def _exact(value: float) -> Fraction:
    return Fraction(round(value * NANO), NANO)


def _limit(alert: Alert) -> Fraction:
    threshold = alert.rule.threshold(alert.target.instrument)
    assert threshold is not None
    return threshold


@lru_cache(maxsize=64)
def clean(seed: int, sd: float, kind: Kind, seconds: int, *, tolerant: bool = True) -> Run:
    """So many seconds at the normal level; to be forked, not led on."""
    return Run(seed, sd, kind, tolerant=tolerant).live([NORMAL] * seconds).begin()
