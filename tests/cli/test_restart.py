"""Killed at random moments and started again: no alert is lost, doubled, late or early.

`RESTART_KILLS=100` kills the small process so often (it is 12 times otherwise).
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import aiohttp
import yaml

from exporter import clock
from exporter.alerts.snapshot import Snapshot, decoded
from exporter.config import load
from exporter.exposition.transitions import fields
from exporter.model import NANOSECONDS
from exporter.observer import Observer
from exporter.transition import Transition
from tests.cli.processes import BOUND, Endpoints, Program, configured, everywhere, program
from tests.cli.seconds import Made
from tests.exposition.reading import series
from tests.made import START
from tests.shared import ROOT

KILLS = int(os.environ.get("RESTART_KILLS", "12"))
LANES = 2
CASES = 3
"""Exporters, each of which is killed three times."""
PERSISTENCE = 4
PERP = {"exchange": "binance", "instrument": "BTC-USDT-PERP"}

UNFINISHED = b"market-quality-exporter alerts 1 9 9\nno"

Logged = dict[str, Any]


def config(folder: Path, endpoints: Endpoints) -> Path:
    """The shipped configuration with other addresses, and short rules on the spread alone."""
    target = configured(folder, endpoints)
    common = {"family": "spread", "signal": "spread_bps", "condition": ">"}
    warning = {**common, "severity": "warning", "priority": "P2", "z": 2}
    critical = {**common, "severity": "critical", "priority": "P1"}
    ceiling = {**critical, "ceiling_of": "critical"}
    alerts = {
        "warning": {**warning, "persistence_seconds": PERSISTENCE, "thresholds": {"other": 3}},
        "critical": {**critical, "z": 3, "persistence_seconds": 12, "thresholds": {"other": 5}},
        "ceiling": {**ceiling, "persistence_seconds": 3, "thresholds": {"other": 6}},
    }
    content = {
        "baseline": {"window_samples": 60, "warmup_samples": 5},
        "timing": {"escalate_after_seconds": 15},
        "alerts": alerts,
    }
    (target / "alerts.yaml").write_text(yaml.safe_dump(content))
    return target


def kept(state: Path) -> Snapshot:
    """The snapshot that a process left."""
    return decoded((state / "alerts.state").read_bytes())


def logged(lines: Iterable[str]) -> list[Logged]:
    """What these lines of a log say about alerts."""
    return [json.loads(line) for line in lines if '"event": "alert"' in line]


def logged_by(*lives: Program) -> list[Logged]:
    """What all of them logged about alerts."""
    return logged(line for life in lives for line in life.err)


def told(event: Logged) -> Logged:
    """A transition as it was logged, without what makes it a line of its own."""
    return {key: event[key] for key in event.keys() - {"seq", "event", "level"}}


# --- a small process on made seconds, against one that is never killed


class Span(NamedTuple):
    """The seconds of a life that count: those after its last snapshot are lost."""

    first: int
    last: int


class Collected(Observer):
    """The transitions of a pipeline that nobody kills."""

    def __init__(self) -> None:
        self.changes: list[Transition] = []

    def transitions(self, changes: Sequence[Transition]) -> None:
        self.changes += changes


def undisturbed(folder: Path, spans: Sequence[Span]) -> list[Logged]:
    """What one process tells that has no data between these spans."""
    ear = Collected()
    made = Made(load(folder), ear)
    for span in spans:
        for _ in made.go(range(span.first, span.last)):
            pass
        made.lose(span.last)
    return [json.loads(json.dumps(told(dict(fields(change))))) for change in ear.changes]


async def killed_after(seconds: int, seed: int, log: Path, *arguments: str | Path) -> int:
    """The last second that the small process got to before it was killed, after so many.

    Its log is a file: who reads a pipe would be woken by each line, and kill it more often then.
    """
    command = (sys.executable, "-m", "tests.cli.seconds", *map(str, arguments))
    with log.open("ab") as err:
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=err, cwd=ROOT)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(BOUND):
            for _ in range(seconds):
                assert await process.stdout.readline(), f"it ended by itself: see {log}"
        await asyncio.sleep(Random(seed).uniform(0, 0.01))  # noqa: S311 - the same each time
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        out, _ = await process.communicate()
    return max(map(int, out.split()), default=0)


async def killed_again_and_again(folder: Path, state: Path, seed: int) -> None:
    """A lane: many lives of the small process, and what they must have told in all."""
    random = Random(seed)  # noqa: S311 - the same each time
    log, spans, first = state.with_suffix(".log"), [], 1
    for _ in range(KILLS // LANES):
        many, chance = random.randrange(1, 60), random.randrange(10**6)
        reached = await killed_after(many, chance, log, folder, state, str(first))
        last = (kept(state).time - START) // NANOSECONDS
        spans.append(Span(first, last))
        first = max(last, reached, first + many) + 2 + random.randrange(20)
    assert_as_if_never_killed(logged(log.read_text().splitlines()), undisturbed(folder, spans))


def assert_as_if_never_killed(found: Sequence[Logged], expected: Sequence[Logged]) -> None:
    """Everything once, in order, at the same second, but for lines that tell of a restart."""
    doubled = [two for one, two in pairwise(found) if one == two]
    assert len(doubled) <= 1, "killed in the microseconds between a line and the note of it"
    once = [one for index, one in enumerate(found) if not index or one != found[index - 1]]
    numbers = [one["seq"] for one in once]
    owed = len(expected) - sum(one["reason"] != "restored" for one in once)
    assert numbers == list(range(1, len(numbers) + 1))
    changes = [told(one) for one in once if one["reason"] != "restored"]
    assert changes == expected[: len(changes)]
    assert 0 <= owed <= 3, "only what the last life was killed over may still have to be logged"
    assert all(one["from"] == one["to"] for one in once if one["reason"] == "restored")
    assert {one["reason"] for one in once} >= {"conditions_met", "held", "cleared", "restored"}


async def test_alerts_of_killed_processes_are_those_of_one_that_had_gaps(tmp_path: Path) -> None:
    folder = config(tmp_path, everywhere("127.0.0.1:1"))
    async with asyncio.TaskGroup() as work:
        for seed in range(LANES):
            work.create_task(killed_again_and_again(folder, tmp_path / f"state-{seed}", seed))


# --- the exporter itself, on simulated exchanges


class Simulated(NamedTuple):
    """Simulated exchanges, and the configuration of who watches them."""

    folder: Path
    address: str
    asking: aiohttp.ClientSession

    async def widen(self) -> None:
        """The spread of one market blows out to 8 bps, for longer than any test takes."""
        incident = {"kind": "spread-blow-out", "seconds": 600, **PERP}
        async with self.asking.post(f"{self.address}/control/incidents", json=incident) as answer:
            assert answer.status == 201, await answer.text()

    async def settle(self) -> None:
        """All incidents are over."""
        async with self.asking.delete(f"{self.address}/control/incidents") as answer:
            assert answer.status == 200, await answer.text()


@asynccontextmanager
async def simulated(folder: Path) -> AsyncIterator[Simulated]:
    """Simulated exchanges as a process of their own."""
    async with (
        program("simulate", "--listen", "127.0.0.1:0") as it,
        aiohttp.ClientSession() as asking,
    ):
        await it.until(lambda: it.out)
        told = json.loads(it.out[0])
        folder = config(folder, told["endpoints"])
        yield Simulated(folder, told["address"].rstrip("/"), asking)


def running(folder: Path, state: Path) -> AbstractAsyncContextManager[Program]:
    """The exporter."""
    return program("run", "--config", folder, "--state", state, "--listen", "127.0.0.1:0")


def hears(life: Program, alert: str, reason: str) -> list[Logged]:
    """What a life has logged of this alert of the market, for this reason."""
    wanted = {"alert": alert, "reason": reason, **PERP}
    return [one for one in logged_by(life) if wanted.items() <= one.items()]


async def shown(life: Program, name: str, **labels: str) -> float:
    """What `/metrics` says of the market now."""
    _, page = await life.get(f"{await life.address()}metrics")
    wanted = {*labels.items(), *PERP.items()}
    (value,) = (
        value for key, value in series(page).items() if key[0] == name and wanted <= {*key[1]}
    )
    return value


def hold(state: Path) -> int:
    """For how long `warning` had held when that was last kept."""
    (one,) = (
        alert.held
        for watch in kept(state).watches
        for alert in watch.alerts
        if alert.alert == "warning" and watch.target[:2] == tuple(PERP.values())
    )
    return one


class Case:
    """An exporter that is killed around an alert while it is pending, and once it fires.

    `warm`, `firing`: how far it has come. `settled`: what it watches is over.
    """

    def __init__(self, watched: Simulated, state: Path, seed: int) -> None:
        self.watched = watched
        self.state = state
        self.lives: list[Program] = []
        self.down = 0
        """Whole seconds for which there was no process before it fired, at least."""
        self.warm, self.firing, self.settled = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._random = Random(seed)  # noqa: S311 - the same each time

    async def run(self) -> None:
        """All its lives."""
        async with self.life() as life:
            await self.learns(life)
            await life.until(lambda: hears(life, "warning", "conditions_met"))
            await self.kill(life, PERSISTENCE - 1)
        held = hold(self.state)
        await self.stays_down()
        async with self.life() as life:
            await life.until(lambda: hears(life, "warning", "restored"))
            await self.kill(life, PERSISTENCE - 2)
        assert hold(self.state) >= held
        await self.stays_down()
        async with self.life() as life:
            await life.until(lambda: any(hears(one, "warning", "held") for one in self.lives))
            await self.kill(life, 1)
        self.firing.set()
        async with self.life() as life:
            assert await shown(life, "market_alert_firing", alert="warning", priority="P2") == 1
            await self.settled.wait()
            await life.until(lambda: hears(life, "warning", "cleared"))
            assert await life.ended(signal.SIGTERM) == 0
            assert life.unclosed() == []

    async def learns(self, life: Program) -> None:
        """The baseline is warm."""
        await life.ready(await life.address())
        while (  # noqa: ASYNC110 - another process cannot set an event
            await shown(life, "market_baseline_samples") < 6
        ):
            await asyncio.sleep(0.1)
        self.warm.set()

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Program]:
        """The next one."""
        async with running(self.watched.folder, self.state) as life:
            self.lives.append(life)
            yield life

    async def kill(self, life: Program, most: float) -> None:
        """At a random moment within so many seconds."""
        await asyncio.sleep(self._random.uniform(0, most))
        await life.ended(signal.SIGKILL)

    async def stays_down(self) -> None:
        """For a while."""
        began = clock.monotonic()
        await asyncio.sleep(self._random.uniform(0, 1.5))
        if not any(hears(life, "warning", "held") for life in self.lives):
            self.down += (clock.monotonic() - began) // NANOSECONDS


def assert_one_story(case: Case) -> None:
    """Whatever happened to the process, the alert was pending, fired and cleared once."""
    found = logged_by(*case.lives)
    assert [one["seq"] for one in found] == list(range(1, len(found) + 1))
    for alert in ("warning", "ceiling"):
        story = [one for one in found if {"alert": alert, **PERP}.items() <= one.items()]
        told = [one for one in story if one["reason"] != "restored"]
        assert [one["reason"] for one in told] == ["conditions_met", "held", "cleared"]
        assert all(one["to"] == two["from"] for one, two in pairwise(story))
    pending, fired, _ = [
        one
        for one in found
        if one["alert"] == "warning" and one["reason"] != "restored" and PERP.items() <= one.items()
    ]
    took = datetime.fromisoformat(fired["time"]) - datetime.fromisoformat(pending["time"])
    assert took.total_seconds() >= PERSISTENCE + case.down
    assert [life.count("alerts_begin_anew") for life in case.lives] == [1, 0, 0, 0]
    assert [life.count("alerts_restored") for life in case.lives] == [0, 1, 1, 1]


async def test_an_alert_outlives_the_exporter(tmp_path: Path) -> None:
    async with simulated(tmp_path) as watched, asyncio.TaskGroup() as work:
        cases = [Case(watched, tmp_path / f"state-{seed}", seed) for seed in range(CASES)]
        for case in cases:
            work.create_task(case.run())
        await every(case.warm for case in cases)
        await watched.widen()
        await every(case.firing for case in cases)
        await watched.settle()
        for case in cases:
            case.settled.set()
    for case in cases:
        assert_one_story(case)
        assert hold(case.state) == 0, "SIGTERM kept the end"


async def every(events: Iterable[asyncio.Event]) -> None:
    """Wait for all of these events."""
    async with asyncio.timeout(2 * BOUND):
        for event in events:
            await event.wait()


async def test_without_a_usable_snapshot_it_says_so_and_the_ceiling_covers(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "alerts.state").write_bytes(UNFINISHED)
    async with simulated(tmp_path) as watched:
        await watched.widen()
        async with running(watched.folder, state) as life:
            line = json.loads(await life.said('"event": "alerts_begin_anew"'))
            assert (line["level"], line["why"]) == (
                "warning",
                f"{state / 'alerts.state'}: it has 2 of 9 bytes",
            )
            await life.until(lambda: hears(life, "ceiling", "held"))
            assert await life.ended(signal.SIGTERM) == 0
    (aside,) = state.glob("alerts.truncated-*.state")
    assert (line["set_aside"], aside.read_bytes()) == (str(aside), UNFINISHED)
    assert kept(state).sequence == len(logged_by(life))
