"""Which alerts each incident of the simulated exchanges raises, and which stay silent.

All incidents run at once, each on exchanges of its own, over real sockets. Times are shortened
here; with all times of the shipped configuration it takes seven minutes:

    INCIDENTS=full python -m pytest tests/alerts/test_incidents.py -s
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from exporter.config import AlertsFile
from exporter.model import NANOSECONDS
from exporter.transition import State, Transition
from tests.live.rig import FAST, Rig, rig
from tests.shared import shipped

FULL = os.environ.get("INCIDENTS") == "full"
PERP, SPOT = "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"
SWAP, OKX_SPOT = "okx/BTC-USDT-PERP", "okx/BTC-USDT-SPOT"
BETWEEN = " against okx"
AFTERWARDS = 25 if FULL else 8
"""Seconds for which it is watched after an incident."""


class Case(NamedTuple):
    """An incident, how long it lasts in full and shortened, what it must raise and what it may.

    Alerts are by name and target, `spread_warning binance/BTC-USDT-PERP`.
    """

    kind: str
    where: str
    full: int
    short: int
    size: float | None = None
    raises: Sequence[str] = ()
    may: Sequence[str] = ()


def on(target: str, *alerts: str) -> list[str]:
    return [f"{alert} {target}" for alert in alerts]


DROP = ("depth_drop_warning", "depth_drop_critical")
DEPTH = ("depth_warning", "depth_critical", "depth_ceiling")
SPREAD = ("spread_warning", "spread_critical", "spread_ceiling")
BASIS = ("basis_warning", "basis_critical")
MARK = ("mark_deviation_warning", "mark_deviation_critical")
DIVERGENCE = "cross_exchange_divergence"
LOST = ("feed_stale", "data_gap")

CASES: Mapping[str, Case] = {
    case.kind: case
    for case in (
        Case("spread-blow-out", PERP, 60, 6, None, on(PERP, *SPREAD[:2]), on(PERP, *DROP)),
        Case(
            "one-sided-withdrawal", PERP, 90, 6, None, on(PERP, DROP[0]) * FULL, on(PERP, *DROP)
        ),
        Case(
            "depth-evaporation", SWAP, 90, 8, 0.005, on(SWAP, *DEPTH), on(SWAP, *DROP, *SPREAD)
        ),
        Case(
            "basis-drift",
            PERP,
            300,
            20,
            6 if FULL else 120,
            on(PERP, *BASIS),
            on(PERP + BETWEEN, DIVERGENCE) + on(PERP, *DROP, *MARK, "basis_ceiling"),
        ),
        Case(
            "basis-step",
            PERP,
            180,
            12,
            None,
            on(PERP, *BASIS) + on(PERP + BETWEEN, DIVERGENCE),
            on(PERP, *MARK),
        ),
        Case("mark-decoupling", PERP, 120, 12, None if FULL else 120, on(PERP, *MARK)),
        Case(
            "exchange-dislocation",
            "okx/",
            60,
            8,
            None,
            on(PERP + BETWEEN, DIVERGENCE) + on(SPOT + BETWEEN, DIVERGENCE),
            on(SWAP, *MARK),
        ),
        Case("crossed-book", SPOT, 15, 8, None, on(SPOT, "book_crossed")),
        Case(
            "stale-stream", OKX_SPOT, 40, 8, None, on(OKX_SPOT, "feed_stale"),
            on(OKX_SPOT, "trade_outside_book", "data_gap"),
        ),
        Case(
            "frozen-book", SPOT, 40, 8, None, on(SPOT, "book_frozen"),
            on(SPOT, "trade_outside_book"),
        ),
        Case("sequence-gap", PERP, 10, 5),
        Case("duplicate", PERP, 30, 5),
        Case("reorder", PERP, 30, 5, None, (), on(PERP, "data_gap")),
        Case(
            "disconnect", "okx/", 30, 8, None, on(SWAP, *LOST) + on(OKX_SPOT, *LOST)
        ),
        Case(
            "half-open",
            "binance/",
            60,
            10,
            None,
            (on(PERP, "feed_stale") + on(SPOT, "feed_stale")) * FULL,  # found sooner when shortened
            on(PERP, *LOST) + on(SPOT, *LOST),
        ),
        Case("server-shutdown", "okx/", 30, 6, 10 if FULL else 4),
        Case("rest-errors", "binance/", 30, 5),
    )
}  # fmt: skip


class Seen(NamedTuple):
    """What happened in one case: when it began (Unix ns), the changes before and since."""

    began: int
    calm: Sequence[Transition]
    changes: Sequence[Transition]


def shortened() -> AlertsFile:
    """The shipped rules, that hold for a twentieth and know what is normal after five samples."""
    alerts = shipped().alerts
    rules = {
        name: rule.model_copy(
            update={"persistence_seconds": -(-rule.persistence_seconds // 20)}
            | ({"thresholds": {"other": Decimal(4)}} if name in ("data_gap", "book_frozen") else {})
        )
        for name, rule in alerts.alerts.items()
    }
    baseline = alerts.baseline.model_copy(update={"warmup_samples": 5})
    return alerts.model_copy(update={"alerts": rules, "baseline": baseline})


async def lived(case: Case, state: Path) -> Seen:
    settings = {name: getattr(shipped().features.live, name) for name in FAST} if FULL else None
    alerts = shipped().alerts if FULL else shortened()
    stale = {"book": Decimal(5 if FULL else 3)}
    async with rig(state, settings=settings, stale=stale, alerts=alerts) as world:
        await world.all_live(60)
        await passed(world, 45 if FULL else 8)
        calm = tuple(world.heard.changes)
        began, seconds = world.pipeline.now, case.full if FULL else case.short
        exchange, _, instrument = case.where.partition("/")
        world.simulation.begin(
            case.kind,
            exchange=exchange,
            instrument=instrument or None,
            size=case.size,
            seconds=seconds,
        )
        await passed(world, seconds + AFTERWARDS)
        return Seen(began, calm, tuple(world.heard.changes[len(calm) :]))


async def passed(world: Rig, seconds: int) -> None:
    until = world.pipeline.now + seconds * NANOSECONDS
    await world.until(lambda: world.pipeline.now > until, 2 * seconds + 60)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Seen]:
    """All cases at once."""

    async def all_of_them() -> list[Seen]:
        folders = [tmp_path_factory.mktemp(name) for name in CASES]
        pairs = zip(CASES.values(), folders, strict=True)
        return await asyncio.gather(*(lived(case, folder) for case, folder in pairs))

    found = dict(zip(CASES, asyncio.run(all_of_them()), strict=True))
    if FULL:
        print(*table(found), sep="\n")
    return found


def table(found: Mapping[str, Seen]) -> list[str]:
    """What fired when, for a person."""
    lines = []
    for name, one in found.items():
        lines.append(f"{name} on {CASES[name].where}")
        for change in one.changes:
            at = (change.time - one.began) / NANOSECONDS
            what = f"{change.before} -> {change.after} ({change.reason})"
            lines.append(f"  {at:6.1f} s  {change.alert} {change.target}: {what}, {change.value}")
    return lines


def fired(one: Seen) -> set[str]:
    return {f"{c.alert} {c.target}" for c in one.changes if c.after is State.FIRING}


@pytest.mark.parametrize("kind", CASES)
def test_an_incident_raises_its_alerts_and_no_others(seen: Mapping[str, Seen], kind: str) -> None:
    case, alerts = CASES[kind], fired(seen[kind])
    assert not seen[kind].calm
    assert alerts >= set(case.raises)
    assert alerts <= {*case.raises, *case.may}


@pytest.mark.parametrize("kind", CASES)
def test_what_fired_ends_when_the_incident_is_over(seen: Mapping[str, Seen], kind: str) -> None:
    last = {(change.alert, change.target): change for change in seen[kind].changes}
    running = {str(key[0]) for key, change in last.items() if change.after is not State.INACTIVE}
    assert running <= set(DROP)  # which compare with a minute ago


@pytest.mark.parametrize("kind", ["basis-step", "basis-drift"])
def test_a_rule_fires_when_it_has_held_for_its_time(seen: Mapping[str, Seen], kind: str) -> None:
    rules = (shipped().alerts if FULL else shortened()).alerts
    for name in BASIS:
        changes = [c for c in seen[kind].changes if (c.alert, str(c.target)) == (name, PERP)]
        pending, firing = changes[:2]
        assert (pending.after, firing.after) == (State.PENDING, State.FIRING)
        assert firing.time - pending.time == rules[name].persistence_seconds * NANOSECONDS


async def test_a_resync_under_a_firing_alert_says_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path, stale={"book": Decimal(3)}, alerts=shortened()) as world:
        await world.all_live()
        await passed(world, 8)
        world.simulation.begin(
            "spread-blow-out", exchange="binance", instrument="BTC-USDT-PERP", seconds=15
        )
        await world.until(lambda: fired(Seen(0, (), world.heard.changes)) >= {*on(PERP, SPREAD[0])})
        told = len(world.heard.changes)
        world.simulation.begin("rest-errors", exchange="binance", size=503, seconds=2)
        world.simulation.begin(
            "sequence-gap", exchange="binance", instrument="BTC-USDT-PERP", size=2, seconds=2
        )
        await world.until(lambda: not world.live(PERP))
        await world.until(lambda: world.live(PERP))
        await passed(world, 2)
        assert world.heard.changes[told:] == []
        firing = [alert for alert in world.pipeline.alerts if alert.firing]
        assert [alert.rule.id for alert in firing if str(alert.target) == PERP] == [*SPREAD[:2]]
