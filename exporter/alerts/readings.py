"""What `/metrics` says of alerts and baselines."""

from collections.abc import Iterator

from exporter.alerts.alert import Alert
from exporter.alerts.watch import Watch
from exporter.families import Family, Reading, Series
from exporter.metrics.metric import MARKET
from exporter.model import NANOSECONDS, Target
from exporter.transition import CHAT, ENDINGS, PAGE, State

_TARGET = (*MARKET, "other")
_ALERT = (*_TARGET, "alert")
_SIGNAL = (*_TARGET, "signal", "side", "band_bps")


def _gauge(
    name: str, help_: str, *labels: str, of: tuple[str, ...] = _ALERT, unit: str = ""
) -> Family:
    return Family(name, "gauge", (*of, *labels), unit, help_)


_FIRING = Family(
    "market_alert_firing",
    "gauge",
    (*_ALERT, "family", "severity", "priority", "escalated", "ceiling_of"),
    "",
    "1 while the alert fires, 0 while it does not. A P2 has a second series, escalated, which is 1 "
    "once it has fired for so long that it pages. A ceiling names the alert that it stands above.",
)
_STATE = _gauge(
    "market_alert_state", "1 for the state that the alert is in, 0 for the others.", "state"
)
_SINCE = _gauge(
    "market_alert_since_timestamp_seconds",
    "Unix time since which the alert is in its state; absent until it has left the first.",
    unit="seconds",
)
_KNOWN = _gauge(
    "market_alert_evaluation_known",
    "1 if the alert could be evaluated at the last whole second, 0 if something was missing.",
)
_UNKNOWN = _gauge(
    "market_alert_evaluation_unknown",
    "1 for the reason why the alert could not be evaluated: zscore_warmup, std_too_low, stale, "
    "gap, one_sided, crossed, incomplete_depth, leg_missing, not_trading.",
    "reason",
)
_VALUE = _gauge("market_alert_value", "What the alert looks at, in the unit of its signal.")
_THRESHOLD = _gauge(
    "market_alert_threshold",
    "The threshold beyond which the alert fires, loosened by the regime of the hour.",
)
_CLEARS = _gauge(
    "market_alert_clear_threshold", "The threshold at which the alert clears again once it fires."
)
_Z = _gauge("market_alert_zscore", "The z-score of the value, for an alert that asks for one.")
_Z_LIMIT = _gauge(
    "market_alert_zscore_threshold",
    "The z-score that the value must be beyond, where one is asked.",
)
_MET = _gauge(
    "market_alert_condition_met",
    "1 if the condition holds now, 0 if not (condition: threshold, zscore).",
    "condition",
)
_HELD = _gauge(
    "market_alert_held_seconds",
    "Seconds with data for which a pending or firing alert has held.",
    unit="seconds",
)
_PERSISTENCE = _gauge(
    "market_alert_persistence_seconds",
    "Seconds for which the conditions must hold before the alert fires.",
    unit="seconds",
)
_PEAK = _gauge("market_alert_peak_value", "The farthest value of a pending or firing alert.")
_PEAK_TIME = _gauge(
    "market_alert_peak_timestamp_seconds",
    "Unix time of the farthest value of a pending or firing alert.",
    unit="seconds",
)
_ENTERED = Family(
    "market_alert_transitions_total",
    "counter",
    (*_ALERT, "to"),
    "",
    "How often the alert came into a state.",
)
_ENDINGS = Family(
    "market_alert_endings_total",
    "counter",
    (*_ALERT, "reason"),
    "",
    f"How often the alert stopped firing, by reason: {', '.join(ENDINGS)}.",
)
_SECONDS = Family(
    "market_alert_firing_seconds_total",
    "counter",
    _ALERT,
    "seconds",
    "Seconds for which the alert has fired.",
)
_MEAN = _gauge("market_baseline_mean", "Mean of the samples in the baseline.", of=_SIGNAL)
_DEVIATION = _gauge(
    "market_baseline_deviation",
    "Standard deviation (n-1) of the samples in the baseline.",
    of=_SIGNAL,
)
_BASELINE_Z = _gauge(
    "market_baseline_zscore",
    "The last value against its baseline: (value - mean) / max(deviation, floor).",
    of=_SIGNAL,
)
_SAMPLES = _gauge(
    "market_baseline_samples", "Samples in the baseline, one a second while it learns.", of=_SIGNAL
)
_WARMUP = _gauge("market_baseline_warmup_samples", "Samples that a z-score needs.", of=_SIGNAL)
_FROZEN = _gauge(
    "market_baseline_frozen_seconds",
    "Seconds since the baseline stopped learning from an incident; 0 while it learns.",
    of=_SIGNAL,
    unit="seconds",
)
_NEW_REGIMES = Family(
    "market_baseline_new_regimes_total",
    "counter",
    _SIGNAL,
    "",
    "How often a freeze came to its limit: what was unusual for so long is the baseline now.",
)
_FLOOR = _gauge(
    "market_baseline_floor_used",
    "1 if the deviation is below what the price step lets one believe in, and the floor counts.",
    of=_SIGNAL,
)

