"""What one rule makes of one sample."""

from fractions import Fraction

import pytest

from exporter.alerts.judgement import Judgement, judged
from exporter.conditions import Condition
from exporter.detection.baseline import Score, Unscored
from exporter.metrics.sample import LEG_MISSING, Sample
from tests.alerts.rig import GAP, rule

WARMUP = Score(None, 5.0, 1.0, 12, floor_used=False, reason=Unscored.WARMUP)
DEVIATION = Score(None, 0.0, 0.0, 300, floor_used=True, reason=Unscored.DEVIATION)


def score(z: float) -> Score:
    return Score(z, 5.0, 1.0, 300, floor_used=False, reason=None)


def of(
    value: float,
    condition: Condition = Condition.ABOVE,
    threshold: float = 10,
    *,
    firing: bool = False,
    bound: bool = False,
) -> Judgement:
    """The judgement of a rule that asks for no z."""
    sample = Sample(Fraction(value), bound=bound)
    limit = Fraction(threshold)
    return judged(rule(condition=condition), sample, None, limit, firing=firing)


def scored(
    value: float, against: Score | None, condition: Condition = Condition.ABOVE
) -> Judgement:
    """The judgement of a rule that asks for a z beyond 2."""
    asking = rule(condition=condition, z=2.0)
    return judged(asking, Sample(Fraction(value)), against, Fraction(10), firing=False)


def legs(judgement: Judgement) -> tuple[bool | None, bool | None, bool | None, str]:
    return judgement.beyond, judgement.unusual, judgement.met, judgement.unknown


def numbers(judgement: Judgement) -> tuple[object, ...]:
    """Value, threshold in force, threshold at which it clears, z."""
    return judgement.value, judgement.threshold, judgement.clears, judgement.z


@pytest.mark.parametrize(
    ("condition", "threshold", "holds", "clears"),
    [
        (Condition.ABOVE, 10, [8.1, 10], [8, 0, -20]),
        (Condition.BELOW, 400, [400, 499], [500, 600]),
        (Condition.BELOW, -30, [-30, -24.1], [-24, 0, 10]),
        (Condition.ABSOLUTE, 20, [16.1, -16.1, 20, -20], [16, -16, 0]),
    ],
)
def test_a_firing_alert_is_held_up_to_its_clear_threshold(
    condition: Condition, threshold: float, holds: list[float], clears: list[float]
) -> None:
    for value in holds:
        assert not of(value, condition, threshold).met
        assert of(value, condition, threshold, firing=True).met
    for value in clears:
        assert not of(value, condition, threshold, firing=True).met


def test_the_threshold_in_force_is_told_and_where_it_would_clear() -> None:
    assert numbers(of(9)) == (9, 10, 8, None)
    assert numbers(of(9, firing=True)) == (9, 8, 8, None)


@pytest.mark.parametrize(
    ("value", "z", "expected"),
    [
        (11, 3, (True, True, True, "")),
        (11, 1, (True, False, False, "")),
        (9, 3, (False, True, False, "")),
        (9, 1, (False, False, False, "")),
        (11, 2, (True, False, False, "")),
        (10, 3, (False, True, False, "")),
    ],
)
def test_both_conditions_must_hold_and_each_is_told(
    value: float, z: float, expected: tuple[bool, bool, bool, str]
) -> None:
    assert legs(scored(value, score(z))) == expected


def test_a_spread_far_below_normal_is_not_unusual() -> None:
    assert legs(scored(11, score(-8))) == (True, False, False, "")


@pytest.mark.parametrize("value", [11, -11])
@pytest.mark.parametrize("z", [8, -8])
def test_an_absolute_condition_takes_a_z_of_either_sign(value: float, z: float) -> None:
    """A basis that fell from 12 to 11 is as unusual as one that rose to it."""
    assert legs(scored(value, score(z), Condition.ABSOLUTE)) == (True, True, True, "")


@pytest.mark.parametrize("value", [11, 9])
@pytest.mark.parametrize(
    ("against", "reason"), [(WARMUP, "zscore_warmup"), (DEVIATION, "std_too_low")]
)
def test_without_a_z_nothing_is_known_but_the_threshold(
    value: float, against: Score, reason: str
) -> None:
    judgement = scored(value, against)
    assert legs(judgement) == (value > 10, None, None, reason)
    assert numbers(judgement) == (value, 10, 8, None)


def test_a_rule_without_a_z_does_not_wait_for_one() -> None:
    assert legs(of(11)) == (True, None, True, "")
    assert legs(of(9)) == (False, None, False, "")


@pytest.mark.parametrize("sample", [GAP, LEG_MISSING, Sample(None, "stale")])
@pytest.mark.parametrize("limit", [None, 2.0])
def test_a_missing_value_is_unknown_for_its_own_reason(sample: Sample, limit: float | None) -> None:
    judgement = judged(rule(z=limit), sample, None, Fraction(10), firing=True)
    assert legs(judgement) == (None, None, None, sample.missing)
    assert numbers(judgement) == (None, 8, 8, None)


@pytest.mark.parametrize(
    ("condition", "bound", "expected"),
    [
        (Condition.BELOW, 9, (None, None, None, "incomplete_depth")),
        (Condition.BELOW, 10, (False, None, False, "")),
        (Condition.BELOW, 11, (False, None, False, "")),
        (Condition.ABOVE, 11, (True, None, True, "")),
        (Condition.ABOVE, 9, (None, None, None, "incomplete_depth")),
    ],
)
def test_a_lower_bound_decides_only_what_it_can(
    condition: Condition, bound: float, expected: tuple[bool | None, None, bool | None, str]
) -> None:
    judgement = of(bound, condition, bound=True)
    assert legs(judgement) == expected
    assert judgement.value == bound


def test_a_lower_bound_above_the_clear_threshold_ends_what_fires() -> None:
    assert of(13, Condition.BELOW, bound=True, firing=True).met is False
    assert of(12, Condition.BELOW, bound=True, firing=True).met is None


def test_an_undecided_bound_is_told_before_a_missing_z() -> None:
    asking = rule(condition=Condition.BELOW, z=2.0)
    sample = Sample(Fraction(9), bound=True)
    for against in (WARMUP, score(-3)):
        judgement = judged(asking, sample, against, Fraction(10), firing=False)
        assert (judgement.met, judgement.unknown) == (None, "incomplete_depth")
