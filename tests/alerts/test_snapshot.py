"""What survives a restart, and what is refused instead of believed."""

from fractions import Fraction
from zlib import crc32

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.alerts.alert import Peak
from exporter.alerts.snapshot import (
    LIMIT_SECONDS,
    KeptAlert,
    KeptBaseline,
    KeptWatch,
    Snapshot,
    SnapshotError,
    decoded,
    encoded,
    restored,
    taken,
)
from exporter.conditions import Condition
from exporter.model import NANOSECONDS
from exporter.transition import Reason, State, Transition
from tests.alerts.scripted import PAIR, PERP, QUIET, RULES, Row, Scene, file, spreads
from tests.books import START

NORMAL = st.sampled_from([Fraction(number, 7) for number in range(5, 12)])
WIDE = st.sampled_from([Fraction(4), Fraction(22, 7), Fraction(7), Fraction(13), Fraction(40)])
APART = st.sampled_from([None, Fraction(0), Fraction(-10, 3), Fraction(9)])


@st.composite
def stretches(draw: st.DrawFn) -> list[Row]:
    """Some seconds of one kind: normal, wide, or without a spread."""
    values = draw(st.sampled_from([NORMAL, WIDE, st.none()]))
    most = 5 if values is not NORMAL and values is not WIDE else 25
    count = draw(st.integers(1, most))
    return [{PERP: draw(values), PAIR: draw(APART)} for _ in range(count)]


@st.composite
def stories(draw: st.DrawFn) -> list[Row]:
    """Up to a few minutes; never more than five seconds in a row without a spread."""
    parts = draw(st.lists(stretches(), max_size=8))
    rows = [*QUIET]
    for part in parts:
        rows += part
        if part[0][PERP] is None:
            rows.append({PERP: draw(NORMAL | WIDE)})
    return rows


def back(scene: Scene, missed: int = 0) -> tuple[Scene, list[Transition]]:
    """Others that go on from what these would leave, so many seconds later; and what is told."""
    snapshot = decoded(encoded(taken(scene.alerts, [])))
    other = Scene()
    other.now = scene.now + missed * NANOSECONDS
    return other, list(restored(other.alerts, snapshot, other.now + 1))


def one(scene: Scene, name: str) -> State:
    """The state of an alert."""
    return next(alert.life.state for alert in scene.alerts if alert.rule.id == name)


def shown(change: Transition) -> Transition:
    """A transition without its number."""
    return change._replace(sequence=0)


@given(stories())
@settings(deadline=None, max_examples=60)
def test_what_is_restored_at_once_is_what_was_kept(story: list[Row]) -> None:
    scene = Scene()
    changes = scene.play(story)
    kept = taken(scene.alerts, changes)
    assert decoded(encoded(kept)) == kept
    other, told = back(scene)
    again = taken(other.alerts, changes)
    assert (again.watches, again.time) == (kept.watches, kept.time)
    running = [alert for alert in scene.alerts if alert.running]
    assert [(change.alert, change.target) for change in told] == [
        (alert.rule.id, alert.target) for alert in running
    ]
    assert all(change.before is change.after for change in told)
    assert {change.reason for change in told} <= {Reason.RESTORED}
    numbers = [change.sequence for change in (*changes, *told)]
    assert numbers == list(range(1, again.sequence + 1))


@given(stories(), st.integers(0, 25), stories())
@settings(deadline=None, max_examples=80)
def test_a_restart_is_a_gap_and_nothing_else(
    before: list[Row], missed: int, after: list[Row]
) -> None:
    scene = Scene()
    scene.play(before)
    other, _ = back(scene, missed)
    assert scene.play([{}] * missed) == []
    assert [*map(shown, scene.play(after))] == [*map(shown, other.play(after))]
    assert taken(scene.alerts, []).watches == taken(other.alerts, []).watches


def test_a_hold_goes_on_where_it_stood() -> None:
    scene = Scene()
    scene.play([*QUIET, *spreads(4, 4, 4, 4)])
    assert one(scene, "warning") is State.PENDING
    other, told = back(scene, missed=20)
    assert [(c.alert, c.before, c.after, c.reason) for c in told] == [
        ("warning", State.PENDING, State.PENDING, Reason.RESTORED)
    ]
    assert other.play(spreads(*[4] * 6)) == []
    (fired,) = other.play(spreads(4))
    assert (fired.after, fired.reason, fired.time) == (State.FIRING, Reason.HELD, other.now)


