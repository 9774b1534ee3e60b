"""One condition short of an alert: nothing happens, and what was missing can be told."""

from collections.abc import Iterable
from fractions import Fraction

import pytest

from exporter.alerts.judgement import Judgement
from exporter.config.alerts import AlertsFile
from exporter.metrics.sample import Sample
from exporter.transition import Reason, State
from tests.alerts.rig import PERP, Rig, Shown, configured, steps, written
from tests.shared import shipped

CALM = [*[1.9, 2.1] * 100]
"""A basis or a spread about 2 bps; deviation 0.1."""
WIDE = [*[11.5, 12.5] * 100]
"""About 12 bps, for so long that it is normal."""

SHIPPED = shipped().alerts
NAMES = ("basis_warning", "spread_warning")


def only(*names: str) -> AlertsFile:
    """The shipped rules of these names alone."""
    return SHIPPED.model_copy(update={"alerts": {name: SHIPPED.alerts[name] for name in names}})


def basis(*names: str) -> Rig:
    return Rig(only(*names), [("basis_bps", PERP)])


def seen(rig: Rig, name: str) -> Judgement:
    judgement = rig.alert(name).judgement
    assert judgement is not None
    return judgement


def told(rig: Rig, shown: Iterable[Shown]) -> list[tuple[str, State]]:
    """Which alerts changed to what."""
    return [(one.alert, one.after) for one in rig.run(shown)]


@pytest.mark.parametrize("level", [9, 10, -10])
def test_far_from_normal_but_not_beyond_the_threshold(level: float) -> None:
    rig = basis("basis_warning", "basis_critical")
    rig.run(CALM)
    assert told(rig, [level] * 600) == []
    missed = seen(rig, "basis_warning")
    assert (missed.beyond, missed.met, missed.unknown) == (False, False, "")


def test_the_first_such_sample_is_far_from_normal() -> None:
    rig = basis("basis_warning")
    rig.run([*CALM, 9])
    missed = seen(rig, "basis_warning")
    assert (missed.beyond, missed.unusual, missed.met) == (False, True, False)
    assert missed.z == 50


def test_beyond_the_threshold_but_not_far_from_normal() -> None:
    rig = basis("basis_warning")
    rig.run([*WIDE, 12.5])
    assert told(rig, WIDE * 3) == []
    missed = seen(rig, "basis_warning")
    assert (missed.beyond, missed.unusual, missed.met) == (True, False, False)


def test_both_but_one_second_too_short() -> None:
    """57 samples and the three that are tolerated are 60, which are 59 seconds."""
    rig = basis("basis_warning", "basis_critical")
    rig.run(CALM)
    assert told(rig, [*[25] * 57, *[2] * 300]) == [
        ("basis_warning", State.PENDING),
        ("basis_critical", State.PENDING),
        ("basis_warning", State.INACTIVE),
        ("basis_critical", State.INACTIVE),
    ]


@pytest.mark.parametrize(("seconds", "fires"), [(117, False), (118, True)])
def test_the_last_seconds_may_be_bad_but_no_more_than_are_tolerated(
    seconds: int, fires: bool
) -> None:
    """With three tolerated, 118 good samples of 121 are enough, and 117 are not."""
    rig = basis("basis_warning")
    rig.run(CALM)
    assert (("basis_warning", State.FIRING) in told(rig, [*[15] * seconds, *[2] * 60])) == fires


def test_one_second_more_and_it_fires() -> None:
    rig = basis("basis_warning", "basis_critical")
    rig.run([*CALM, *[25] * 121])
    assert steps(rig.log)[2:] == [
        (260, "basis_critical", State.FIRING, Reason.HELD),
        (320, "basis_warning", State.FIRING, Reason.HELD),
    ]


@pytest.mark.parametrize("persistence", [1, 5, 9])
def test_without_tolerance_not_a_second_may_lack(persistence: int) -> None:
    for seconds, fires in ((persistence, False), (persistence + 1, True)):
        rig = Rig(configured({"one": written(persistence_seconds=persistence)}))
        assert (("one", State.FIRING) in told(rig, [*[11] * seconds, 1, *[11] * seconds])) == fires


def test_a_spread_that_narrows_by_eight_deviations_is_no_alert() -> None:
    """Five bps are normal here, though beyond the threshold of 3; then the spread gets better."""
    rig = Rig(only("spread_warning", "spread_critical"))
    rig.run([*[6.4, 6.6] * 150, 5.7])
    narrow = seen(rig, "spread_warning")
    assert narrow.z == pytest.approx(-8, abs=0.1)
    assert (narrow.beyond, narrow.unusual, narrow.met) == (True, False, False)
    assert told(rig, [5.7] * 600) == []
    assert rig.log == []


def test_while_a_baseline_warms_up_nothing_is_known_and_nothing_happens() -> None:
    rig = basis("basis_warning")
    for second in range(30):
        assert rig.step(30) == []
        missed = seen(rig, "basis_warning")
        assert (missed.beyond, missed.met, missed.unknown) == (True, None, "zscore_warmup")
        assert missed.score is not None
        assert missed.score.samples == second
    rig.step(30)
    assert (seen(rig, "basis_warning").met, seen(rig, "basis_warning").z) == (False, 0)


