"""From what `alerts.yaml` says to rules, watches and alerts."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain

from exporter.alerts.alert import Alert
from exporter.alerts.rule import Rule
from exporter.alerts.watch import Watch
from exporter.config.alerts import AlertRule, AlertsFile
from exporter.detection.baseline import Baseline, BaselineRules
from exporter.metrics.metric import Metric
from exporter.metrics.sample import Gauge
from exporter.signals import SignalKey


def rules(configured: AlertsFile) -> Iterator[Rule]:
    """The rules that are enabled, in the order of the file."""
    return (_rule(name, one) for name, one in configured.alerts.items() if one.enabled)


def watches(configured: AlertsFile, metrics: Sequence[Metric]) -> Iterator[tuple[Gauge, Watch]]:
    """A watch for every signal of these metrics, and every target, that a rule applies to."""
    by_signal: dict[SignalKey, list[Rule]] = {}
    for rule in rules(configured):
        by_signal.setdefault(rule.signal, []).append(rule)
    sizes = _sizes(configured)
    for key, looking in by_signal.items():
        for gauge in chain.from_iterable(metric.gauges(key) for metric in metrics):
            applying = [r for r in looking if r.threshold(gauge.target.instrument) is not None]
            if applying:
                yield gauge, _watch(gauge, applying, configured, sizes)


def _watch(
    gauge: Gauge, applying: Iterable[Rule], configured: AlertsFile, sizes: BaselineRules
) -> Watch:
    patience = configured.timing.no_data_after_seconds
    alerts = [Alert(rule, gauge.target, patience) for rule in applying]
    scored = any(alert.rule.z is not None for alert in alerts)
    return Watch(alerts, Baseline(sizes) if scored else None)


def _sizes(configured: AlertsFile) -> BaselineRules:
    baseline = configured.baseline
    return BaselineRules(
        window=baseline.window_samples,
        warmup=baseline.warmup_samples,
        reset_after=baseline.reset_after_seconds,
        freeze_limit=baseline.freeze_limit_seconds,
    )


def _rule(name: str, one: AlertRule) -> Rule:
    return Rule(
        id=name,
        family=one.family,
        severity=one.severity,
        priority=one.priority,
        signal=one.key,
        condition=one.condition,
        thresholds={name: Fraction(value) for name, value in one.by_instrument.items()},
        otherwise=None if one.otherwise is None else Fraction(one.otherwise),
        z=None if one.z is None else float(one.z),
        persistence=one.persistence_seconds,
        ceiling_of=one.ceiling_of or "",
    )
