"""How an alert comes, lasts and goes: states, reasons, tolerance, missing data, what it keeps."""

from collections.abc import Sequence
from fractions import Fraction

import pytest

from exporter.alerts.alert import Alert, Change, Peak
from exporter.conditions import Condition
from exporter.model import NANOSECONDS
from exporter.transition import Reason, State
from tests.alerts.rig import GAP, PERP, Rig, configured, judgement, rule, steps, written

INACTIVE, PENDING, FIRING = State.INACTIVE, State.PENDING, State.FIRING
MET, UNMET, MISSING = "+", "-", "?"
SAID = {MET: True, UNMET: False, MISSING: None}
PATIENCE = 300


def alert(persistence: int = 0, condition: Condition = Condition.ABOVE) -> Alert:
    return Alert(rule(persistence=persistence, condition=condition), PERP, PATIENCE)


def live(one: Alert, seconds: str, values: Sequence[int] = ()) -> list[Change]:
    """A second for each sign, from second 0 on."""
    return [
        change
        for now, (sign, value) in enumerate(
            zip(seconds, values or [11] * len(seconds), strict=True)
        )
        for change in one.take(judgement(SAID[sign], value), now * NANOSECONDS)
    ]


def told(changes: Sequence[Change]) -> list[tuple[State, State, Reason]]:
    return [(change.before, change.after, change.reason) for change in changes]


# --- coming


def test_without_persistence_it_fires_at_once() -> None:
    assert told(live(alert(), "--+++")) == [(INACTIVE, FIRING, Reason.CONDITIONS_MET)]


def test_with_persistence_it_is_pending_first() -> None:
    assert told(live(alert(5), "-++++++")) == [
        (INACTIVE, PENDING, Reason.CONDITIONS_MET),
        (PENDING, FIRING, Reason.HELD),
    ]


@pytest.mark.parametrize("persistence", [1, 5, 9, 10, 60, 120])
def test_a_persistence_of_so_many_seconds_takes_one_sample_more(persistence: int) -> None:
    short, long = alert(persistence), alert(persistence)
    live(short, MET * persistence)
    live(long, MET * (persistence + 1))
    assert (short.life.state, long.life.state) == (PENDING, FIRING)
    assert (short.life.held, long.life.held) == (persistence - 1, persistence)


def test_since_is_when_it_came_into_its_state() -> None:
    one = alert(3)
    live(one, "--++")
    assert one.life.since == 2 * NANOSECONDS
    one.take(judgement(True), 4 * NANOSECONDS)
    one.take(judgement(True), 5 * NANOSECONDS)
    assert (one.life.state, one.life.since) == (FIRING, 5 * NANOSECONDS)
    one.take(judgement(True), 6 * NANOSECONDS)
    assert one.life.since == 5 * NANOSECONDS


# --- tolerance


