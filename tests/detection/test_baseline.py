"""What a baseline says of a sample, and which samples teach it."""

from collections.abc import Iterable
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.detection.baseline import CAP, Baseline, BaselineRules, Score, Unscored, Verdict
from exporter.detection.window import NANO
from tests.detection import oracle
from tests.detection.plain import RollingWithCurrent

QUIET = Verdict(conjunction=False, beyond=False, running=False, firing=False)
BEYOND = QUIET._replace(beyond=True)
RUNNING = QUIET._replace(running=True)
FIRING = RUNNING._replace(firing=True)
MET = Verdict(conjunction=True, beyond=True, running=True, firing=False)

values = st.integers(-(10**12), 10**12)


def learnt(samples: Iterable[float], rules: BaselineRules | None = None) -> Baseline:
    """A baseline that has learnt these, in units."""
    baseline = Baseline(rules or BaselineRules())
    for sample in samples:
        take(baseline, sample)
    return baseline


def take(
    baseline: Baseline, sample: float, verdict: Verdict = QUIET, *, learn: bool = True
) -> bool:
    return baseline.take(round(sample * NANO), verdict, learn=learn)


def score(baseline: Baseline, sample: float, resolution: float = 0) -> Score:
    return baseline.score(round(sample * NANO), round(resolution * NANO))


def ring(baseline: Baseline) -> list[float]:
    """The samples that it goes by, in units."""
    return [sample / NANO for sample in baseline.state().ring]


def kept(baseline: Baseline) -> tuple[int | None, list[float]]:
    """For how long it has been frozen, and what it goes by."""
    return baseline.frozen, ring(baseline)


def steady(count: int = 300) -> list[float]:
    """About 10, never more than 0.1 from it."""
    return [10 + (-1) ** number * 0.1 for number in range(count)]


def frozen(baseline: Baseline | None = None) -> Baseline:
    """Frozen at this moment."""
    baseline = baseline or learnt(steady())
    take(baseline, 20, MET)
    assert baseline.frozen == 0
    return baseline


def expired() -> Baseline:
    """One whose freeze has just reached its bound at 20."""
    baseline = frozen()
    while not take(baseline, 20, MET):
        assert baseline.frozen is not None
    return baseline


# --- z


def test_z_is_taken_over_the_samples_before() -> None:
    rules = BaselineRules(window=5, warmup=5)
    assert score(learnt([1, 2, 3, 4, 5], rules), 6).z == pytest.approx(1.8973665961, abs=1e-10)


def test_the_control_includes_the_sample_itself() -> None:
    control = RollingWithCurrent(BaselineRules(window=6, warmup=2))
    for value in (1, 2, 3, 4, 5):
        score(control, value)
    assert score(control, 6).z == pytest.approx(1.3363062096, abs=1e-10)


@pytest.mark.parametrize(("prior", "included"), [(3, 2.578), (5, 3.604), (10, 4.662)])
def test_a_sample_in_its_own_window_is_less_far(prior: float, included: float) -> None:
    past = [0, *[1, -1] * 14]
    control = RollingWithCurrent(BaselineRules(warmup=2))
    for value in past:
        score(control, value)
    assert score(learnt(past, BaselineRules(warmup=29)), prior).z == prior
    assert score(control, prior).z == pytest.approx(included, abs=5e-4)


@given(past=st.lists(values, min_size=2, max_size=30), sample=values, resolution=st.integers(0, 99))
def test_z_agrees_with_its_definition_in_exact_fractions(
    past: list[int], sample: int, resolution: int
) -> None:
    baseline = Baseline(BaselineRules(window=8, warmup=2))
    for one in past:
        baseline.take(one, QUIET, learn=True)
    recent = past[-8:]
    deviation = oracle.root(oracle.variance(recent))
    middle = Fraction(median(recent)) / NANO
    floor = max(Fraction(resolution, NANO), abs(middle) / 1000)
    found, used = baseline.score(sample, resolution), max(deviation, floor)
    assert found.floor_used == (floor > deviation) or found.z is None
    if used:
        z = (Fraction(sample, NANO) - oracle.mean(recent)) / used
        capped = min(max(z, Fraction(-50)), Fraction(50))
        assert found.z == pytest.approx(float(capped), rel=1e-9, abs=1e-9)
    else:
        assert (found.z, found.reason) == (None, Unscored.DEVIATION)


@given(past=st.lists(values, min_size=2, max_size=30), one=values, other=values)
def test_what_a_sample_is_compared_with_does_not_depend_on_it(
    past: list[int], one: int, other: int
) -> None:
    baseline = Baseline(BaselineRules(window=20, warmup=2))
    for sample in past:
        baseline.take(sample, QUIET, learn=True)
    first = baseline.score(one, 1)
    assert first[1:4] == baseline.score(other, 1)[1:4]
    assert baseline.score(one, 1) == first