FAMILIES = (
    _FIRING,
    _STATE,
    _SINCE,
    _KNOWN,
    _UNKNOWN,
    _VALUE,
    _THRESHOLD,
    _CLEARS,
    _Z,
    _Z_LIMIT,
    _MET,
    _HELD,
    _PERSISTENCE,
    _PEAK,
    _PEAK_TIME,
    _ENTERED,
    _ENDINGS,
    _SECONDS,
    _MEAN,
    _DEVIATION,
    _BASELINE_Z,
    _SAMPLES,
    _WARMUP,
    _FROZEN,
    _NEW_REGIMES,
    _FLOOR,
)


class AlertReadings:
    """The series of one alert; made once, read at every scrape."""

    def __init__(self, alert: Alert) -> None:
        self._alert = alert
        rule, target = alert.rule, alert.target
        self._name = (*target, rule.id)
        self._made: dict[Family, Series] = {}
        self._firing = _firing(alert, rule.priority, "")
        self._escalated = _firing(alert, PAGE, "true") if rule.priority == CHAT else None
        self._states = [(state, _STATE.series(*self._name, state)) for state in State]
        self._entered = [(state, _ENTERED.series(*self._name, state)) for state in State]
        self._endings = [(reason, _ENDINGS.series(*self._name, reason)) for reason in ENDINGS]
        self._met = [_MET.series(*self._name, name) for name in ("threshold", "zscore")]

    def readings(self) -> Iterator[Reading]:
        """What is known of it now."""
        alert = self._alert
        yield self._firing, int(alert.firing)
        if self._escalated is not None:
            yield self._escalated, int(alert.firing and alert.life.escalated)
        for state, series in self._states:
            yield series, int(alert.life.state is state)
        yield self._of(_PERSISTENCE), alert.rule.persistence
        if alert.rule.z is not None:
            yield self._of(_Z_LIMIT), alert.rule.z
        yield from self._life()
        yield from self._judgement()
        for entered, series in self._entered:
            yield series, alert.entered[entered]
        for reason, series in self._endings:
            yield series, alert.endings[reason]
        yield self._of(_SECONDS), alert.seconds_firing

    def _life(self) -> Iterator[Reading]:
        life = self._alert.life
        if life.since is not None:
            yield self._of(_SINCE), life.since / NANOSECONDS
        if self._alert.running:
            yield self._of(_HELD), life.held
            if life.peak is not None:
                yield self._of(_PEAK), life.peak.value
                yield self._of(_PEAK_TIME), life.peak.time / NANOSECONDS

    def _judgement(self) -> Iterator[Reading]:
        judgement = self._alert.judgement
        yield self._of(_KNOWN), int(judgement is not None and judgement.met is not None)
        if judgement is None:
            return
        if judgement.unknown:
            yield _UNKNOWN.series(*self._name, judgement.unknown), 1
        yield self._of(_THRESHOLD), judgement.fires
        yield self._of(_CLEARS), judgement.clears
        if judgement.value is not None:
            yield self._of(_VALUE), judgement.value
        if judgement.z is not None:
            yield self._of(_Z), judgement.z
        for met, series in zip((judgement.beyond, judgement.unusual), self._met, strict=True):
            if met is not None:
                yield series, int(met)

    def _of(self, family: Family) -> Series:
        series = self._made.get(family)
        if series is None:
            series = self._made[family] = family.series(*self._name)
        return series


def _firing(alert: Alert, priority: str, escalated: str) -> Series:
    rule = alert.rule
    routed = (rule.family, rule.severity, priority, escalated, rule.ceiling_of)
    return _FIRING.series(*alert.target, rule.id, *routed)


class BaselineReadings:
    """The series of the baseline of one watch."""

    def __init__(self, target: Target, watch: Watch) -> None:
        self._watch = watch
        labels = (*target, *watch.signal.labels())
        self._mean, self._deviation, self._z = (
            family.series(*labels) for family in (_MEAN, _DEVIATION, _BASELINE_Z)
        )
        self._samples, self._warmup = _SAMPLES.series(*labels), _WARMUP.series(*labels)
        self._new_regimes = _NEW_REGIMES.series(*labels)
        self._frozen, self._floor = _FROZEN.series(*labels), _FLOOR.series(*labels)

    def readings(self) -> Iterator[Reading]:
        """What is known of it now."""
        baseline, score = self._watch.baseline, self._watch.score
        if baseline is None:
            return
        yield self._samples, baseline.samples
        yield self._warmup, baseline.warmup
        yield self._frozen, baseline.frozen or 0
        yield self._new_regimes, baseline.new_regimes
        if baseline.mean is not None:
            yield self._mean, baseline.mean
        if baseline.deviation is not None:
            yield self._deviation, baseline.deviation
        if score is not None and score.z is not None:
            yield self._z, score.z
            yield self._floor, int(score.floor_used)