def test_a_ceiling_sees_what_the_baseline_cannot_tell_yet() -> None:
    rig = basis("basis_warning", "basis_critical", "basis_ceiling")
    assert told(rig, [41] * 6) == [
        ("basis_ceiling", State.PENDING),
        ("basis_ceiling", State.FIRING),
    ]


def test_a_value_that_has_never_moved_from_nothing_has_no_z() -> None:
    rig = Rig(only("spread_warning"))
    rig.run([*[0] * 60, 12])
    missed = seen(rig, "spread_warning")
    assert (missed.beyond, missed.met, missed.unknown) == (True, None, "std_too_low")
    assert rig.log == []


def test_a_price_step_that_is_known_gives_it_one() -> None:
    rig = Rig(only("spread_warning"))
    tick = Fraction(1, 10)
    rig.run([Sample(Fraction(0), resolution=tick)] * 60)
    assert told(rig, [Sample(Fraction(12), resolution=tick)]) == [("spread_warning", State.FIRING)]


@pytest.mark.parametrize("name", NAMES)
def test_a_polled_feed_can_alert_but_does_not_teach(name: str) -> None:
    rig = Rig(only(name), [(SHIPPED.alerts[name].signal, PERP)])
    rig.run(CALM)
    polled = [Sample(Fraction(25), degraded=True)] * 130
    assert (name, State.FIRING) in told(rig, polled)
    _, watch = rig.alerts.watches[0]
    assert watch.baseline is not None
    assert watch.baseline.mean == pytest.approx(2)


def test_polled_seconds_of_a_calm_market_do_not_teach_either() -> None:
    rig = basis("basis_warning")
    rig.run([*CALM, *[Sample(Fraction(5), degraded=True)] * 100])
    _, watch = rig.alerts.watches[0]
    assert watch.baseline is not None
    assert watch.baseline.samples == 200
    assert watch.baseline.mean == pytest.approx(2)


def test_the_mildest_rule_freezes_the_baseline_whatever_the_order_of_the_file() -> None:
    for names in (("basis_warning", "basis_critical"), ("basis_critical", "basis_warning")):
        rig = basis(*names)
        rig.run([*CALM, 12])
        _, watch = rig.alerts.watches[0]
        assert watch.baseline is not None
        assert (watch.baseline.frozen, watch.baseline.samples) == (0, 200)


def frozen(rig: Rig) -> tuple[int | None, int]:
    """For how long the baseline of the only dial has been frozen, and its samples."""
    _, watch = rig.alerts.watches[0]
    assert watch.baseline is not None
    return watch.baseline.frozen, watch.baseline.samples


@pytest.mark.parametrize(("level", "held"), [(9, True), (8.1, True), (-9, True), (8, False)])
def test_a_value_above_the_clear_threshold_keeps_the_baseline_frozen(
    level: float, held: bool
) -> None:
    """Three bad samples are tolerated; the fourth ends the run and is the first of ten."""
    rig = basis("basis_warning")
    rig.run([*CALM, 12, *[level] * 100])
    assert rig.state("basis_warning") is State.INACTIVE
    assert frozen(rig) == ((100, 200) if held else (None, 200 + 100 - 12))


@pytest.mark.parametrize(("seconds", "samples"), [(4, 200), (5, 0)])
def test_seconds_without_data_empty_a_baseline_that_is_not_frozen(
    seconds: int, samples: int
) -> None:
    rig = basis("basis_warning")
    rig.run([*CALM, *[None] * seconds])
    assert frozen(rig) == (None, samples)
    rig.run([*CALM, 12, *[None] * seconds])
    assert frozen(rig)[0] == 0


def test_a_new_normal_ends_what_asks_for_a_z_and_nothing_else() -> None:
    rig = basis("basis_warning", "basis_critical", "basis_ceiling")
    rig.run([*CALM, *[44.9, 45.1] * 1_000])
    ends = [
        (second - 200, name)
        for second, name, _, reason in steps(rig.log)
        if reason is Reason.NEW_REGIME
    ]
    assert ends == [(1_800, "basis_warning"), (1_800, "basis_critical")]
    assert rig.state("basis_ceiling") is State.FIRING


def test_a_depth_that_is_only_known_to_be_more_is_no_alert() -> None:
    rules = only("depth_warning", "depth_critical")
    rig = Rig(rules, [("depth_quote", PERP)])
    assert told(rig, [Sample(Fraction(100_000), bound=True)] * 600) == []
    assert seen(rig, "depth_warning").unknown == "incomplete_depth"
    assert told(rig, [Sample(Fraction(600_000), bound=True)]) == []
    assert seen(rig, "depth_warning").met is False
    assert told(rig, [100_000]) == [
        ("depth_warning", State.FIRING),
        ("depth_critical", State.FIRING),
    ]
