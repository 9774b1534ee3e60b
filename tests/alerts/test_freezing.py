"""What freezes a baseline, how long it stays frozen, and what then pages."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
import yaml

from exporter.config.alerts import AlertsFile
from exporter.detection.baseline import Baseline
from exporter.metrics.sample import Sample
from exporter.model import MarketId, Target
from exporter.transition import Reason, State
from tests.alerts.rig import OKX_PERP, PERP, START, Rig, configured, steps, written
from tests.shared import ROOT

PAIR = Target("binance", "BTC-USDT-PERP", "okx")
NEW_REGIMES = "market_baseline_new_regimes_total"


def around(level: int, seconds: int) -> list[Fraction]:
    """From the level upwards by tenths, again and again."""
    return [level + Fraction(second % 5, 10) for second in range(seconds)]


def unquiet(seconds: int) -> list[Fraction]:
    """About 2, with a deviation of 2: a z of 8 is far away."""
    return [Fraction(2 + second % 7 - 3) for second in range(seconds)]


def held(**changes: object) -> dict[str, object]:
    """A rule on the basis: beyond 10 on either side and z 2, for two minutes."""
    words = {"family": "basis", "signal": "basis_bps", "condition": "absolute"}
    return written(**{**words, "z": 2, "persistence_seconds": 120, **changes})


def basis(
    rules: Mapping[str, object] | AlertsFile, regimes: Mapping[str, object] | None = None
) -> Rig:
    file = rules if isinstance(rules, AlertsFile) else configured(rules, regimes)
    return Rig(file, [("basis_bps", PERP)])


def baseline(rig: Rig) -> Baseline:
    found = rig.alerts.watches[0][1].baseline
    assert found is not None
    return found


def firings(rig: Rig) -> list[tuple[int, str]]:
    """When which alert began to fire."""
    begun = (Reason.HELD, Reason.CONDITIONS_MET)
    return [
        (second, name)
        for second, name, state, reason in steps(rig.log)
        if state is State.FIRING and reason in begun
    ]


def reasons(rig: Rig) -> list[Reason]:
    return [one.reason for one in rig.log]


# --- any rule with a z freezes


@pytest.mark.parametrize(("level", "name"), [(25, "premium"), (-25, "discount")])
def test_rules_for_either_sign_each_fire_on_time(level: int, name: str) -> None:
    rig = basis(
        {
            "premium": held(condition=">"),
            "discount": held(condition="<", thresholds={"other": -10}),
        }
    )
    rig.run([*around(2, 400), *around(level, 400)])
    assert firings(rig) == [(520, name)]
    assert baseline(rig).mean == pytest.approx(2.2, abs=0.01)


@pytest.mark.parametrize("near", [{}, {"near": held(z=8, persistence_seconds=10)}])
def test_a_nearer_rule_with_a_high_z_does_not_keep_another_from_firing(
    near: Mapping[str, object],
) -> None:
    rig = basis({**near, "far": held(thresholds={"other": 12})})
    rig.run([*unquiet(400), *around(15, 400)])
    assert firings(rig) == [(520, "far")]


def test_the_shipped_basis_rules_keep_their_times_beside_a_rule_for_a_discount() -> None:
    shipped = yaml.safe_load((ROOT / "config" / "alerts.yaml").read_text())
    shipped["alerts"]["discount"] = held(condition="<", thresholds={"other": -10})
    rig = basis(AlertsFile.model_validate(shipped))
    rig.run([*around(2, 300), *around(25, 400)])
    assert firings(rig) == [(360, "basis_critical"), (420, "basis_warning")]


# --- the end of a freeze


def test_an_expiry_that_ends_no_alert_is_counted() -> None:
    """One second beyond the threshold freezes it; above the clear threshold it stays frozen."""
    rig = basis({"one": held()})
    rig.run([*around(2, 300), 11, *[9] * 1799])
    assert (baseline(rig).new_regimes, baseline(rig).frozen) == (0, 1799)
    rig.run([9])
    assert (baseline(rig).new_regimes, baseline(rig).frozen, baseline(rig).mean) == (1, None, 9)
    assert Reason.NEW_REGIME not in reasons(rig)


def test_the_page_counts_such_an_expiry() -> None:
    rig = basis({"one": held()})
    rig.run([*around(2, 300), 11, *[9] * 1800])
    readings = rig.alerts.readings(MarketId(*PERP[:2]))
    assert [value for series, value in readings if series.family.name == NEW_REGIMES] == [1]


def test_a_freeze_does_not_expire_while_samples_are_polled() -> None:
    rig = Rig(configured({"one": written(z=2)}))
    rig.run(around(2, 300))
    rig.run([Sample(value, degraded=True) for value in around(20, 4000)])
    assert reasons(rig) == [Reason.CONDITIONS_MET, Reason.ESCALATED]
    assert (baseline(rig).frozen, baseline(rig).new_regimes) == (3999, 0)
    assert baseline(rig).mean == pytest.approx(2.2)


def test_a_regime_that_begins_in_an_incident_does_not_teach_it() -> None:
    def at(minutes: int) -> str:
        return f"{datetime.fromtimestamp(START, UTC) + timedelta(minutes=minutes):%H:%M}"

    looser = {"enabled": True, "between": [at(10), at(20)], "multiplier": 3, "alerts": ["one"]}
    rig = basis({"one": held()}, {"looser": looser})
    rig.run([*around(2, 300), *around(15, 899)])
    assert rig.state("one") is State.INACTIVE
    assert baseline(rig).mean == pytest.approx(2.2)
    rig.run(around(15, 200))
    assert firings(rig) == [(420, "one"), (1320, "one")]


# --- escalation


def escalated(rig: Rig) -> list[tuple[int, str]]:
    return [
        (second, name) for second, name, _, reason in steps(rig.log) if reason is Reason.ESCALATED
    ]


def test_an_escalation_waits_for_a_known_sample() -> None:
    page = written(priority="P1", severity="critical")
    chat = written(signal="basis_bps", thresholds={"other": 10})
    rig = Rig(configured({"page": page, "chat": chat}), [("spread_bps", PERP), ("basis_bps", PERP)])
    for _ in range(310):
        rig.step(11, 11)
    rig.step(1, None)
    rig.step(1, None)
    assert rig.state("page") is State.INACTIVE
    assert escalated(rig) == []
    rig.step(1, 11)
    assert escalated(rig) == [(312, "chat")]


def apart(*markets: Target, **changes: object) -> Rig:
    """A rule on each of these markets and one on the pair, in the same family."""
    rules = {
        "one": written(family="cross_exchange", **changes),
        "apart": written(
            family="cross_exchange", signal="exchange_divergence_bps", condition="absolute"
        ),
    }
    dials = [("spread_bps", market) for market in markets]
    return Rig(configured(rules), [*dials, ("exchange_divergence_bps", PAIR)])


@pytest.mark.parametrize("market", [PERP, OKX_PERP])
def test_a_pair_does_not_escalate_while_a_page_fires_on_either_exchange(market: Target) -> None:
    rig = apart(market, priority="P1")
    for _ in range(400):
        rig.step(11, 11)
    assert escalated(rig) == []
    rig.step(1, 11)
    assert escalated(rig) == [(400, "apart")]


@pytest.mark.parametrize("market", [PERP, OKX_PERP])
def test_a_pair_does_not_escalate_where_one_of_its_exchanges_has_escalated(market: Target) -> None:
    rig = apart(market)
    for second in range(500):
        rig.step(11, 11 if second >= 50 else 1)
    assert escalated(rig) == [(300, "one")]
    rig.step(1, 11)
    assert escalated(rig) == [(300, "one"), (500, "apart")]


def test_a_page_of_an_exchange_outside_the_pair_does_not_keep_it_from_escalating() -> None:
    elsewhere = Target("binance", "BTC-USDT-SPOT")
    rig = apart(elsewhere, priority="P1")
    for _ in range(301):
        rig.step(11, 11)
    assert escalated(rig) == [(300, "apart")]