def test_what_was_missing_for_too_long_ends_even_if_data_are_there_again() -> None:
    scene = Scene()
    scene.play([*QUIET, *spreads(*[4] * 12)])
    assert one(scene, "warning") is State.FIRING
    patient, _ = back(scene, missed=30)
    assert patient.play(spreads(4)) == []
    other, told = back(scene, missed=31)
    assert [change.reason for change in told] == [Reason.RESTORED]
    (ended,) = other.play(spreads(4))
    assert (ended.before, ended.after, ended.reason) == (
        State.FIRING,
        State.INACTIVE,
        Reason.NO_DATA,
    )


def test_a_rule_that_is_gone_ends_its_alert_as_it_was_known() -> None:
    scene = Scene()
    scene.play([*QUIET, *spreads(*[4] * 12)])
    snapshot = taken(scene.alerts, [])
    rules = {**RULES, "warning": {**RULES["warning"], "enabled": False}}
    other = Scene(file(rules))
    (ended,) = restored(other.alerts, snapshot, scene.now + 3 * NANOSECONDS)
    assert ended == Transition(
        time=scene.now + 3 * NANOSECONDS,
        sequence=snapshot.sequence + 1,
        alert="warning",
        target=PERP,
        severity="warning",
        priority="P2",
        before=State.FIRING,
        after=State.INACTIVE,
        reason=Reason.DISABLED,
        value=None,
        threshold=None,
        z=None,
        mean=None,
        deviation=None,
    )
    assert list(other.alerts.last) == [ended]


def test_a_target_that_is_gone_ends_what_ran_on_it() -> None:
    scene = Scene()
    scene.play([*QUIET, {PERP: Fraction(1), PAIR: Fraction(9)}])
    assert one(scene, "apart") is State.FIRING
    other = Scene(targets=[PERP])
    (ended,) = restored(other.alerts, taken(scene.alerts, []), scene.now + 1)
    assert (ended.target, ended.reason) == (PAIR, Reason.DISABLED)


@pytest.mark.parametrize("change", [RULES["apart"], {"condition": "<"}])
def test_a_rule_that_asks_something_else_now_is_another_rule(change: dict[str, object]) -> None:
    scene = Scene()
    scene.play([*QUIET, *spreads(*[4] * 12)])
    other = Scene(file({"warning": {**RULES["warning"], **change}}))
    (ended,) = restored(other.alerts, taken(scene.alerts, []), scene.now + 1)
    assert ended.reason is Reason.DISABLED
    assert one(other, "warning") is State.INACTIVE


@pytest.mark.parametrize("seconds", [LIMIT_SECONDS, 86_400, -11])
def test_a_snapshot_of_another_time_only_gives_its_number_and_ends_what_ran(seconds: int) -> None:
    scene = Scene()
    scene.play([*QUIET, *spreads(*[4] * 12)])
    snapshot = taken(scene.alerts, [])
    other = Scene()
    now = scene.now + seconds * NANOSECONDS
    assert snapshot.unusable(now)
    (ended,) = restored(other.alerts, snapshot, now)
    assert (ended.sequence, ended.before, ended.reason) == (
        snapshot.sequence + 1,
        State.FIRING,
        Reason.NO_DATA,
    )
    assert [kept.baseline and kept.baseline.ring for kept in taken(other.alerts, []).watches] == [
        []
    ]


@pytest.mark.parametrize("seconds", [LIMIT_SECONDS - 1, 0, -10])
def test_a_snapshot_within_ten_minutes_is_used(seconds: int) -> None:
    assert not Snapshot(START, 0, [], []).unusable(START + seconds * NANOSECONDS)


def test_a_clock_that_was_set_back_a_little_counts_as_no_time() -> None:
    scene = Scene()
    scene.play([*QUIET, *spreads(4, 4)])
    other = Scene()
    restored(other.alerts, taken(scene.alerts, []), scene.now - 5 * NANOSECONDS)
    assert taken(other.alerts, []).watches == taken(scene.alerts, []).watches


def test_numbers_never_go_back() -> None:
    other = Scene()
    other.alerts.sequence = 70
    restored(other.alerts, Snapshot(START, 60, [], []), START + 1)
    assert other.alerts.sequence == 70


