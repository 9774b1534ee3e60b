"""What an alert asks of a value, and how hysteresis and regimes move its threshold."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.conditions import Condition

ABOVE, BELOW, ABSOLUTE = Condition.ABOVE, Condition.BELOW, Condition.ABSOLUTE

fractions = st.fractions(-(10**6), 10**6, max_denominator=1000)
above_zero = st.fractions(Fraction(1, 1000), 10**6, max_denominator=1000)
rules = st.one_of(
    st.tuples(st.just(ABOVE), st.one_of(above_zero, st.just(Fraction(0)))),
    st.tuples(st.just(ABSOLUTE), above_zero),
    st.tuples(st.just(BELOW), fractions.filter(bool)),
)
"""Conditions with thresholds that a configuration may have."""
Asked = tuple[Condition, Fraction]


@pytest.mark.parametrize(
    ("condition", "threshold", "met", "unmet"),
    [
        (ABOVE, 10, [10.001, 50], [10, 0, -50]),
        (BELOW, 10, [9.999, 0, -50], [10, 50]),
        (BELOW, -30, [-30.001, -99], [-30, 0, 99]),
        (ABSOLUTE, 10, [10.001, -10.001], [10, -10, 0]),
    ],
)
def test_a_value_at_the_threshold_is_not_beyond_it(
    condition: Condition, threshold: int, met: list[float], unmet: list[float]
) -> None:
    for values, expected in ((met, True), (unmet, False)):
        for value in values:
            assert condition.met(Fraction(value), Fraction(threshold)) is expected


@pytest.mark.parametrize(
    ("condition", "threshold", "eased"),
    [
        (ABOVE, 10, 8),
        (ABOVE, 0, 0),
        (ABSOLUTE, 20, 16),
        (BELOW, 400_000, 500_000),
        (BELOW, -30, -24),
    ],
)
def test_a_firing_alert_clears_at_four_fifths_or_its_inverse(
    condition: Condition, threshold: int, eased: int
) -> None:
    assert condition.eased(Fraction(threshold)) == eased


@given(asked=rules, value=fractions)
def test_what_meets_a_rule_meets_it_while_it_fires(asked: Asked, value: Fraction) -> None:
    condition, threshold = asked
    if condition.met(value, threshold):
        assert condition.met(value, condition.eased(threshold))


@given(asked=rules, value=fractions, multiplier=st.fractions(1, 1000, max_denominator=100))
def test_a_regime_only_loosens(asked: Asked, value: Fraction, multiplier: Fraction) -> None:
    condition, threshold = asked
    loosened = condition.loosened(threshold, multiplier)
    assert not condition.milder(loosened, threshold)
    if condition.met(value, loosened):
        assert condition.met(value, threshold)


@pytest.mark.parametrize(
    ("condition", "threshold", "loosened"),
    [(ABOVE, 10, 30), (ABSOLUTE, 10, 30), (BELOW, 300, 100), (BELOW, -30, -90)],
)
def test_a_multiplier_multiplies_or_divides_a_positive_below(
    condition: Condition, threshold: int, loosened: int
) -> None:
    assert condition.loosened(Fraction(threshold), Fraction(3)) == loosened


@pytest.mark.parametrize(
    ("condition", "sides"),
    [(ABOVE, (True, False)), (BELOW, (False, True)), (ABSOLUTE, (True, True))],
)
def test_z_counts_on_the_side_of_the_condition(
    condition: Condition, sides: tuple[bool, bool]
) -> None:
    assert (condition.unusual(8.0, 2), condition.unusual(-8.0, 2)) == sides
    assert not condition.unusual(2.0, 2)
    assert not condition.unusual(-2.0, 2)


@given(asked=rules, bound=fractions, more=st.fractions(0, 10**6, max_denominator=1000))
def test_what_a_lower_bound_tells_is_true_of_every_value_from_it_on(
    asked: Asked, bound: Fraction, more: Fraction
) -> None:
    condition, threshold = asked
    told = condition.met_from_below(bound, threshold)
    if told is not None:
        assert condition.met(bound + more, threshold) is told


@pytest.mark.parametrize(
    ("condition", "bound", "told"),
    [
        (BELOW, 10, False),
        (BELOW, 9, None),
        (ABOVE, 11, True),
        (ABOVE, 10, None),
        (ABSOLUTE, 11, True),
        (ABSOLUTE, -11, None),
    ],
)
def test_a_lower_bound_may_not_tell(condition: Condition, bound: int, told: bool | None) -> None:
    assert condition.met_from_below(Fraction(bound), Fraction(10)) is told


@given(asked=rules, other=fractions, value=fractions)
def test_a_milder_threshold_is_met_by_what_meets_the_other(
    asked: Asked, other: Fraction, value: Fraction
) -> None:
    condition, threshold = asked
    if condition.milder(threshold, other) and condition.met(value, other):
        assert condition.met(value, threshold)
