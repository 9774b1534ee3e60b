"""Every incident has its drill, and what a drill expects is what the shipped files say."""

import pytest
import yaml

from exporter.drills.markets import ground
from exporter.drills.plan import plan
from exporter.drills.table import DRILLS, HEALTH, Drill
from exporter.exposition.catalogue import market_families
from exporter.simulator.incidents import KINDS
from exporter.telemetry import Telemetry
from tests.prometheus.catalogue import rules, series
from tests.shared import ROOT, shipped

EVERY = pytest.mark.parametrize("drill", DRILLS.values(), ids=lambda drill: drill.kind)


def test_every_incident_of_the_simulator_has_its_drill_and_none_is_made_up() -> None:
    assert list(DRILLS) == list(KINDS)


@EVERY
def test_it_is_possible_under_the_shipped_configuration(drill: Drill) -> None:
    config = shipped()
    found = plan(drill, config, ground(config))
    assert (found.expected is None) == drill.silent
    assert found.instrument is None or found.instrument.startswith("BTC-USDT-")
    whole = KINDS[drill.kind].place in ("connection", "rest")
    assert not whole or found.instrument is None


@EVERY
def test_the_alerts_that_it_names_exist(drill: Drill) -> None:
    known = {*shipped().alerts.alerts, *HEALTH}
    assert {name for name in (drill.alert, *drill.also) if name} <= known
    assert drill.proves


@EVERY
def test_what_nobody_is_told_of_is_a_counter_that_exists(drill: Drill) -> None:
    if drill.noticed is None:
        return
    name, label, value = drill.noticed
    labels = series()[name]
    assert labels is not None
    assert {"exchange", label} <= labels
    texts = {family.name: family.help for family in market_families()}
    texts |= {f"{name}_total": text for name, _, text in Telemetry().described()}
    assert value in texts[name]


def test_alerts_of_health_rules_carry_the_labels_that_the_rules_give() -> None:
    given = {rule["alert"]: rule["labels"] for rule in rules() if rule.get("alert") in HEALTH}
    assert given == HEALTH


def test_the_documentation_names_every_drill_with_what_it_expects() -> None:
    text = (ROOT / "docs" / "drills.md").read_text(encoding="utf-8")
    for drill in DRILLS.values():
        (line,) = (line for line in text.splitlines() if line.startswith(f"| `{drill.kind}` |"))
        assert (f"`{drill.alert}`" if drill.alert else "nobody") in line


def test_the_shipped_interval_stands_in_the_shipped_file() -> None:
    written = yaml.safe_load((ROOT / "config" / "features.yaml").read_text())
    assert written["drills"] == {"every_days": 30}
