"""Alerts on signals that a test sets: real rules, watches and alerts, one step a second."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar

from exporter.alerts.alert import Alert
from exporter.alerts.alerts import Alerts
from exporter.alerts.judgement import Judgement
from exporter.alerts.rule import Rule
from exporter.conditions import Condition
from exporter.config.alerts import AlertsFile
from exporter.families import Family, Reading
from exporter.markets.market import Market
from exporter.metrics.metric import Metric
from exporter.metrics.sample import Gauge, Sample
from exporter.model import NANOSECONDS, MarketId, Target
from exporter.pipeline import Pipeline
from exporter.signals import SignalKey
from exporter.transition import Reason, State, Transition
from tests.shared import shipped

START = 1_800_000_000
"""Whole seconds since 1970, on the hour."""
PERP, SPOT = Target("binance", "BTC-USDT-PERP"), Target("binance", "BTC-USDT-SPOT")
OKX_PERP = Target("okx", "BTC-USDT-PERP")
GAP = Sample(None, "gap")

Shown = Sample | Fraction | float | int | None


def rule(name: str = "a", **changes: object) -> Rule:
    """A rule on the spread: above 10, at once, without a z."""
    words: dict[str, object] = {
        "id": name,
        "family": "spread",
        "severity": "warning",
        "priority": "P2",
        "signal": SignalKey("spread_bps"),
        "condition": Condition.ABOVE,
        "thresholds": {},
        "otherwise": Fraction(10),
        "z": None,
        "persistence": 0,
    }
    return Rule(**(words | changes))  # type: ignore[arg-type]


def written(**changes: object) -> dict[str, object]:
    """The same rule as `alerts.yaml` has it."""
    words = {"family": "spread", "severity": "warning", "priority": "P2", "condition": ">"}
    return {**words, "signal": "spread_bps", "thresholds": {"other": 10}} | changes


def configured(
    alerts: Mapping[str, object], regimes: Mapping[str, object] | None = None, **more: object
) -> AlertsFile:
    """An `alerts.yaml` with these rules."""
    return AlertsFile.model_validate({"alerts": alerts, "regimes": regimes or {}, **more})


@lru_cache(maxsize=1)
def _markets() -> Mapping[MarketId, Market]:
    return Pipeline(shipped()).markets


class Dial(Metric):
    """One signal of one target, which shows what it was set to."""

    families: ClassVar[tuple[Family, ...]] = ()

    def __init__(self, signal: str, target: Target) -> None:
        self.signal, self.target = signal, target
        self.market = _markets()[MarketId(*target[:2])]
        self.shown = GAP

    def gauges(self, key: SignalKey) -> Iterator[Gauge]:
        """Itself, for its signal."""
        if key.name == self.signal:
            yield Gauge(self.target, self.market, lambda _now: self.shown)

    def readings(self, now: int) -> Iterator[Reading]:
        """It is on no page."""
        yield from ()

    def set(self, shown: Shown) -> None:
        """A sample, a value, or None for a gap."""
        if shown is None:
            self.shown = GAP
        else:
            self.shown = shown if isinstance(shown, Sample) else Sample(Fraction(shown))


class Rig:
    """The alerts of a configuration over dials; the clock moves by seconds of the test."""

    def __init__(
        self, alerts: AlertsFile, dials: Iterable[tuple[str, Target]] = (("spread_bps", PERP),)
    ) -> None:
        self.alerts = Alerts(alerts)
        self.dials = [Dial(*one) for one in dials]
        self.alerts.watch(self.dials)
        self.second = 0
        self.log: list[Transition] = []

    def step(self, *shown: Shown) -> list[Transition]:
        """A second in which the dials show these, in their order."""
        for dial, one in zip(self.dials, shown, strict=True):
            dial.set(one)
        transitions = list(self.alerts.step((START + self.second) * NANOSECONDS))
        self.second += 1
        self.log += transitions
        return transitions

    def run(self, shown: Iterable[Shown]) -> list[Transition]:
        """A second for each of these on the only dial."""
        return [transition for one in shown for transition in self.step(one)]

    def alert(self, name: str, target: Target = PERP) -> Alert:
        """One of the alerts."""
        return next(
            alert for alert in self.alerts if (alert.rule.id, alert.target) == (name, target)
        )

    def state(self, name: str) -> State:
        """Where an alert of the only dial stands."""
        return self.alert(name).life.state


def steps(transitions: Iterable[Transition]) -> list[tuple[int, str, State, Reason]]:
    """When, which alert, where to and why; seconds since the start."""
    return [
        (one.time // NANOSECONDS - START, one.alert, one.after, one.reason) for one in transitions
    ]


def judgement(met: bool | None, value: int = 11) -> Judgement:
    """What a rule above 10 might have made of a sample."""
    known = None if met is None else Fraction(value)
    unknown = "gap" if met is None else ""
    return Judgement(known, Fraction(10), Fraction(10), Fraction(8), None, met, None, met, unknown)
