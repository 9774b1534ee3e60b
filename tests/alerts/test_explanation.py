"""What is said of an alert, in every state and for every reason why it cannot be judged."""

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

import pytest

from exporter.alerts.checks import Distance, Hold, ThresholdCheck
from exporter.alerts.explanation import (
    NOT_EVALUATED,
    Explanation,
    Standing,
    Wanted,
    changes,
    explain,
    select,
)
from exporter.alerts.past import Run, Span, spans
from exporter.alerts.sentences import ended, lacks, missing, summary, value, why_unknown
from exporter.alerts.words import beside, deviations, figure, lasting, noun
from exporter.conditions import Condition
from exporter.metrics.sample import LEG_MISSING, Sample
from exporter.model import NANOSECONDS, Target
from exporter.signals import SIGNALS, SignalKey
from exporter.transition import Reason, State
from tests.alerts.rig import PERP, SPOT, START, Rig, Shown, configured, written

PAIR = Target("binance", "BTC-USDT-PERP", "okx")
CALM = [1, 2] * 15
"""Thirty samples that warm a baseline up: mean 1.5, deviation 0.5085."""
DEVIATION = sqrt(30 * 0.25 / 29)
DAY = "2027-01-15"


def at(second: int) -> int:
    return (START + second) * NANOSECONDS


def rig(signal: str = "spread_bps", target: Target = PERP, **rule: object) -> Rig:
    """One rule named a on one dial: above 3, at once and without a z unless said otherwise."""
    words = {"thresholds": {"other": 3}, "signal": signal, **rule}
    return Rig(configured({"a": written(**words)}), [(signal, target)])


def after(one: Rig, samples: Sequence[Shown] = ()) -> Explanation:
    """What is said of the only alert once these samples were judged."""
    one.run(samples)
    (subject,) = select(one.alerts)
    now = at(max(0, one.second - 1))
    return explain(subject, changes(one.alerts.last), now)


# --- states


def test_before_the_first_second_nothing_is_known() -> None:
    one = after(rig(z=2))
    assert (one.state, one.standing, one.unknown) == ("inactive", Standing.UNKNOWN, NOT_EVALUATED)
    assert one.threshold.value is None
    assert (one.threshold.threshold, one.threshold.configured) == (3, 3)
    assert summary(one) == (
        "binance/BTC-USDT-PERP a is inactive and cannot be evaluated: "
        "no whole second has been judged yet"
    )
    assert missing(one) == "cannot be said: no whole second has been judged yet"


def test_an_inactive_alert_says_what_was_compared_with_what() -> None:
    one = after(rig(z=2), [*CALM, 2])
    assert one.standing is Standing.INACTIVE
    assert one.threshold._replace(lacking_percent=None) == ThresholdCheck(
        value=2,
        at_least=False,
        comparison=Condition.ABOVE,
        threshold=3,
        configured=3,
        multiplier=1,
        eased=False,
        fires=3,
        clears=2.4,
        holds=False,
        lacking=1,
        lacking_percent=None,
    )
    assert one.threshold.lacking_percent == pytest.approx(100 / 3)
    assert one.score is not None
    assert one.score.z == pytest.approx(0.5 / DEVIATION)
    assert (one.score.mean, one.score.samples, one.score.warmup) == (1.5, 30, 30)
    assert one.score.used == one.score.deviation == pytest.approx(DEVIATION)
    assert (one.score.limit, one.score.holds, one.score.frozen) == (2, False, None)
    assert one.score.lacking == pytest.approx(2 - 0.5 / DEVIATION)
    assert (one.since, one.peak, one.last_run, one.transitions) == (None, None, None, ())
    assert summary(one) == (
        "binance/BTC-USDT-PERP a is inactive: "
        "spread 2 bps is not above 3 bps; z 0.98 is not above 2"
    )


