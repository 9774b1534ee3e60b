"""What a drill expects under a configuration: the alert with its labels, and by when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from exporter.config import AlertRule, Config
from exporter.drills.markets import Ground
from exporter.drills.sight import DRILLED, Alert
from exporter.drills.table import HEALTH, Drill
from exporter.errors import ExporterError
from exporter.model import Target
from exporter.signals import SIGNALS

_SLACK = 10
"""Seconds that the exporter may take beyond what the incident and the configuration ask for."""
_STEP = 5
"""Seconds that each further stage may take."""
_TOLERATED = 3
"""Samples that may fail while an alert has to hold."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The alert that a drill is to raise; `target` has the exporter's own names of exchanges, and
    no instrument where it is about a whole exchange. `labels` are the others that it carries,
    `unit` is that of its signal."""

    alert: str
    target: Target
    labels: Mapping[str, str]
    unit: str = ""

    @property
    def priority(self) -> str:
        """P1, P2 or P3."""
        return self.labels["priority"]

    @property
    def drilled(self) -> Mapping[str, str]:
        """What it is about, as the sandbox's Prometheus and Alertmanager have it."""
        exchange, instrument, other = self.target
        named = {
            "exchange": DRILLED + exchange,
            "instrument": instrument,
            "other": other and DRILLED + other,
        }
        return {name: value for name, value in named.items() if value} | {"drill": "true"}

    def is_this(self, alert: Alert) -> bool:
        """Whether an alert is the expected one."""
        wanted = {"priority": self.priority, "instrument": "", "other": "", **self.drilled}
        return alert.name == self.alert and all(
            alert.labels.get(name, "") == value for name, value in wanted.items()
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """What takes time by the files of Prometheus and Alertmanager, in seconds: the rule must hold
    and is looked at so often, and the end of an alert is told after so long."""

    rule_for: float = 0
    rule_every: float = 1
    group_interval: float = 60


Limits = tuple[float, float, float, float]
"""Seconds within which each stage must be reached."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A drill with where it happens and what it expects, None for one that must stay silent.

    `instrument` is None where the incident happens to the whole exchange. `waits` is how long the
    exporter needs by the configuration.
    """

    drill: Drill
    exchange: str
    instrument: str | None
    expected: Expected | None
    waits: float = 0

    @property
    def where(self) -> str:
        """`binance BTC-USDT-PERP`, or the exchange alone."""
        return f"{self.exchange} {self.instrument or ''}".rstrip()

    def fires_within(self, pace: Pace) -> Limits:
        """Seconds from the injection."""
        exporter = self.waits + _SLACK
        rule = exporter + pace.rule_for + pace.rule_every + _STEP
        return exporter, rule, rule + _STEP, rule + 2 * _STEP

    def clears_within(self, pace: Pace) -> Limits:
        """Seconds from the end of the incident."""
        exporter = self.drill.clears_within
        rule = exporter + self.drill.rule_clears_within + pace.rule_every + _STEP
        return exporter, rule, rule + _STEP, rule + pace.group_interval + 2 * _STEP


def plan(drill: Drill, config: Config, ground: Ground) -> Plan:
    """What this drill does there. Raises ExporterError where it cannot or would be in vain."""
    market = ground.place(drill)
    instrument = None if drill.whole else market.instrument
    drill = _healed(drill, config, market.instrument)
    if drill.silent:
        return Plan(drill, market.exchange, instrument, None, drill.takes)
    if drill.alert in HEALTH:
        target = Target(market.exchange, instrument or "")
        expected = Expected(drill.alert, target, HEALTH[drill.alert])
        return Plan(drill, market.exchange, instrument, expected, drill.takes)
    rule = _rule(drill, config, market.instrument)
    if drill.against and (drill.against, drill.instrument) not in ground.markets:
        raise ExporterError(f"{drill.kind} needs {market.instrument} on {drill.against}, too")
    unit = SIGNALS[rule.signal].unit
    first, *others = sorted(filter(None, (market.exchange, drill.against)))
    expected = Expected(drill.alert, Target(first, market.instrument, *others), _labels(rule), unit)
    waits = _waits(drill, rule, config, market.instrument)
    return Plan(drill, market.exchange, instrument, expected, waits)


def _rule(drill: Drill, config: Config, instrument: str) -> AlertRule:
    rule = config.alerts.alerts.get(drill.alert)
    place = f"exporter: {drill.alert}"
    if rule is None:
        raise ExporterError(f"{place} is not in alerts.yaml, so nothing tells of {drill.kind}")
    if not rule.enabled:
        raise ExporterError(f"{place} is disabled in alerts.yaml, so nothing tells of {drill.kind}")
    if rule.threshold(instrument) is None:
        raise ExporterError(f"{place} has no threshold for {instrument} in alerts.yaml")
    return rule


def _labels(rule: AlertRule) -> Mapping[str, str]:
    """What the exporter's series give to the alert."""
    named = {"family": rule.family, "severity": rule.severity, "priority": rule.priority}
    return {
        "kind": "market",
        **named,
        **({"ceiling_of": rule.ceiling_of} if rule.ceiling_of else {}),
    }


def _waits(drill: Drill, rule: AlertRule, config: Config, instrument: str) -> float:
    """Seconds until the alert fires: its condition, thresholds that are seconds, persistence."""
    seconds = (
        drill.takes + rule.persistence_seconds + (_TOLERATED if rule.persistence_seconds else 0)
    )
    if SIGNALS[rule.signal].unit == "seconds":
        seconds += float(rule.threshold(instrument) or 0)
    if rule.signal == "stale_seconds":
        seconds += _book_limit(config, instrument)
    return seconds


def _healed(drill: Drill, config: Config, instrument: str) -> Drill:
    """Nobody is told of a dead connection that is replaced before a book of it is stale."""
    live = config.features.live
    found_out = float(live.ping_after_seconds + live.answer_timeout_seconds)
    if drill.kind != "half-open" or _book_limit(config, instrument) < found_out:
        return drill
    noticed = ("market_exporter_reconnects_total", "reason", "silent")
    return replace(drill, alert="", noticed=noticed, takes=found_out)


def _book_limit(config: Config, instrument: str) -> float:
    limits = config.instruments.instruments[instrument].stale_after(
        config.instruments.defaults.stale_after_seconds
    )
    return float(limits.book)
