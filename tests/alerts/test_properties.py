"""What is true of alerts whatever the signals do."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.alerts.alert import Alert
from exporter.alerts.judgement import judged
from exporter.config.alerts import AlertsFile
from exporter.metrics.sample import Sample
from exporter.model import NANOSECONDS, MarketId, Target
from exporter.transition import PAGE, Reason, State, Transition
from tests.alerts.rig import (
    OKX_PERP,
    PERP,
    SPOT,
    Rig,
    configured,
    judgement,
    rule,
    steps,
    written,
)

PATIENCE = 6

spells = st.lists(
    st.tuples(st.sampled_from([True, True, False, None]), st.integers(1, 9)), max_size=20
)
"""What is said of a sample, and for how many seconds."""


def unrolled(spells: Sequence[tuple[bool | None, int]]) -> list[bool | None]:
    return [said for said, seconds in spells for _ in range(seconds)]


def held(said: Sequence[bool | None], tolerance: int) -> int | None:
    """The longest time with data for which conditions have held, by definition.

    It starts at some sample that met them. After that no more than `tolerance` bad samples lie
    beside each other, whatever is missing between them, nor more than `PATIENCE` missing ones.
    None where no such time leads up to the last second.
    """
    starts = (place for place, one in enumerate(said) if one)
    return next(
        (
            sum(one is not None for one in said[start + 1 :])
            for start in starts
            if longest([one for one in said[start:] if one is not None], bad=False) <= tolerance
            and longest(said[start:], bad=None) <= PATIENCE
        ),
        None,
    )


def longest(said: Sequence[bool | None], bad: bool | None) -> int:
    """The most such samples in a row."""
    most = count = 0
    for one in said:
        count = count + 1 if one is bad else 0
        most = max(most, count)
    return most


def expected(said: Sequence[bool | None], persistence: int, tolerance: int) -> State:
    lasted = held(said, tolerance)
    if lasted is None:
        return State.INACTIVE
    return State.FIRING if lasted >= persistence else State.PENDING


@settings(max_examples=300, deadline=None)
@given(spells=spells, persistence=st.sampled_from([0, 1, 5, 9, 10, 15, 60]))
def test_an_alert_fires_while_and_only_while_its_conditions_have_held(
    spells: list[tuple[bool | None, int]], persistence: int
) -> None:
    asked = rule(persistence=persistence)
    alert, said = Alert(asked, PERP, PATIENCE), unrolled(spells)
    for now, one in enumerate(said):
        before = alert.life.state
        changes = alert.take(judgement(one), now * NANOSECONDS)
        assert alert.life.state is expected(said[: now + 1], persistence, asked.tolerance)
        assert [(change.before, change.after) for change in changes] == (
            [] if alert.life.state is before else [(before, alert.life.state)]
        )
        if one is None:
            assert [change.reason for change in changes] in ([], [Reason.NO_DATA])


# --- through the watch, where thresholds ease and baselines freeze

SMALL = {
    "baseline": {"window_samples": 20, "warmup_samples": 5, "freeze_limit_seconds": 60},
    "timing": {"no_data_after_seconds": PATIENCE, "escalate_after_seconds": 8},
}
RULES = {
    "warning": written(z=2, persistence_seconds=4),
    "critical": written(
        z=3, severity="critical", priority="P1", thresholds={"other": 20}, persistence_seconds=2
    ),
    "bare": written(severity="info", priority="P3"),
    "absolute": written(
        severity="info", condition="absolute", z=2, thresholds={"other": 30}, priority="P3"
    ),
}
SIZES: AlertsFile = configured(RULES, **SMALL)

values = st.one_of(st.integers(-60, 60), st.integers(0, 4))
samples = st.one_of(
    st.none(),
    values,
    st.builds(
        Sample,
        st.builds(Fraction, values),
        bound=st.booleans(),
        degraded=st.booleans(),
        resolution=st.just(Fraction(1, 100)),
    ),
)
walks = st.lists(st.tuples(samples, st.integers(1, 8)), max_size=25)
Walk = list[tuple[Sample | int | None, int]]


def seconds(walk: Walk) -> list[Sample | int | None]:
    return [one for one, times in walk for _ in range(times)]


@settings(max_examples=150, deadline=None)
@given(walk=walks)
def test_nothing_happens_that_its_own_judgement_does_not_say(walk: Walk) -> None:
    rig = Rig(SIZES)
    for one in [3, 4, 3, 4, 3, 4, *seconds(walk)]:
        before = {alert.rule.id: alert.firing for alert in rig.alerts}
        changes = rig.step(one)
        for alert in rig.alerts:
            said = alert.judgement
            assert said is not None
            fired = before[alert.rule.id]
            _, watch = rig.alerts.watches[0]
            score = watch.score if alert.rule.z is not None else None
            assert watch.sample is not None
            limit = alert.rule.threshold(PERP.instrument)
            assert limit is not None
            assert said == judged(alert.rule, watch.sample, score, limit, firing=fired)
            reasons = [c.reason for c in changes if c.alert == alert.rule.id]
            if said.met is None:
                assert set(reasons) <= {Reason.NO_DATA, Reason.NEW_REGIME, Reason.ESCALATED}
            if Reason.CONDITIONS_MET in reasons:
                assert said.met


@settings(max_examples=100, deadline=None)
@given(walk=walks)
def test_a_transition_follows_from_the_one_before_it(walk: Walk) -> None:
    rig = Rig(SIZES)
    rig.run([3, 4, 3, 4, 3, 4, *seconds(walk)])
    states = dict.fromkeys(RULES, State.INACTIVE)
    for number, one in enumerate(rig.log, 1):
        assert (one.sequence, one.before) == (number, states[one.alert])
        assert one.reason in ALLOWED[one.before, one.after]
        assert (one.reason is Reason.ESCALATED) <= (one.priority == PAGE)
        states[one.alert] = one.after
    assert states == {alert.rule.id: alert.life.state for alert in rig.alerts}


_ENDINGS = {Reason.CLEARED, Reason.NO_DATA, Reason.NEW_REGIME}
ALLOWED = {
    (State.INACTIVE, State.PENDING): {Reason.CONDITIONS_MET},
    (State.INACTIVE, State.FIRING): {Reason.CONDITIONS_MET},
    (State.PENDING, State.FIRING): {Reason.HELD},
    (State.PENDING, State.INACTIVE): _ENDINGS,
    (State.FIRING, State.INACTIVE): _ENDINGS,
    (State.FIRING, State.FIRING): {Reason.ESCALATED},
}


@settings(max_examples=100, deadline=None)
@given(level=st.integers(11, 1_000), width=st.integers(1, 20), walk=st.lists(st.integers(8, 500)))
def test_a_signal_that_only_falls_below_normal_fires_nothing_above(
    level: int, width: int, walk: list[int]
) -> None:
    """Though it stays far beyond the thresholds: it has been there for as long as is known."""
    names = ("warning", "critical")
    rig = Rig(configured({name: RULES[name] for name in names}, **SMALL))
    around = [level + (-1) ** number * Fraction(width, 10) for number in range(20)]
    rig.run(around)
    rig.run(level - Fraction(width * far, 10) for far in walk)
    assert rig.log == []


# --- over several markets

TARGETS = (PERP, SPOT, OKX_PERP)
dials = st.lists(
    st.tuples(*(st.one_of(st.none(), values) for _ in TARGETS)), min_size=1, max_size=40
)
Rows = list[tuple[int | None, ...]]


def run(order: Sequence[int], rows: Rows) -> Rig:
    """The same rows with the markets in another order."""
    rig = Rig(SIZES, [("spread_bps", TARGETS[place]) for place in order])
    for row in [(3, 3, 3), (4, 4, 4)] * 3 + rows:
        rig.step(*(row[place] for place in order))
    return rig


def of(rig: Rig, target: Target) -> list[Transition]:
    """What happened to one market; the numbers count all."""
    return [one._replace(sequence=0) for one in rig.log if one.target == target]


@settings(max_examples=40, deadline=None)
@given(rows=dials)
def test_the_order_of_markets_changes_nothing(rows: Rows) -> None:
    first, *others = (run(order, rows) for order in permutations(range(3)))
    for other in others:
        assert [of(other, target) for target in TARGETS] == [
            of(first, target) for target in TARGETS
        ]


@settings(max_examples=40, deadline=None)
@given(rows=dials)
def test_a_market_does_not_notice_the_others(rows: Rows) -> None:
    together, alone = run((0, 1, 2), rows), run((0,), rows)
    assert of(together, PERP) == of(alone, PERP)
    assert [one.life for one in alone.alerts] == [
        one.life for one in together.alerts if one.target == PERP
    ]


@settings(max_examples=60, deadline=None)
@given(walk=walks, scrapes=st.sets(st.integers(0, 120)))
def test_what_is_read_when_changes_nothing(walk: Walk, scrapes: set[int]) -> None:
    quiet, scraped = Rig(SIZES), Rig(SIZES)
    for second, shown in enumerate([3, 4, 3, 4, 3, 4, *seconds(walk)]):
        quiet.step(shown)
        scraped.step(shown)
        for _ in range(2 if second in scrapes else 0):
            assert read(scraped)
    assert quiet.log == scraped.log
    assert read(quiet) == read(scraped)
    for one, other in zip(quiet.alerts, scraped.alerts, strict=True):
        assert (one.life, one.judgement) == (other.life, other.judgement)


def read(rig: Rig) -> dict[tuple[str, ...], object]:
    """What a scrape would find."""
    readings = rig.alerts.readings(MarketId(*PERP[:2]))
    return {(series.family.name, *series.values): value for series, value in readings}


@settings(max_examples=60, deadline=None)
@given(walk=walks)
def test_the_same_signal_gives_the_same_log(walk: Walk) -> None:
    logs = []
    for _ in range(2):
        rig = Rig(SIZES)
        rig.run(seconds(walk))
        logs.append(steps(rig.log))
    assert logs[0] == logs[1]