@pytest.mark.parametrize(
    ("threshold", "last", "sentence", "words"),
    [
        (2, 2.2, "threshold met, z 1.4 of 2 is missing", "z"),
        (5, 3, "z met, threshold is missing: spread 3 bps must rise above 5 bps", "threshold"),
        (
            5,
            1.5,
            "threshold and z are missing: spread 1.5 bps must rise above 5 bps; z 0 of 2",
            "threshold and z",
        ),
        (2.5, 2.4999, "z 1.97 of 2", "threshold and z"),
    ],
)
def test_a_near_miss_says_which_condition_was_missing(
    threshold: float, last: float, sentence: str, words: str
) -> None:
    one = after(rig(z=2, thresholds={"other": threshold}), [*CALM, last])
    assert one.state is State.INACTIVE
    assert missing(one).endswith(sentence)
    assert lacks(one) == words


@pytest.mark.parametrize(
    ("samples", "sentence", "words"),
    [
        ([-30], "threshold is missing: spread -30 bps must rise above 3 bps", "threshold"),
        ([3], "threshold is missing: spread 3 bps must rise above 3 bps", "threshold"),
        ([4, 2.3], "threshold is missing: spread 2.3 bps must rise above 3 bps", "threshold"),
    ],
)
def test_without_a_z_only_the_threshold_can_be_missing(
    samples: list[float], sentence: str, words: str
) -> None:
    one = after(rig(), samples)
    assert (missing(one), lacks(one)) == (sentence, words)


def test_a_pending_alert_says_how_long_it_held_and_must_hold() -> None:
    one = after(rig(persistence_seconds=60), [1, 4, 5, 4])
    assert one.standing is Standing.PENDING
    assert one.since == at(1)
    assert one.hold == Hold(held=2, needed=60, tolerance=3, failed=0, missing=0)
    assert one.distance == Distance(4, 0, 0, 58)
    assert one.peak == (5, at(2))
    assert summary(one) == (
        "binance/BTC-USDT-PERP a is pending, held 2 of 60 s: spread 4 bps is above 3 bps"
    )
    assert missing(one) == "all conditions hold, for 2 of 60 s; 58 s are missing"
    assert lacks(one) == "58 s"


def test_a_firing_alert_says_since_when_and_at_what_it_clears() -> None:
    one = after(rig(), [1, 4, 7, 2.5])
    assert one.standing is Standing.FIRING
    assert one.since == at(1)
    check = one.threshold
    assert (check.threshold, check.fires, check.clears, check.eased) == (2.4, 3, 2.4, True)
    assert one.peak == (7, at(2))
    assert one.distance is None
    assert summary(one) == (
        "binance/BTC-USDT-PERP a is firing for 2 s: "
        "spread 2.5 bps is above 2.4 bps (eased from 3 bps while it fires)"
    )
    assert missing(one) == "nothing is missing, all conditions hold"


def test_an_escalated_alert_says_so() -> None:
    words = {"a": written(thresholds={"other": 3})}
    one = after(Rig(configured(words, timing={"escalate_after_seconds": 2})), [4] * 4)
    assert one.escalated
    assert summary(one).startswith("binance/BTC-USDT-PERP a is firing, escalated, for 3 s: ")


@pytest.mark.parametrize(("held", "state"), [(3, "pending"), (70, "firing")])
def test_seconds_that_are_tolerated_are_counted(held: int, state: str) -> None:
    one = after(rig(persistence_seconds=60), [*[4] * (held + 1), 1, 1])
    assert (one.state, one.hold.failed, one.hold.tolerance) == (state, 2, 3)
    assert missing(one).endswith(", for 2 s of 3 s that are tolerated")


def test_a_z_that_fails_for_a_tolerated_second_is_named() -> None:
    samples = [*CALM, 4, 4, 1.6]
    one = after(rig(z=2, persistence_seconds=60, thresholds={"other": 1.5}), samples)
    assert one.state is State.PENDING
    assert missing(one) == (
        "threshold met, z 0.2 of 2 is missing, for 1 s of 3 s that are tolerated"
    )


# --- the run that is over


