"""Alerts under another configuration: what goes on, what ends as disabled, what begins anew."""

from pathlib import Path

import pytest

from exporter.transition import Reason, State
from tests.changes import Change, put
from tests.reconfigured import CALM, PERP, RULES, SPOT, SWAP, House, rule

ALERTS = "alerts/alerts"


def firing(folder: Path) -> House:
    """`wide` and `lasting` have fired for a while on one market."""
    world = House(folder)
    world.seconds(CALM)
    world.seconds(15, binance_perp=15)
    assert [change[:3] for change in world.told()] == [
        ("wide", PERP, "firing"),
        ("lasting", PERP, "pending"),
        ("lasting", PERP, "firing"),
    ]
    return world


def test_a_firing_alert_is_judged_by_another_threshold_from_the_next_second_on(
    tmp_path: Path,
) -> None:
    world = firing(tmp_path)
    life, normal = world.alert("wide").life, world.normal()
    assert world.reload(put(f"{ALERTS}/wide/thresholds/other", 100)) == []
    assert world.told() == []
    assert (world.alert("wide").life, world.normal()) == (life, normal)
    world.seconds(1, binance_perp=15)
    assert world.told() == [("wide", PERP, "inactive", "cleared")]
    assert world.alert("lasting").life.firing_for == life.firing_for - 9
    assert world.alert("wide").endings[Reason.CLEARED] == 1


@pytest.mark.parametrize(
    "change",
    [
        put(f"{ALERTS}/wide/thresholds/other", 25),
        put(f"{ALERTS}/wide/z", 3),
        put(f"{ALERTS}/wide/persistence_seconds", 20),
        put(f"{ALERTS}/wide/priority", "P1"),
        put(f"{ALERTS}/wide/thresholds/BTC-USDT-SPOT", 50),
        put("alerts/timing/no_data_after_seconds", 40),
    ],
)
def test_an_alert_that_still_asks_the_same_goes_on(tmp_path: Path, change: Change) -> None:
    world = firing(tmp_path)
    before = world.alert("wide")
    counts = dict(before.entered), before.seconds_firing
    world.reload(change)
    after = world.alert("wide")
    assert (after.life, after.judgement) == (before.life, before.judgement)
    world.seconds(3, binance_perp=15)
    assert world.told() == []
    assert after.firing
    assert (dict(after.entered), after.seconds_firing - 3) == counts


@pytest.mark.parametrize("seconds", [3, 15])
@pytest.mark.parametrize(
    "change",
    [
        put(f"{ALERTS}/lasting", None),
        put(f"{ALERTS}/lasting/enabled", value=False),
        put(f"{ALERTS}/lasting/thresholds", {"BTC-USDT-SPOT": 20}),
    ],
)
def test_a_rule_that_is_no_longer_there_ends_once_as_disabled(
    tmp_path: Path, change: Change, seconds: int
) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    world.seconds(seconds, binance_perp=15)
    world.told()
    before = world.alert("lasting").life.state
    assert before is (State.PENDING if seconds < 10 else State.FIRING)
    wide = world.alert("wide").life
    world.reload(change)
    transition = world.heard.log[-1]
    assert (transition.before, transition.time) == (before, world.pipeline.now)
    assert transition.value is not None
    assert world.told() == [("lasting", PERP, "inactive", "disabled")]
    world.reload(change)
    world.seconds(2, binance_perp=15)
    assert world.told() == []
    assert not [line for line in world.series() if "lasting" in line and "PERP" in line]
    assert world.alert("wide").life.since == wide.since
    world.reload()
    assert world.alert("lasting").life.state is State.INACTIVE
    world.seconds(1, binance_perp=15)
    assert world.told() == [("lasting", PERP, "pending", "conditions_met")]


@pytest.mark.parametrize(
    ("change", "afterwards"),
    [
        (
            put(f"{ALERTS}/lasting", rule("unchanged_seconds", family="feed")),
            [],
        ),
        (
            put(f"{ALERTS}/lasting/condition", "absolute"),
            [("lasting", PERP, "pending", "conditions_met")],
        ),
    ],
)
def test_another_question_under_the_same_name_is_another_life(
    tmp_path: Path, change: Change, afterwards: list[tuple[str, str, str, str]]
) -> None:
    world = firing(tmp_path)
    world.reload(change)
    assert world.told() == [("lasting", PERP, "inactive", "disabled")]
    assert world.alert("lasting").life.since is None
    assert world.alert("lasting").judgement is None
    world.seconds(1, binance_perp=15)
    assert world.told() == afterwards
    assert world.alert("wide").firing


@pytest.mark.parametrize(("window", "kept"), [(8, 8), (20, 12), (200, 12)])
def test_samples_are_carried_over_as_far_as_they_fit(
    tmp_path: Path, window: int, kept: int
) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    before = world.normal()
    world.reload(put("alerts/baseline/window_samples", window))
    assert world.normal() == before[-kept:]
    world.seconds(1)
    assert world.alert("wide").judgement is not None
    assert len(world.normal()) == min(window, kept + 1)


