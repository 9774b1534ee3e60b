"""`alerts.yaml`: the rules that are shipped, and what is accepted."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from exporter.conditions import Condition
from exporter.config import AlertRule, AlertsFile, load
from exporter.signals import SIGNALS, SignalKey

Edit = Callable[[str, str, str], None]

PERP, SPOT = "BTC-USDT-PERP", "BTC-USDT-SPOT"

SHIPPED = """
spread_warning             spread          warning   P2  >         2  0    3       2       10
spread_critical            spread          critical  P1  >         3  0    5       4       20
spread_ceiling             spread          critical  P1  >         -  5    10      8       40
basis_warning              basis           warning   P2  absolute  2  120  10      25      25
basis_critical             basis           critical  P1  absolute  3  60   20      50      50
basis_ceiling              basis           critical  P1  absolute  -  5    40      100     100
depth_warning              depth           warning   P2  <         -  0    500000  300000  100000
depth_critical             depth           critical  P1  <         -  0    200000  100000  50000
depth_ceiling              depth           critical  P1  <         -  5    100000  50000   25000
depth_drop_warning         depth           warning   P3  <         -  10   -30     -30     -30
depth_drop_critical        depth           critical  P2  <         -  10   -50     -50     -50
mark_deviation_warning     mark            warning   P2  absolute  2  0    15      15      15
mark_deviation_critical    mark            critical  P1  absolute  3  0    30      30      30
cross_exchange_divergence  cross_exchange  warning   P2  absolute  -  10   25      25      25
price_deviation            cross_exchange  critical  P1  absolute  -  10   1       1       1
data_gap                   feed            info      P3  >         -  0    5       5       5
feed_stale                 feed            warning   P2  >         -  0    0       0       0
book_frozen                feed            warning   P2  >         -  0    10      10      120
trade_outside_book         feed            warning   P2  >         -  2    2       2       2
book_crossed               feed            warning   P2  >         -  0    2       2       2
"""
"""Id, family, severity, priority, condition, z, persistence; threshold of PERP, SPOT and others."""

DEPTH = SignalKey("depth_quote", "total", Decimal(10))
CHANGE = SignalKey("depth_change_percent", "total", Decimal(10))
KEYS = {
    "spread": SignalKey("spread_bps"),
    "basis": SignalKey("basis_bps"),
    "mark": SignalKey("mark_index_bps"),
    "depth": DEPTH,
    "depth_drop_warning": CHANGE,
    "depth_drop_critical": CHANGE,
    "cross_exchange_divergence": SignalKey("exchange_divergence_bps"),
    "price_deviation": SignalKey("exchange_deviation_percent"),
    "data_gap": SignalKey("gap_seconds"),
    "feed_stale": SignalKey("stale_seconds"),
    "book_frozen": SignalKey("unchanged_seconds"),
    "trade_outside_book": SignalKey("trades_outside_book"),
    "book_crossed": SignalKey("crossed_seconds"),
}
"""The signal of each alert, or of its family."""


def shown(name: str, rule: AlertRule) -> list[str]:
    """A rule as a row of the table above."""
    numbers = (rule.threshold(PERP), rule.threshold(SPOT), rule.otherwise)
    z = "-" if rule.z is None else str(rule.z)
    words = [name, rule.family, rule.severity, rule.priority, str(rule.condition), z]
    return [*words, str(rule.persistence_seconds), *map(str, numbers)]


def written(directory: Path, alerts: object = None, regimes: object = None) -> AlertsFile:
    """What loads where `alerts.yaml` has these rules and regimes."""
    content = {"alerts": alerts or {}, "regimes": regimes or {}}
    (directory / "alerts.yaml").write_text(yaml.safe_dump(content))
    return load(directory).alerts


def rule(**changes: object) -> dict[str, object]:
    """A rule as it is written."""
    words = {"family": "spread", "severity": "warning", "priority": "P2", "condition": ">"}
    return {**words, "signal": "spread_bps", "thresholds": {"other": 3}} | changes


def test_the_shipped_rules(shipped: Path) -> None:
    alerts = load(shipped).alerts.alerts
    assert [shown(*item) for item in alerts.items()] == [
        line.split() for line in SHIPPED.strip().splitlines()
    ]
    assert {name: rule.key for name, rule in alerts.items()} == {
        name: KEYS.get(name, KEYS.get(rule.family)) for name, rule in alerts.items()
    }
    assert all(rule.enabled for rule in alerts.values())


def test_every_signal_has_a_shipped_rule(shipped: Path) -> None:
    assert {rule.signal for rule in load(shipped).alerts.alerts.values()} == SIGNALS.keys()


def test_shipped_ceilings_are_twice_their_critical_and_half_of_it_for_depth(shipped: Path) -> None:
    alerts = load(shipped).alerts.alerts
    ceilings = {name: rule for name, rule in alerts.items() if rule.ceiling_of}
    assert {name: rule.ceiling_of for name, rule in ceilings.items()} == {
        "spread_ceiling": "spread_critical",
        "basis_ceiling": "basis_critical",
        "depth_ceiling": "depth_critical",
    }
    for ceiling in ceilings.values():
        critical = alerts[ceiling.ceiling_of or ""]
        factor = Decimal("0.5") if ceiling.condition is Condition.BELOW else 2
        assert ceiling.thresholds == {
            name: value * factor for name, value in critical.thresholds.items()
        }


def test_shipped_sizes_times_and_regimes(shipped: Path) -> None:
    alerts = load(shipped).alerts
    assert alerts.baseline.model_dump() == {
        "window_samples": 300,
        "warmup_samples": 30,
        "reset_after_seconds": 5,
        "freeze_limit_seconds": 1800,
    }
    assert alerts.timing.model_dump() == {
        "no_data_after_seconds": 300,
        "escalate_after_seconds": 300,
    }
    assert {
        name: regime.model_dump(exclude_none=True) for name, regime in alerts.regimes.items()
    } == {
        "funding_settlement": {
            "enabled": False,
            "around_funding_minutes": 15,
            "multiplier": Decimal(3),
            "alerts": ("basis_warning", "basis_critical", "basis_ceiling"),
        }
    }


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "alerts: {}\nregimes: {}\n"])
def test_without_a_rule_there_are_no_alerts(
    directory: Path, shipped: Path, content: str | None
) -> None:
    (directory / "alerts.yaml").unlink()
    if content is not None:
        (directory / "alerts.yaml").write_text(content)
    alerts = load(directory).alerts
    assert (alerts.alerts, alerts.regimes) == ({}, {})
    assert alerts.baseline == load(shipped).alerts.baseline
    assert alerts.timing == load(shipped).alerts.timing


def test_thresholds_are_exact_and_other_stands_for_the_rest(directory: Path) -> None:
    thresholds = {PERP: 0.1, "other": 3}
    alerts = written(directory, {"a": rule(thresholds=thresholds), "b": rule(thresholds={PERP: 3})})
    one, two = alerts.alerts["a"], alerts.alerts["b"]
    assert one.by_instrument == {PERP: Decimal("0.1")}
    assert [one.threshold(PERP), one.threshold(SPOT), one.otherwise] == [Decimal("0.1"), 3, 3]
    assert [two.threshold(PERP), two.threshold(SPOT), two.otherwise] == [3, None, None]


def test_a_band_is_the_same_however_it_is_spelt(directory: Path, edit: Edit) -> None:
    edit("alerts.yaml", "band_bps: 10", "band_bps: 10.0")
    assert load(directory).alerts.alerts["depth_warning"].key == DEPTH


@pytest.mark.parametrize(
    ("critical", "why"),
    [
        ({"thresholds": {"other": 3}, "z": 2}, "as strict"),
        ({"thresholds": {PERP: 3, "other": 4}, "z": 3}, "stricter"),
        ({"thresholds": {"other": 1}, "enabled": False}, "not enabled"),
        ({"thresholds": {"other": 1}, "family": "basis"}, "another family"),
        ({"thresholds": {"other": 1}, "condition": "absolute"}, "another condition"),
        ({"thresholds": {"other": 1}, "signal": "basis_bps"}, "another signal"),
        ({"thresholds": {"other": 1}, "severity": "info"}, "not critical"),
    ],
)
def test_a_critical_need_not_be_stricter_than_what_it_is_no_critical_of(
    directory: Path, critical: dict[str, object], why: str
) -> None:
    rules = {"a": rule(z=2), "b": rule(severity="critical") | critical}
    assert list(written(directory, rules).alerts) == ["a", "b"], why


def test_rules_that_share_no_instrument_are_not_compared(directory: Path) -> None:
    rules = {
        "a": rule(thresholds={PERP: 3}, z=2),
        "b": rule(severity="critical", thresholds={SPOT: 2}),
    }
    assert list(written(directory, rules).alerts) == ["a", "b"]


def test_a_ceiling_of_a_warning_may_be_stricter_than_the_critical(directory: Path) -> None:
    rules = {
        "a": rule(),
        "b": rule(severity="critical", thresholds={"other": 5}),
        "c": rule(ceiling_of="a", thresholds={"other": 6}),
    }
    assert list(written(directory, rules).alerts) == ["a", "b", "c"]


def test_only_beside_a_z_must_a_rule_be_met_before_what_it_sees_is_normal(
    directory: Path, edit: Edit
) -> None:
    edit("alerts.yaml", "freeze_limit_seconds: 1800", "freeze_limit_seconds: 121")
    edit("alerts.yaml", "persistence_seconds: 10", "persistence_seconds: 3600")
    alerts = load(directory).alerts.alerts
    held = {
        name: alerts[name].persistence_seconds for name in ("basis_warning", "depth_drop_warning")
    }
    assert held == {"basis_warning": 120, "depth_drop_warning": 3600}


def test_a_rule_that_is_off_needs_no_metric(directory: Path, edit: Edit) -> None:
    edit("features.yaml", "spread: true", "spread: false")
    edit("slo.yaml", "family: spread", "family: spread\n    enabled: false")
    assert not written(directory, {"a": rule(enabled=False)}).alerts["a"].enabled


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"multiplier": 2}, "same multiplier"),
        ({"alerts": ["b"]}, "another alert"),
        ({"enabled": False}, "not enabled"),
        ({"between": ["00:30", "23:30"]}, "not at the same time"),
        ({"days": ["fri", "sun"]}, "not on the same days"),
    ],
)
def test_regimes_may_stand_beside_each_other(
    directory: Path, other: dict[str, object], why: str
) -> None:
    one = {"between": ["23:30", "00:30"], "days": ["mon", "sat"], "multiplier": 2, "alerts": ["a"]}
    regimes = {"one": one, "two": {**one, "multiplier": 3, **other}}
    assert list(written(directory, {"a": rule(), "b": rule()}, regimes).regimes) == [
        "one",
        "two",
    ], why


def test_the_widest_band_is_that_of_the_enabled_rules(directory: Path) -> None:
    assert load(directory).alerts.widest_band == 10
    (directory / "alerts.yaml").write_text("")
    assert load(directory).alerts.widest_band == 0