@pytest.mark.parametrize(
    ("persistence", "good", "fired"), [(5, 5, False), (5, 6, True), (60, 60, True), (10, 9, False)]
)
def test_the_last_run_says_how_long_its_conditions_held(
    persistence: int, good: int, fired: bool
) -> None:
    tolerated = {5: 0, 10: 1, 60: 3}[persistence]
    one = after(rig(persistence_seconds=persistence), [1, *[4] * good, *[1] * (tolerated + 1), 1])
    end = at(1 + good + tolerated)
    assert one.last_run == Run(at(1), end, good - 1, fired, Reason.CLEARED)
    assert ended(one) == (
        f"the last run ended 1 s ago, its conditions cleared; its conditions held for {good - 1} s "
        f"of {persistence} s, so it {'fired' if fired else 'did not fire'}"
    )


@pytest.mark.parametrize(
    ("samples", "reason", "words"),
    [
        ([*CALM, 9, *[None] * 5], Reason.NO_DATA, "data were missing for too long"),
        ([*CALM, *[9] * 61], Reason.NEW_REGIME, "it lasted so long that it is the new normal"),
    ],
)
def test_it_says_how_else_a_run_ended(samples: list[Shown], reason: Reason, words: str) -> None:
    rule = {"a": written(thresholds={"other": 3}, z=2)}
    timing = {"no_data_after_seconds": 4}
    one = after(
        Rig(configured(rule, timing=timing, baseline={"freeze_limit_seconds": 60})), samples
    )
    assert one.last_run is not None
    assert (one.last_run.reason, one.last_run.fired) == (reason, True)
    assert words in ended(one)


def test_a_run_whose_beginning_is_forgotten_says_only_how_it_ended() -> None:
    scene = rig()
    scene.run([4, 5, 1])
    scene.alerts.last.clear()
    one = after(scene, [1])
    assert one.last_run == Run(None, at(2), None, None, Reason.CLEARED)
    assert ended(one) == "the last run ended 1 s ago, its conditions cleared"
    assert one.peak == (5, at(1))


def test_a_run_that_had_nothing_to_hold_says_how_long_it_fired() -> None:
    one = after(rig(), [1, 4, 4, 1, 1])
    assert one.last_run == Run(at(1), at(3), 1, fired=True, reason=Reason.CLEARED)
    assert ended(one) == "the last run ended 1 s ago, its conditions cleared; it fired for 2 s"


def test_while_a_run_is_open_there_is_no_last_one() -> None:
    one = after(rig(), [4, 1, 4])
    assert one.last_run is None
    assert ended(one) == ""


# --- what cannot be said


@pytest.mark.parametrize("count", [1, 15, 30])
def test_warming_up_shows_how_far_it_is(count: int) -> None:
    one = after(rig(z=2), CALM[:count])
    assert (one.unknown, one.standing) == ("zscore_warmup", Standing.UNKNOWN)
    words = f"z-score warms up, {count - 1} of 30 samples"
    assert why_unknown(one) == lacks(one) == words
    assert missing(one).startswith("threshold is missing: spread ")
    assert missing(one).endswith(f"must rise above 3 bps; the rest cannot be said: {words}")


def test_a_breach_without_a_baseline_is_visible() -> None:
    one = after(rig(z=2), [1, 9])
    assert (one.state, one.threshold.holds) == (State.INACTIVE, True)
    assert missing(one) == (
        "threshold met; the rest cannot be said: z-score warms up, 1 of 30 samples"
    )
    assert summary(one) == (
        "binance/BTC-USDT-PERP a is inactive and cannot be evaluated: "
        "z-score warms up, 1 of 30 samples; spread 9 bps is above 3 bps"
    )


def test_a_baseline_that_does_not_deviate_says_so() -> None:
    one = after(rig(z=2), [0] * 31)
    assert one.unknown == "std_too_low"
    assert why_unknown(one).startswith("the baseline does not deviate at all")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("stale", "the feed is silent for longer than its limit"),
        ("gap", "the book is unknown after a gap, or before its first snapshot"),
        ("one_sided", "the book has one side only"),
        ("crossed", "the book is crossed"),
        ("some_new_reason", "some new reason"),
    ],
)
def test_a_missing_value_says_why(reason: str, words: str) -> None:
    one = after(rig(z=2), [Sample(None, reason)])
    assert (one.unknown, one.standing) == (reason, Standing.UNKNOWN)
    assert (one.threshold.value, one.threshold.holds, one.threshold.lacking) == (None, None, None)
    assert (value(one), missing(one)) == ("", f"cannot be said: {words}")
    assert one.distance == Distance(None, None, None, 0)


