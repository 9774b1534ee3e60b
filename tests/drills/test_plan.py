"""Where a drill happens, what it expects and by when: all by the configuration that is drilled."""

from pathlib import Path
from typing import Any

import pytest

from exporter.drills.markets import ground
from exporter.drills.plan import Pace, Plan, plan
from exporter.drills.table import DRILLS, Calm
from exporter.errors import ExporterError
from exporter.model import Target
from tests.drills.configured import Change, config, only
from tests.shared import shipped


def planned(kind: str, target: Path, **changes: Change) -> Plan:
    """A drill under the shipped configuration with these changes."""
    changed = config(target / "config", **changes)
    return plan(DRILLS[kind], changed, ground(changed))


def rule(name: str, **keys: Any) -> dict[str, Change]:
    """A change of one entry of alerts.yaml."""

    def change(tree: dict[str, Any]) -> None:
        tree["alerts"][name].update(keys)

    return {"alerts": change}


def test_the_alert_carries_what_a_real_one_does_and_a_name_of_its_own(tmp_path: Path) -> None:
    expected = planned("spread-blow-out", tmp_path).expected
    assert expected is not None
    assert expected.labels == {
        "kind": "market",
        "family": "spread",
        "severity": "critical",
        "priority": "P1",
    }
    assert expected.drilled == {
        "exchange": "drill-binance",
        "instrument": "BTC-USDT-PERP",
        "drill": "true",
    }


def test_of_two_exchanges_the_first_of_the_alphabet_is_named_first(tmp_path: Path) -> None:
    found = planned("exchange-dislocation", tmp_path)
    assert found.expected is not None
    assert found.expected.target == Target("binance", "BTC-USDT-SPOT", "okx")
    assert (found.exchange, found.instrument) == ("okx", None)
    assert found.expected.drilled["other"] == "drill-okx"


def test_an_alert_about_an_exchange_names_no_instrument(tmp_path: Path) -> None:
    expected = planned("disconnect", tmp_path).expected
    assert expected is not None
    assert "instrument" not in expected.drilled


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (rule("spread_critical", enabled=False), "is disabled in alerts.yaml"),
        (rule("spread_critical", thresholds={"BTC-USDT-SPOT": 4}), "no threshold for BTC-USDT-"),
        ({"alerts": lambda tree: tree["alerts"].clear() or tree.pop("regimes")}, "is not in alert"),
    ],
)
def test_an_alert_that_is_not_in_force_is_named_with_its_stage(
    tmp_path: Path, changes: dict[str, Change], why: str
) -> None:
    with pytest.raises(ExporterError, match=f"^exporter: spread_critical {why}|{why}"):
        planned("spread-blow-out", tmp_path, **changes)


def limit(found: Plan) -> float:
    """By when the exporter must see it."""
    return found.fires_within(Pace())[0]


def test_a_longer_persistence_gives_a_longer_limit(tmp_path: Path) -> None:
    before = limit(planned("basis-step", tmp_path / "a"))
    after = limit(
        planned("basis-step", tmp_path / "b", **rule("basis_critical", persistence_seconds=90))
    )
    assert after - before == 30


def test_limits_follow_how_long_a_stream_may_be_silent(tmp_path: Path) -> None:
    def longer(tree: dict[str, Any]) -> None:
        tree["instruments"]["BTC-USDT-SPOT"]["stale_after_seconds"]["book"] = 12

    before = limit(planned("stale-stream", tmp_path / "a"))
    assert limit(planned("stale-stream", tmp_path / "b", instruments=longer)) - before == 7


def test_each_further_stage_has_more_time_and_the_rule_what_its_own_file_says(
    tmp_path: Path,
) -> None:
    found = planned("disconnect", tmp_path)
    quick, slow = found.fires_within(Pace()), found.fires_within(Pace(rule_for=10, rule_every=5))
    assert list(quick) == sorted(set(quick))
    assert [b - a for a, b in zip(quick, slow, strict=True)] == [0, 14, 14, 14]
    told = [found.clears_within(Pace(group_interval=one))[3] for one in (10, 60)]
    assert told[1] - told[0] == 50


def test_a_dead_connection_that_is_replaced_before_its_books_are_stale_reaches_nobody(
    tmp_path: Path,
) -> None:
    def patient(tree: dict[str, Any]) -> None:
        for one in tree["instruments"].values():
            one["stale_after_seconds"]["book"] = 65

    found = planned("half-open", tmp_path, instruments=patient)
    assert found.expected is None
    assert found.drill.noticed == ("market_exporter_reconnects_total", "reason", "silent")
    assert limit(found) > 20


def test_another_coin_is_drilled_where_btc_is_not_watched(tmp_path: Path) -> None:
    changed = config(tmp_path / "config", **only("SOL"))
    where = ground(changed)
    assert where.pairs == 3
    assert where.instruments == {
        "SOL-USDT-SPOT": {"binance": "SOLUSDT", "okx": "SOL-USDT"},
        "SOL-USDT-PERP": {"okx": "SOL-USDT-SWAP"},
    }
    with pytest.raises(ExporterError, match="needs a PERP on binance"):
        plan(DRILLS["spread-blow-out"], changed, where)


def test_what_the_simulated_exchanges_do_not_have_cannot_be_drilled(tmp_path: Path) -> None:
    with pytest.raises(ExporterError, match="watches no market that the simulated exchanges have"):
        ground(config(tmp_path / "config", **only("NOSUCH")))


def test_an_incident_lies_beyond_its_alert_and_below_its_ceiling() -> None:
    rules = shipped().alerts.alerts
    for threshold, spread in ((5, 0.8), (10, 1.5), (20, 3)):
        size = DRILLS["spread-blow-out"].size
        assert size is not None
        assert threshold < size(Calm(threshold, 0.1, spread)) * spread < 2 * threshold
    for kind, alert in (
        ("basis-step", "basis_critical"),
        ("mark-decoupling", "mark_deviation_critical"),
    ):
        size, (beyond, *_) = DRILLS[kind].size, rules[alert].thresholds.values()
        assert size is not None
        assert beyond < size(Calm(float(beyond), 0, 1)) < 2 * beyond
    evaporation = DRILLS["depth-evaporation"].size
    assert evaporation is not None
    assert 100_000 < 8_000_000 * evaporation(Calm(200_000, 8_000_000, 1)) < 200_000