EVERYTHING = Snapshot(
    time=START,
    sequence=8,
    watches=[
        KeptWatch(
            ("spread_bps", "", ""),
            PERP,
            KeptBaseline([10**30, -5], [7], 3, 1, 2, True, 0, 4),
            [
                KeptAlert(
                    "warning",
                    Condition.ABSOLUTE,
                    "warning",
                    "P2",
                    State.FIRING,
                    START,
                    12,
                    1,
                    2,
                    3,
                    True,
                    Fraction(10**40, 3),
                    Peak(Fraction(-1, 7), START),
                    Reason.CLEARED,
                )
            ],
        )
    ],
    owed=[
        Transition(
            START,
            8,
            "warning",
            PAIR,
            "warning",
            "P2",
            State.PENDING,
            State.FIRING,
            Reason.HELD,
            0.1,
            3.0,
            None,
            1e-9,
            -2.5,
        )
    ],
)
WRITTEN = (
    b"market-quality-exporter alerts 1 710 520087806\n"
    b'{"time":1800000000000000000,"sequence":8,"watches":[{"signal":["spread_bps","",""],'
    b'"target":["binance","BTC-USDT-PERP",""],"baseline":{"ring":'
    b'[1000000000000000000000000000000,-5],"shadow":[7],"frozen":3,"idle":1,"streak":2,'
    b'"strict":true,"clear":0,"missing":4},"alerts":[{"alert":"warning","condition":"absolute",'
    b'"severity":"warning","priority":"P2","state":"firing","since":1800000000000000000,"held":12,"bad":1,'
    b'"missing":2,"firing_for":3,"escalated":true,'
    b'"first":"10000000000000000000000000000000000000000/3",'
    b'"peak":["-1/7",1800000000000000000],"ended":"cleared"}]}],"owed":'
    b'[[1800000000000000000,8,"warning",["binance","BTC-USDT-PERP","okx"],"warning","P2",'
    b'"pending","firing","held",0.1,3.0,null,1e-9,-2.5]]}\n'
)
"""If this must change, so must `VERSION`: an older build would not read it, or read it wrongly."""


def test_the_shape_of_version_1() -> None:
    assert encoded(EVERYTHING) == WRITTEN
    assert decoded(WRITTEN) == EVERYTHING


def bad(kind: str, data: bytes) -> str:
    """The sentence with which a text is refused as this kind of bad."""
    with pytest.raises(SnapshotError) as caught:
        decoded(data)
    assert caught.value.kind == kind
    return str(caught.value)


def test_every_beginning_of_a_snapshot_is_truncated() -> None:
    for length in range(len(WRITTEN)):
        bad("truncated", WRITTEN[:length])
    assert bad("truncated", WRITTEN[:-1]) == "it has 709 of 710 bytes"


@given(st.integers(0, len(WRITTEN) - 1), st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(place: int, bit: int) -> None:
    data = bytearray(WRITTEN)
    data[place] ^= 1 << bit
    with pytest.raises(SnapshotError):
        decoded(bytes(data))


@given(st.binary() | st.binary().map(lambda data: WRITTEN[:33] + data))
def test_nothing_else_is_ever_believed(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        decoded(data)


def test_what_is_refused_is_refused_with_a_reason() -> None:
    assert bad("foreign", b'{"time": 1}\n') == "it is no snapshot of alerts"
    newer = WRITTEN.replace(b"alerts 1 ", b"alerts 2 ")
    assert bad("newer", newer) == "it has version 2, this build reads up to 1"
    assert bad("corrupt", WRITTEN + b"more") == "its content is not what was written"
    assert bad("corrupt", WRITTEN.replace(b'"held":12', b'"held":13')) == (
        "its content is not what was written"
    )
    assert bad("corrupt", WRITTEN.replace(b"alerts 1 ", b"alerts 0 "))


@pytest.mark.parametrize("text", ["1/0", "x", "0.5", "1/3 ", 5, "9" * 3000 + "/1"])
def test_a_fraction_that_is_none_is_refused(text: object) -> None:
    alert = {
        "alert": "a",
        "condition": "absolute",
        "severity": "s",
        "priority": "P1",
        "first": text,
    }
    watch = {"signal": ["a", "", ""], "target": ["a", "b", ""], "baseline": None, "alerts": [alert]}
    body = {"time": 1, "sequence": 1, "watches": [watch], "owed": []}
    bad("corrupt", checked(msgspec.json.encode(body)))


def checked(body: bytes) -> bytes:
    """A body below a first line that fits it."""
    return b"market-quality-exporter alerts 1 %d %d\n%b" % (len(body), crc32(body), body)