def test_there_is_no_z_before_thirty_samples() -> None:
    baseline = learnt(steady(29))
    unscored = score(baseline, 11)
    assert (unscored.z, unscored.reason, unscored.samples) == (None, Unscored.WARMUP, 29)
    assert unscored.mean == pytest.approx(10, abs=0.01)
    take(baseline, 10)
    assert (score(baseline, 10).reason, score(baseline, 10).samples) == (None, 30)
    assert baseline.warmup == 30


@pytest.mark.parametrize("level", [2, -2, 100_000, 0.1])
def test_after_a_constant_series_an_equal_value_is_exactly_normal(level: float) -> None:
    constant = score(learnt([level] * 300), level)
    assert (constant.z, constant.deviation, constant.mean) == (0, 0, level)
    turned = score(learnt([7, 3, 1e8, *[level] * 300]), level)
    assert (turned.z, turned.deviation) == (0, 0)


def test_a_value_without_deviation_or_floor_has_no_z() -> None:
    unscored = score(learnt([0] * 30), 1)
    assert (unscored.z, unscored.reason, unscored.deviation) == (None, Unscored.DEVIATION, 0)
    assert score(learnt([0] * 30), 1, resolution=1).z == 1


@pytest.mark.parametrize("sign", [1, -1])
def test_the_floor_is_a_thousandth_of_the_median_or_the_resolution(sign: int) -> None:
    baseline = learnt([sign * 1000] * 300)
    assert score(baseline, sign * 1003) == Score(3 * sign, sign * 1000, 0, 300, True, None)
    assert score(baseline, sign * 1003, resolution=0.5).z == 3 * sign
    assert score(baseline, sign * 1003, resolution=1.5).z == 2 * sign


@pytest.mark.parametrize("before", [1_000_000, 1, -1_000_000])
def test_the_floor_follows_the_window(before: int) -> None:
    baseline = learnt([before] * 300 + [1000] * 300)
    assert score(baseline, 1003) == Score(3, 1000, 0, 300, True, None)


def test_the_floor_counts_only_where_it_is_more_than_the_deviation() -> None:
    found = score(learnt(steady()), 10.3, resolution=0.05)
    assert not found.floor_used
    assert found.z == pytest.approx(3, rel=0.01)


def test_a_spread_one_tick_wider_than_ever_does_not_reach_two() -> None:
    tick = 0.0016
    z = score(learnt([tick] * 300), 2 * tick, resolution=0.51 * tick).z
    assert z == pytest.approx(1 / 0.51)


@pytest.mark.parametrize(("sample", "z"), [(10**9, CAP), (-(10**9), -CAP)])
def test_z_says_no_more_than_fifty(sample: float, z: float) -> None:
    assert score(learnt(steady()), sample).z == z == 50 * (1 if sample > 0 else -1)


def test_mean_and_deviation_can_be_read_at_any_time() -> None:
    baseline = learnt([1, 2, 3])
    assert (baseline.samples, baseline.mean, baseline.deviation) == (3, 2, 1)
    empty = learnt([])
    assert (empty.samples, empty.mean, empty.deviation) == (0, None, None)


# --- freezing


def test_the_sample_that_freezes_it_is_not_learnt_nor_any_after() -> None:
    baseline = frozen()
    for _ in range(100):
        take(baseline, 20, MET)
    assert kept(baseline) == (100, steady())


@pytest.mark.parametrize("verdict", [BEYOND, RUNNING, FIRING])
def test_only_the_whole_conjunction_freezes(verdict: Verdict) -> None:
    baseline = learnt(steady())
    take(baseline, 20, verdict)
    assert (baseline.frozen, ring(baseline)[-1]) == (None, 20)


@pytest.mark.parametrize("verdict", [BEYOND, RUNNING, FIRING])
def test_a_freeze_is_held_by_the_threshold_or_by_any_alert(verdict: Verdict) -> None:
    baseline = frozen()
    for _ in range(500):
        take(baseline, 20, verdict)
    assert baseline.frozen == 500


def test_a_freeze_ends_at_the_tenth_quiet_sample_which_is_learnt() -> None:
    baseline = frozen()
    for sample in [11] * 9:
        take(baseline, sample)
    assert kept(baseline) == (9, steady())
    take(baseline, 12)
    assert kept(baseline) == (None, [*steady()[1:], 12])


def test_quiet_samples_that_end_a_freeze_are_in_a_row() -> None:
    baseline = frozen()
    for verdict in [*[QUIET] * 9, BEYOND, *[QUIET] * 9]:
        take(baseline, 11, verdict)
    assert baseline.frozen == 19
    take(baseline, 11)
    assert baseline.frozen is None