def test_a_warmup_that_is_longer_makes_z_unknown_and_takes_nothing_else(tmp_path: Path) -> None:
    world = firing(tmp_path)
    world.reload(put("alerts/baseline/warmup_samples", 15))
    world.seconds(1, binance_perp=15)
    judgement = world.alert("wide").judgement
    assert judgement is not None
    assert judgement.unknown == "zscore_warmup"
    assert world.alert("wide").firing
    assert world.told() == []
    world.reload()
    world.seconds(1, binance_perp=15)
    assert world.alert("wide").judgement.met  # type: ignore[union-attr]  # it has been judged


@pytest.mark.parametrize(
    "change",
    [
        put(f"{ALERTS}/wide/thresholds/other", 25),
        put("alerts/baseline/window_samples", 300),
        put("features/spread/limits_bps", [1]),
        put("instruments/instruments/BTC-USDT-PERP/stale_after_seconds/book", 4),
    ],
)
def test_what_is_frozen_stays_frozen_for_as_long_as_it_would_have(
    tmp_path: Path, change: Change
) -> None:
    world, other = firing(tmp_path), House(tmp_path)
    other.seconds(CALM)
    other.seconds(15, binance_perp=15)
    other.told()
    world.reload(change)
    for one in (world, other):
        one.seconds(50, binance_perp=15)
    assert [change[:2] + change[3:] for change in world.told()] == [("wide", PERP, "new_regime")]
    assert [change[:2] + change[3:] for change in other.told()] == [("wide", PERP, "new_regime")]
    assert world.normal()[-20:] == other.normal()


def test_a_lower_bound_of_the_freeze_ends_one_that_is_longer(tmp_path: Path) -> None:
    world = House(tmp_path, put("alerts/baseline/freeze_limit_seconds", 600))
    world.seconds(CALM)
    world.seconds(70, binance_perp=15)
    assert world.alert("wide").firing
    world.told()
    world.reload()
    world.seconds(1, binance_perp=15)
    assert world.told() == [("wide", PERP, "inactive", "new_regime")]
    for _ in range(2):
        count = world.number(PERP, "market_baseline_new_regimes_total", "", "spread_bps", "", "")
        assert count == 1
        world.reload(put("alerts/baseline/window_samples", 30))


def test_a_reload_while_data_are_missing_does_not_start_the_patience_anew(tmp_path: Path) -> None:
    world = firing(tmp_path)
    world.later(25)
    assert world.alert("wide").life.missing > 15
    missing = world.alert("wide").life.missing
    world.reload(put(f"{ALERTS}/wide/z", 3))
    assert world.alert("wide").life.missing == missing
    world.later(31 - missing)
    assert ("wide", PERP, "inactive", "no_data") in world.told()


def test_a_z_that_is_asked_later_warms_up_and_one_given_up_takes_its_series(
    tmp_path: Path,
) -> None:
    plain = put(f"{ALERTS}/wide", rule())
    world = House(tmp_path, plain)
    world.seconds(CALM)
    assert not [line for line in world.series() if "baseline" in line and "spread" in line]
    world.reload()
    assert len(world.normal()) == 0
    world.seconds(CALM)
    assert len(world.normal()) == CALM
    world.reload(plain)
    assert not [line for line in world.series() if "baseline" in line and "spread" in line]
    world.seconds(1, binance_perp=15)
    assert world.alert("wide").firing


def test_an_escalation_comes_when_it_would_have_come(tmp_path: Path) -> None:
    world = House(tmp_path, put("alerts/baseline/freeze_limit_seconds", 600))
    world.seconds(CALM)
    world.seconds(60, binance_perp=15)
    world.told()
    longer = put("alerts/baseline/freeze_limit_seconds", 700)
    world.reload(longer)
    world.seconds(42, binance_perp=15)
    escalated = [change for change in world.told() if change[3] == "escalated"]
    assert escalated == [("wide", PERP, "firing", "escalated")]
    assert world.alert("wide").life.escalated
    world.reload()
    assert world.alert("wide").life.escalated


def test_a_firing_alert_escalates_at_once_where_it_has_fired_for_longer_now(tmp_path: Path) -> None:
    world = firing(tmp_path)
    world.reload(put("alerts/timing/escalate_after_seconds", 10))
    world.seconds(1, binance_perp=15)
    assert world.told() == [("wide", PERP, "firing", "escalated")]


def test_transitions_are_numbered_on(tmp_path: Path) -> None:
    world = firing(tmp_path)
    world.reload(put(ALERTS, {}))
    assert [one.sequence for one in world.heard.log] == [4, 5]
    assert list(world.pipeline.alerts) == []
    world.seconds(1, binance_perp=15)
    world.reload()
    world.seconds(1, binance_perp=15)
    assert [one.sequence for one in world.heard.log] == [4, 5, 6]
    assert {str(one.target) for one in world.pipeline.alerts} >= {SPOT, SWAP}
    assert set(RULES["alerts"]) == {one.rule.id for one in world.pipeline.alerts}