def test_every_signal_that_compares_says_which_leg_is_missing() -> None:
    legs = {
        "basis_bps": "the spot market of the same exchange gives no price",
        "mark_index_bps": "mark or index price is missing",
        "exchange_divergence_bps": "the other exchange gives no price",
        "exchange_deviation_percent": "fewer than two other exchanges give a price",
        "spread_bps": "something that it is compared with is missing",
    }
    for signal, words in legs.items():
        assert why_unknown(after(rig(signal), [LEG_MISSING])) == words


DEPTH = {"signal": "depth_quote", "side": "total", "band_bps": 10, "condition": "<"}


def depth(shown: Shown, threshold: int = 500) -> Explanation:
    return after(rig(**{**DEPTH, "thresholds": {"other": threshold}}), [shown])  # type: ignore[arg-type]


def test_a_bound_that_does_not_tell_is_a_value_that_is_at_least() -> None:
    one = depth(Sample(Fraction(400), bound=True))
    assert (one.unknown, one.threshold.holds, one.threshold.at_least) == (
        "incomplete_depth",
        None,
        True,
    )
    assert value(one) == "at least 400 USDT"
    assert why_unknown(one) == "the known book ends inside the band, at least 400 USDT is known"


def test_a_bound_that_tells_is_an_answer() -> None:
    one = depth(Sample(Fraction(600), bound=True))
    assert (one.unknown, one.standing) == ("", Standing.INACTIVE)
    assert summary(one) == (
        "binance/BTC-USDT-PERP a is inactive: "
        "total depth within 10 bps at least 600 USDT is not below 500 USDT"
    )
    assert missing(one).endswith("at least 600 USDT must fall below 500 USDT")


def test_an_incomplete_book_without_a_value_says_only_that() -> None:
    one = depth(Sample(None, "incomplete_depth"))
    assert why_unknown(one) == "the known book ends inside the band"


@pytest.mark.parametrize(
    ("samples", "state"), [([4, None, None], State.FIRING), ([1, None, None], State.INACTIVE)]
)
def test_missing_data_leave_the_state_and_say_so(samples: list[Shown], state: State) -> None:
    one = after(rig(), samples)
    assert (one.state, one.unknown) == (state, "gap")
    assert one.standing is (Standing.UNKNOWN if state is State.INACTIVE else Standing.FIRING)
    if state is State.FIRING:
        assert one.hold.missing == 2
        assert missing(one).startswith("data have been missing for 2 s, its clock stands still: ")
        assert " is firing for 2 s and cannot be evaluated: the book is unknown" in summary(one)


def test_polled_data_are_marked() -> None:
    assert after(rig(), [Sample(Fraction(1), degraded=True)]).degraded
    assert not after(rig(), [1]).degraded


# --- thresholds


@pytest.mark.parametrize(
    ("condition", "configured_", "shown", "in_force", "clears", "fires_at"),
    [
        (">", 3, 8, 9, "7.2", 10),
        ("absolute", 3, -8, 9, "7.2", -10),
        ("<", 300, 150, 100, "125", 90),
        ("<", -30, -70, -90, "-72", -95),
    ],
)
def test_a_regime_is_visible_with_what_it_makes_of_the_threshold(
    condition: str, configured_: int, shown: int, in_force: int, clears: str, fires_at: int
) -> None:
    words = {"a": written(condition=condition, thresholds={"other": configured_})}
    regime = {"r": {"dates": [DAY], "multiplier": 3, "alerts": ["a"]}}
    scene = Rig(configured(words, regime))
    check = after(scene, [shown]).threshold
    assert (check.configured, check.multiplier, check.holds) == (configured_, 3, False)
    assert (check.threshold, check.fires, check.clears) == (in_force, in_force, float(clears))
    one = after(scene, [fires_at, fires_at])
    check = one.threshold
    assert one.state is State.FIRING
    assert (check.multiplier, check.eased, check.fires) == (3, True, in_force)
    assert check.threshold == check.clears == float(clears)
    assert f"({configured_} bps loosened by 3, eased from {in_force} bps while" in summary(one)


