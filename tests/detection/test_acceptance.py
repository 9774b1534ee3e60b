"""Persistent alerts fire on the project's baseline, and never on a plain rolling window.

A few seeds of each case; `python -m bench.acceptance` runs all of them.
"""

from math import sqrt

import pytest

from exporter.detection.baseline import Baseline, BaselineRules, Verdict
from exporter.detection.window import NANO
from exporter.transition import Reason, State
from tests.detection.cases import (
    CRITICAL,
    LONG,
    PLAIN,
    SHORT,
    WARNING,
    Case,
    calm,
    fires,
    met,
    ramp,
    step,
)
from tests.detection.literal import Literal, Severity
from tests.detection.noise import Noise
from tests.detection.plain import Rolling, RollingWithCurrent
from tests.detection.runs import NORMAL, SPREAD, Kind, Run, clean

SEEDS, CONTROL_SEEDS = range(4), range(2)
CALM = calm(days=0.15, seeds=1)
FIRES_ON_SHORT_RAMPS = [case for case in SHORT if case.controlled and not case.silent]
NOTHING = Verdict(conjunction=False, beyond=False, running=False, firing=False)


def name(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", SHORT, ids=name)
def test_a_persistent_alert_fires_when_it_should(case: Case) -> None:
    held = met(case, (case.run(seed) for seed in SEEDS))
    for claim, runs in zip(case.claims, held, strict=True):
        assert runs >= int(claim.least * len(SEEDS)), claim.words


@pytest.mark.parametrize("case", [*LONG, CALM], ids=name)
def test_what_stays_is_one_alert_and_then_the_new_normal(case: Case) -> None:
    assert met(case, [case.run(0)]) == [1] * len(case.claims)


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("case", [case for case in SHORT if case.silent], ids=name)
def test_a_plain_window_never_fires_where_the_baseline_does(case: Case, kind: Kind) -> None:
    assert not any(fires(case.control(seed, kind)) for seed in CONTROL_SEEDS)


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("case", [SHORT[0], SHORT[4]], ids=name)
def test_to_tolerate_bad_samples_does_not_make_a_plain_window_fire(case: Case, kind: Kind) -> None:
    assert not any(fires(case.control(seed, kind, tolerant=True)) for seed in CONTROL_SEEDS)


@pytest.mark.parametrize("kind", PLAIN)
def test_a_plain_window_is_blind_to_a_step_that_stays(kind: Kind) -> None:
    stays, _ = LONG
    run = clean(0, stays.sd, kind, stays.clean, tolerant=False).fork()
    assert not fires(run.live(stays.levels[:3_600]))


@pytest.mark.parametrize("kind", PLAIN)
def test_the_control_is_alive_it_fires_on_some_ramps_of_minutes(kind: Kind) -> None:
    assert any(fires(case.control(0, kind)) for case in FIRES_ON_SHORT_RAMPS)


@pytest.mark.parametrize(
    ("limit", "with_current", "prior_only"), [(2, 59, 60), (2.5, 41, 42), (3, 29, 30), (4, 17, 18)]
)
def test_in_a_plain_window_z_outlives_a_step_of_any_size_by_no_more_than_the_law(
    limit: float, with_current: int, prior_only: int
) -> None:
    for size in (1, 1_000):
        assert above(limit, RollingWithCurrent, 300, size) == with_current
        assert above(limit, Rolling, 300, size) == prior_only


@pytest.mark.parametrize(("limit", "samples"), [(2, 8), (3, 4)])
def test_after_a_short_past_z_lasts_even_less(limit: float, samples: int) -> None:
    assert above(limit, Rolling, 30, 10) == samples


def above(limit: float, kind: Kind, clean: int, size: int) -> int:
    """For how many samples z lies above a limit after a step without noise."""
    window = kind(BaselineRules())
    count = 0
    for sample in [1] * clean + [1 + size] * 200:
        z = window.score(sample * NANO, 0).z
        window.take(sample * NANO, NOTHING, learn=True)
        count += z is not None and z > limit
    return count


def test_a_wide_spread_is_one_alert_and_not_a_dozen() -> None:
    """1 bps with noise of 0.3, 8 bps for ten minutes: shown for all of it, in one piece."""
    shown = {kind: pieces(wide_spread(kind)) for kind in (Baseline, *PLAIN)}
    assert shown[Baseline] == {alert: [600] for alert in SPREAD}
    for kind in PLAIN:
        warning, critical = (shown[kind][name] for name in SPREAD)
        assert len(warning) > 3
        assert sum(warning) < 150
        assert sum(critical) < 60


def wide_spread(kind: Kind) -> Run:
    return Run(0, 0.3, kind, SPREAD).live([1.0] * 600).begin().live([8.0] * 600)


def pieces(run: Run) -> dict[str, list[int]]:
    """For how long an alert fired each time, to the end of the ten minutes."""
    found = {}
    for alert in SPREAD:
        times = [e.second for e in run.events if e.alert == alert and e.second >= 0]
        starts, ends = times[::2], [*times[1::2], 600]
        found[alert] = [end - start for start, end in zip(starts, ends, strict=False)]
    return found


def test_a_firing_alert_outlives_a_gap() -> None:
    run = Run(3, 1).live([2.0] * 600).begin().live([25.0] * 200).live([None] * 20 + [25.0] * 200)
    assert [(e.second, e.after) for e in run.events if e.alert == "basis_warning"] == [
        (0, State.PENDING),
        (120, State.FIRING),
    ]


def test_an_alert_that_is_over_clears_and_the_baseline_learns_again() -> None:
    run = Run(3, 1).live([2.0] * 600).begin().live([25.0] * 200 + [2.0] * 60)
    assert run.ended(Reason.CLEARED) == [203]
    assert run.baseline.frozen is None


def test_the_same_seed_gives_the_same_log() -> None:
    case = LONG[0]
    first, second = (Run(7, case.sd).live(case.levels[:4_000]).events for _ in range(2))
    assert repr(first) == repr(second)
    assert first != Run(8, case.sd).live(case.levels[:4_000]).events


def test_the_noise_has_unit_variance_and_the_memory_of_its_drifts() -> None:
    pairs = [lagged(seed, 20) for seed in range(1_500)]
    variance = sum(first * first for first, _ in pairs) / len(pairs)
    memory = sum(first * later for first, later in pairs) / len(pairs)
    assert sqrt(variance) == pytest.approx(1, abs=0.1)
    assert memory == pytest.approx(0.30 * 0.5 ** (20 / 600) + 0.36 / 2, abs=0.1)


def lagged(seed: int, seconds: int) -> tuple[float, float]:
    noise = Noise(seed)
    samples = [noise.next() for _ in range(seconds + 1)]
    return samples[0], samples[-1]


@pytest.mark.parametrize(
    ("seed", "sd", "levels"),
    [
        (65, 2, step(15)),
        (91, 2, step(15)),
        (97, 2, step(30)),
        (104, 2, step(25)),
        (7, 1, ramp(2)),
        (1, 1, [25.0] * 2_500),
        (0, 1.5, [9.0] * 2_500),
    ],
)
def test_alerts_fire_at_the_seconds_of_the_step_written_down_literally(
    seed: int, sd: float, levels: list[float]
) -> None:
    """Also where the noise is so great that they are late, early or not at all."""
    past = 2_000
    run = Run(seed, sd).live([*[NORMAL] * past, *levels])
    noise = Noise(seed)
    literal = Literal(Severity(10, 2, 120), Severity(20, 3, 60))
    literal.live(level + sd * noise.next() for level in [*[NORMAL] * past, *levels])
    assert run.fired(WARNING) == literal.warning.fired
    assert run.fired(CRITICAL) == literal.critical.fired
    state = run.baseline.state()
    assert (state.frozen, state.strict) == (literal.frozen, literal.strict)
    assert [sample / NANO for sample in state.ring] == pytest.approx(literal.ring, abs=1e-9)