@pytest.mark.parametrize(
    ("persistence", "tolerance"),
    [(0, 0), (5, 0), (9, 0), (10, 1), (30, 1), (59, 1), (60, 3), (120, 3)],
)
def test_a_run_survives_so_many_bad_samples_in_a_row(persistence: int, tolerance: int) -> None:
    for firing in (False, True):
        one = alert(persistence)
        live(one, MET * (persistence + 1 if firing else max(1, persistence // 4)))
        assert not any(live(one, (UNMET * tolerance + MET) * 2))
        assert told(live(one, UNMET * (tolerance + 1)))[-1][1:] == (INACTIVE, Reason.CLEARED)


def test_bad_samples_within_the_tolerance_count_as_time() -> None:
    one = alert(60)
    live(one, MET * 30 + UNMET * 3 + MET * 27)
    assert (one.life.state, one.life.held) == (PENDING, 59)
    assert told(live(one, MET)) == [(PENDING, FIRING, Reason.HELD)]


def test_an_ended_run_starts_from_nothing() -> None:
    one = alert(10)
    live(one, MET * 10 + UNMET * 2 + MET * 10)
    assert (one.life.state, one.life.held) == (PENDING, 9)


# --- missing data


@pytest.mark.parametrize("before", ["", MET * 5, MET * 20])
def test_missing_data_change_nothing_and_the_clock_stands_still(before: str) -> None:
    one = alert(10)
    live(one, before)
    life = one.life
    assert live(one, MISSING * PATIENCE) == []
    assert one.life._replace(missing=0) == life
    live(one, MET * 3)
    assert one.life.held == (life.held + 3 if before else 2)


def test_missing_data_neither_mend_nor_count_as_bad_samples() -> None:
    one = alert(10)
    live(one, MET * 5 + "-?" * 1 + "?")
    assert one.life.state is PENDING
    assert told(live(one, UNMET)) == [(PENDING, INACTIVE, Reason.CLEARED)]


@pytest.mark.parametrize("before", [MET * 5, MET * 20])
def test_after_more_than_the_patience_it_ends_for_want_of_data(before: str) -> None:
    one = alert(10)
    live(one, before)
    state = one.life.state
    assert live(one, MISSING * PATIENCE) == []
    assert told(live(one, MISSING)) == [(state, INACTIVE, Reason.NO_DATA)]
    assert live(one, MISSING * 1_000) == []


def test_the_patience_is_for_one_gap() -> None:
    one = alert(10)
    live(one, MET * 20)
    for _ in range(5):
        assert live(one, MISSING * PATIENCE + MET) == []


def test_an_inactive_alert_does_not_end() -> None:
    one = alert()
    assert live(one, UNMET + MISSING * 1_000 + UNMET) == []
    assert (one.entered, one.endings) == ({}, {})


# --- what it keeps


def test_it_keeps_the_first_value_the_farthest_and_how_it_ended() -> None:
    one = alert(2)
    live(one, "-+++++--", [5, 11, 12, 19, 14, 19, 1, 1])
    life = one.life
    assert life.first == 11
    assert life.peak == Peak(Fraction(19), 3 * NANOSECONDS)
    assert (life.state, life.ended, life.since) == (INACTIVE, Reason.CLEARED, 6 * NANOSECONDS)
    assert (life.held, life.bad, life.firing_for, life.escalated) == (0, 0, 0, False)


def test_a_new_run_has_a_first_value_and_a_peak_of_its_own() -> None:
    one = alert()
    live(one, "+-+", [90, 1, 12])
    assert one.life.first == 12
    assert one.life.peak == Peak(Fraction(12), 2 * NANOSECONDS)
    assert one.life.ended is None


@pytest.mark.parametrize(
    ("condition", "values", "farthest"),
    [
        (Condition.ABOVE, [11, 30, -40, 20], 30),
        (Condition.BELOW, [11, 30, -40, 20], -40),
        (Condition.ABSOLUTE, [11, 30, -40, 20], -40),
    ],
)
def test_the_farthest_is_so_in_the_direction_of_the_condition(
    condition: Condition, values: list[int], farthest: int
) -> None:
    one = alert(condition=condition)
    live(one, MET * 4, values)
    assert one.life.peak is not None
    assert one.life.peak.value == farthest


@pytest.mark.parametrize("reason", [Reason.NEW_REGIME, Reason.DISABLED])
@pytest.mark.parametrize("before", [MET * 5, MET * 20])
def test_it_can_be_ended_from_outside(before: str, reason: Reason) -> None:
    one = alert(10)
    live(one, before)
    state = one.life.state
    assert told([one.end(reason, 7)]) == [(state, INACTIVE, reason)]
    assert (one.life.ended, one.life.since) == (reason, 7)


def test_it_counts_what_it_came_into_how_it_ended_and_how_long_it_fired() -> None:
    one = alert(3)
    live(one, "+-" + "++++??+-" + "++--")
    assert dict(one.entered) == {PENDING: 3, FIRING: 1, INACTIVE: 3}
    assert {reason: times for reason, times in one.endings.items() if times} == {Reason.CLEARED: 1}
    assert one.seconds_firing == 4


# --- escalation

CHAT = written()
PAGE = written(severity="critical", priority="P1", thresholds={"other": 50})


def escalated(rig: Rig) -> list[int]:
    """At which seconds something escalated."""
    return [second for second, _, _, reason in steps(rig.log) if reason is Reason.ESCALATED]


def test_what_fires_in_the_chat_pages_after_five_minutes_beside_it() -> None:
    rig = Rig(configured({"chat": CHAT}))
    rig.run([11] * 400)
    first, page = rig.log
    assert (first.priority, page.priority) == ("P2", "P1")
    assert (page.before, page.after, page.reason) == (FIRING, FIRING, Reason.ESCALATED)
    assert escalated(rig) == [300]
    assert rig.alert("chat").rule.priority == "P2"
    assert rig.alert("chat").life.escalated
    rig.run([1])
    assert (rig.log[-1].reason, rig.alert("chat").life.escalated) == (Reason.CLEARED, False)


def test_it_escalates_once_a_firing_and_again_the_next_time() -> None:
    rig = Rig(configured({"chat": CHAT}))
    rig.run([*[11] * 900, 1, *[11] * 301])
    assert escalated(rig) == [300, 1201]


def test_only_seconds_with_data_count_towards_escalation() -> None:
    rig = Rig(configured({"chat": CHAT}))
    rig.run([*[11] * 200, *[None] * 250, *[11] * 100])
    assert escalated(rig) == []
    rig.run([11])
    assert escalated(rig) == [550]


def test_nothing_escalates_at_a_second_without_data() -> None:
    rig = Rig(configured({"chat": CHAT}))
    rig.run([*[11] * 300, *[None] * 100])
    assert escalated(rig) == []


def test_time_pending_does_not_count_towards_escalation() -> None:
    rig = Rig(configured({"chat": CHAT | {"persistence_seconds": 120}}))
    rig.run([11] * 500)
    assert escalated(rig) == [420]


def test_it_waits_while_its_family_pages_already() -> None:
    rig = Rig(configured({"chat": CHAT, "page": PAGE}))
    rig.run([60] * 500)
    assert escalated(rig) == []
    rig.run([11] * 3)
    assert escalated(rig) == [500]


@pytest.mark.parametrize(
    "other",
    [{"family": "basis"}, {"priority": "P3"}, {"priority": "P2"}, {"enabled": False}],
)
def test_only_a_page_of_its_own_family_keeps_it_from_escalating(other: dict[str, object]) -> None:
    rig = Rig(configured({"chat": CHAT, "other": PAGE | other}))
    rig.run([60] * 301)
    assert 300 in escalated(rig)


def test_a_page_of_another_market_does_not_keep_it_from_escalating() -> None:
    okx = PERP._replace(exchange="okx")
    rig = Rig(configured({"chat": CHAT, "page": PAGE}), [("spread_bps", PERP), ("spread_bps", okx)])
    for _ in range(301):
        rig.step(11, 60)
    assert [(one.alert, one.target) for one in rig.log if one.reason is Reason.ESCALATED] == [
        ("chat", PERP)
    ]


@pytest.mark.parametrize("priority", ["P1", "P3"])
def test_what_pages_already_or_is_only_logged_does_not_escalate(priority: str) -> None:
    rig = Rig(configured({"one": CHAT | {"priority": priority}}))
    rig.run([11] * 1_000)
    assert len(rig.log) == 1


# --- transitions


def test_a_transition_says_what_was_known() -> None:
    rig = Rig(configured({"warning": CHAT | {"persistence_seconds": 5}}))
    rig.run([*[11] * 5, 12, GAP, 8])
    pending, firing, cleared = rig.log
    assert [one.sequence for one in rig.log] == [1, 2, 3]
    assert steps(rig.log) == [
        (0, "warning", PENDING, Reason.CONDITIONS_MET),
        (5, "warning", FIRING, Reason.HELD),
        (7, "warning", INACTIVE, Reason.CLEARED),
    ]
    assert (pending.value, pending.threshold, pending.before) == (11, 10, INACTIVE)
    assert (firing.value, firing.threshold, firing.before) == (12, 10, PENDING)
    assert (cleared.value, cleared.threshold, cleared.before) == (8, 8, FIRING)
    assert {(one.z, one.mean, one.deviation) for one in rig.log} == {(None, None, None)}
    assert {(one.target, one.severity, one.priority) for one in rig.log} == {
        (PERP, "warning", "P2")
    }


def test_a_transition_of_a_rule_with_a_z_says_what_is_normal() -> None:
    rig = Rig(configured({"warning": CHAT | {"z": 2}}))
    rig.run([*[5, 7] * 50, 20])
    (fired,) = rig.log
    assert fired.mean == 6
    assert fired.deviation == pytest.approx((100 / 99) ** 0.5)
    assert fired.z == pytest.approx(14 / (100 / 99) ** 0.5)


def test_an_end_for_want_of_data_says_that_nothing_is_known() -> None:
    rig = Rig(configured({"warning": CHAT | {"z": 2}}))
    rig.run([*[5, 7] * 50, 20, *[None] * 301])
    ended = rig.log[-1]
    assert (ended.reason, ended.value, ended.threshold) == (Reason.NO_DATA, None, 8)
    assert (ended.z, ended.mean, ended.deviation) == (None, None, None)
    assert steps(rig.log)[-1][0] == 100 + 301


def test_the_time_of_a_transition_is_the_second_of_its_sample() -> None:
    rig = Rig(configured({"warning": CHAT}))
    rig.run([1, 1, 1, 11])
    assert rig.log[0].time % NANOSECONDS == 0
    assert steps(rig.log)[0][0] == 3