def test_a_freeze_expires_after_half_an_hour_and_the_last_samples_are_normal() -> None:
    baseline = frozen()
    expiries = [take(baseline, 20 + number, MET) for number in range(1, 1801)]
    assert expiries == [False] * 1799 + [True]
    assert baseline.frozen is None
    assert ring(baseline) == [20 + number for number in range(1501, 1801)]


def test_after_an_expiry_only_five_in_a_row_freeze_again() -> None:
    baseline = expired()
    for verdict in [BEYOND, *[MET] * 4, BEYOND, *[MET] * 4]:
        take(baseline, 30, verdict)
        assert baseline.frozen is None
    take(baseline, 30, MET)
    assert baseline.frozen == 0


@pytest.mark.parametrize(("verdict", "holds"), [(BEYOND, False), (RUNNING, False), (FIRING, True)])
def test_such_a_freeze_is_held_only_by_conjunction_or_firing(verdict: Verdict, holds: bool) -> None:
    baseline = expired()
    take(baseline, 20, BEYOND)
    for _ in range(5):
        take(baseline, 30, MET)
    for _ in range(10):
        take(baseline, 30, verdict)
    assert (baseline.frozen is not None) == holds


@pytest.mark.parametrize(("clear", "strict"), [(9, True), (10, False)])
def test_ten_clear_samples_after_an_expiry_make_all_as_it_was(clear: int, strict: bool) -> None:
    baseline = expired()
    for verdict in [*[BEYOND] * 3, *[QUIET] * clear]:
        take(baseline, 20, verdict)
    take(baseline, 30, MET)
    assert (baseline.frozen is None) == strict


def test_clear_samples_are_in_a_row() -> None:
    baseline = expired()
    for verdict in [*[QUIET] * 9, BEYOND, *[QUIET] * 9]:
        take(baseline, 20, verdict)
    take(baseline, 30, MET)
    assert baseline.frozen is None


# --- gaps and degraded samples


def test_five_missing_seconds_empty_a_window_and_four_do_not() -> None:
    baseline = learnt(steady())
    for _ in range(4):
        baseline.miss()
    assert baseline.samples == 300
    baseline.miss()
    assert baseline.samples == 0
    take(baseline, 5)
    assert (ring(baseline), score(baseline, 5).reason) == ([5], Unscored.WARMUP)


def test_a_sample_between_two_gaps_starts_the_count_anew() -> None:
    baseline = learnt(steady())
    for _ in range(20):
        baseline.miss(4)
        take(baseline, 10)
    assert baseline.samples == 300


def test_a_frozen_baseline_outlasts_a_gap_for_which_its_clock_stands_still() -> None:
    baseline = frozen()
    take(baseline, 20, MET)
    for _ in range(599):
        baseline.miss()
    assert kept(baseline) == (1, steady())
    take(baseline, 20, MET)
    assert baseline.frozen == 2


@pytest.mark.parametrize("pieces", [[1] * 600, [600], [599, 1], [10_000]])
def test_after_ten_minutes_without_data_nothing_is_known(pieces: list[int]) -> None:
    baseline = frozen()
    for seconds in pieces:
        baseline.miss(seconds)
    assert (baseline.frozen, baseline.samples) == (None, 0)
    assert list(baseline.state().shadow) == []


def test_after_ten_minutes_without_data_an_expiry_is_forgotten() -> None:
    baseline = expired()
    take(baseline, 20, BEYOND)
    baseline.miss(600)
    take(baseline, 30, MET)
    assert baseline.frozen == 0


def test_what_was_before_a_poll_is_not_the_new_normal_after_it() -> None:
    baseline = learnt(steady())
    baseline.miss(5)
    for _ in range(40):
        take(baseline, 11)
    frozen(baseline)
    for _ in range(1799):
        take(baseline, 20, MET, learn=False)
    assert not take(baseline, 20, MET, learn=False), "what is not learnt is no new normal"
    for sample in range(29):
        assert not take(baseline, sample, MET), "nor are too few samples"
    assert take(baseline, 29, MET)
    assert ring(baseline) == list(range(30))
    assert baseline.new_regimes == 1


def test_a_degraded_sample_is_not_learnt_but_holds_and_ends_freezes() -> None:
    baseline = learnt(steady())
    take(baseline, 30, QUIET, learn=False)
    assert ring(baseline) == steady()
    take(baseline, 30, MET, learn=False)
    assert baseline.frozen == 0
    for _ in range(10):
        take(baseline, 10, QUIET, learn=False)
    assert kept(baseline) == (None, steady())


def test_a_degraded_sample_ends_a_gap() -> None:
    baseline = learnt(steady())
    for _ in range(3):
        baseline.miss(4)
        take(baseline, 10, learn=False)
    assert baseline.samples == 300