def test_a_threshold_of_zero_is_never_eased_and_has_no_share() -> None:
    one = after(rig(thresholds={"other": 0}), [0])
    assert (one.threshold.eased, one.threshold.multiplier) == (False, 1)
    assert (one.threshold.lacking, one.threshold.lacking_percent) == (0, None)
    assert one.distance == Distance(0, 0, None, 0)
    assert after(rig(thresholds={"other": 0}), [1, 1]).threshold.eased is False


@pytest.mark.parametrize(
    ("rule", "samples", "at_", "by"),
    [
        ({}, [1], 3, 2),
        ({"condition": "<"}, [10], 3, 7),
        ({"condition": "absolute"}, [-1], -3, 2),
        ({"condition": "absolute"}, [2], 3, 1),
        ({"z": 2}, [*CALM, 1], 3, 2),
        ({"z": 5}, [*CALM, 1], 1.5 + 5 * DEVIATION, 0.5 + 5 * DEVIATION),
        ({"z": 2, "condition": "<"}, [*CALM, 1], 1.5 - 2 * DEVIATION, 2 * DEVIATION - 0.5),
        ({"z": 2, "condition": "absolute"}, [*CALM, 1], 3, 2),
        (
            {"z": 2, "condition": "absolute", "thresholds": {"other": 0.3}},
            [*CALM, 1],
            1.5 - 2 * DEVIATION,
            2 * DEVIATION - 0.5,
        ),
    ],
)
def test_how_far_it_is_from_firing_counts_threshold_and_z(
    rule: dict[str, object], samples: list[float], at_: float, by: float
) -> None:
    one = after(rig(**rule), samples)  # type: ignore[arg-type]
    assert one.distance is not None
    assert one.distance.value == pytest.approx(at_, abs=1e-9)
    assert one.distance.by == pytest.approx(by, abs=1e-9)
    for step, state in ((-1e-6, State.INACTIVE), (1e-6, State.FIRING)):
        again = rig(**rule)  # type: ignore[arg-type]
        again.run([*samples[:-1], at_ + (step if at_ > samples[-1] else -step)])
        assert again.state("a") is state


@pytest.mark.parametrize("last", [100, 100.04, 180])
def test_where_the_floor_counts_it_is_the_deviation_that_is_told(last: float) -> None:
    """The series is constant at 100, so the floor is a thousandth of it."""
    one = after(rig(z=2, thresholds={"other": 1000}), [*[100] * 31, last])
    assert one.score is not None
    assert one.score.floor_used
    assert one.score.deviation == 0
    assert one.score.used == pytest.approx(0.1)


def test_a_frozen_baseline_says_for_how_long() -> None:
    one = after(rig(z=2), [*CALM, 9, 9, 9])
    assert one.score is not None
    assert (one.score.frozen, one.score.samples) == (2, 30)
    assert "z 15 is above 2" in summary(one)


# --- which alerts, which transitions


TWO = [("spread_bps", PERP), ("spread_bps", SPOT), ("exchange_divergence_bps", PAIR)]


def several() -> Rig:
    pair = written(signal="exchange_divergence_bps", family="cross_exchange", condition="absolute")
    return Rig(configured({"a": written(), "b": written(), "pair": pair}), TWO)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), 5),
        (Wanted(alert="a"), 2),
        (Wanted(instrument="BTC-USDT-PERP"), 3),
        (Wanted("a", "binance", "BTC-USDT-PERP"), 1),
        (Wanted(other="okx"), 1),
        (Wanted(exchange="okx"), 0),
    ],
)
def test_only_what_is_asked_for_is_selected(wanted: Wanted, count: int) -> None:
    assert len(select(several().alerts, wanted)) == count


