"""What `/metrics` says of the rules themselves, to be joined by `alert`."""

from collections.abc import Iterator

from exporter.config.alerts import AlertsFile
from exporter.families import Family, Reading
from exporter.signals import SIGNALS

_RULE = Family(
    "market_alert_rule_info",
    "gauge",
    ("alert", "signal", "side", "band_bps", "unit", "condition", "meaning"),
    "",
    "What a rule looks at, in which unit, and which side of its threshold is bad; always 1.",
)
_WIDE = Family(
    "market_alert_wide_instruments",
    "gauge",
    (),
    "",
    "Instruments of an exchange with alerts of one family and priority that are one incident.",
)
FAMILIES = (_RULE, _WIDE)


def described(configured: AlertsFile) -> Iterator[Reading]:
    """One series for each rule that is on, and what holds for all."""
    for name, rule in configured.alerts.items():
        if rule.enabled:
            signal = SIGNALS[rule.signal]
            said = (signal.unit, rule.condition, signal.help)
            yield _RULE.series(name, *rule.key.labels(), *said), 1
    yield _WIDE.series(), configured.market_wide.instruments