def test_the_last_transitions_are_its_own_newest_first_and_ten_at_most() -> None:
    scene = several()
    for turn in range(8):
        scene.step(20 if turn % 2 else 1, 20, 0)
    scene.step(1, 1, 0)
    last = changes(scene.alerts.last)
    told = {subject.name: explain(subject, last, at(8)) for subject in select(scene.alerts)}
    assert [(one.time, one.after) for one in told["a", PERP].transitions[:2]] == [
        (at(8), State.INACTIVE),
        (at(7), State.FIRING),
    ]
    assert {one.target for one in told["a", PERP].transitions} == {PERP}
    assert len(told["a", SPOT].transitions) == 2
    for turn in range(20):
        scene.step(20 if turn % 2 else 1, 1, 0)
    subject = select(scene.alerts, Wanted("a", *PERP))[0]
    assert len(explain(subject, changes(scene.alerts.last), at(28)).transitions) == 10


def test_its_states_are_known_as_far_back_as_they_are_remembered() -> None:
    scene = rig(persistence_seconds=2)
    scene.run([1, 1, 4, 4, 4, 4, 1, 1])
    life = scene.alert("a").life
    last = changes(scene.alerts.last)["a", PERP]
    expected = [
        Span(State.INACTIVE, at(0), at(2)),
        Span(State.PENDING, at(2), at(4)),
        Span(State.FIRING, at(4), at(6)),
        Span(State.INACTIVE, at(6), at(7)),
    ]
    assert spans(life, last, at(0), at(7)) == expected
    assert spans(life, last, at(5), at(7)) == [Span(State.FIRING, at(5), at(6)), expected[-1]]
    assert spans(life, last[:1], at(0), at(7)) == [
        Span(State.FIRING, at(0), at(6)),
        expected[-1],
    ]
    assert spans(life, (), at(0), at(7)) == expected[-1:]


def test_an_escalation_is_no_change_of_state() -> None:
    words = {"a": written(thresholds={"other": 3})}
    scene = Rig(configured(words, timing={"escalate_after_seconds": 2}))
    scene.run([1, 4, 4, 4, 4])
    last = changes(scene.alerts.last)["a", PERP]
    assert len(last) == 2
    firing = Span(State.FIRING, at(1), at(4))
    life = scene.alert("a").life
    assert spans(life, last, at(0), at(4)) == [Span(State.INACTIVE, at(0), at(1)), firing]
    assert spans(life, last[:1], at(0), at(4)) == [firing]


# --- words


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.016181, "0.0162"),
        (2.4, "2.4"),
        (-15.5, "-15.5"),
        (6692105.4, "6,692,105"),
        (1e-12, "0.000000000001"),
    ],
)
def test_a_figure_keeps_three_digits_and_all_whole_ones(number: float, text: str) -> None:
    assert figure(number) == text


@pytest.mark.parametrize(
    ("number", "other", "text"),
    [(2.9999, 3, "2.9999"), (3, 3, "3"), (3.0000001, 3, "3.0000001"), (1.234, 3, "1.23")],
)
def test_a_value_never_looks_like_a_threshold_that_it_is_not(
    number: float, other: float, text: str
) -> None:
    assert beside(number, other) == text


@pytest.mark.parametrize(
    ("z", "text"), [(50.0, "50 or more"), (-50.0, "-50 or less"), (1.96, "1.96"), (38.04, "38")]
)
def test_a_z_at_its_cap_says_that_it_may_be_more(z: float, text: str) -> None:
    assert deviations(z, 2) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (12_000, "3 h 20 min")]
)
def test_a_length_of_time_is_short(seconds: int, text: str) -> None:
    assert lasting(seconds) == text


def test_every_signal_has_a_name_for_sentences() -> None:
    for name, signal in SIGNALS.items():
        said = noun(SignalKey(name))
        assert said
        assert "_" not in said
        assert not said.endswith(signal.unit) or signal.unit == "trades"
