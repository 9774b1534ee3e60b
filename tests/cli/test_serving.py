"""`replay --serve` as a process of its own: the pages during and after, and how it ends."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from exporter.model import NANOSECONDS
from tests.exposition.reading import series
from tests.made import SPOT, START, USDM, Session, Speaker, short
from tests.recordings.written import save, stamped
from tests.shared import ROOT

BOUND = 30
"""Seconds after which waiting is given up; nothing here takes more than one or two."""


class Running:
    """A replay that serves, the address it says, and what it answers there."""

    def __init__(self, process: Process, asking: aiohttp.ClientSession) -> None:
        self.process = process
        self.said = ""
        self._asking = asking
        self._address = ""

    async def until(self, words: str) -> str:
        """The line of standard error with these words, which must come."""
        assert self.process.stderr is not None
        async with asyncio.timeout(BOUND):
            while line := (await self.process.stderr.readline()).decode():
                self.said += line
                if words in line:
                    return line
        pytest.fail(f"{words!r} was not said, but:\n{self.said}")

    async def serving(self) -> None:
        """Wait until it serves."""
        found = re.fullmatch(
            r"Serving (http://127\.0\.0\.1:\d+/) and \1metrics\n", await self.until("Serving")
        )
        assert found, self.said
        self._address = found[1]

    async def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer; the connection is kept for the next one."""
        async with asyncio.timeout(BOUND), self._asking.get(self._address + path) as response:
            return response.status, await response.text()

    async def ended(self, number: signal.Signals) -> int:
        """Send the signal to this process and wait for its exit code."""
        self.process.send_signal(number)
        async with asyncio.timeout(BOUND):
            out, err = await self.process.communicate()
        self.said += out.decode() + err.decode()
        assert "Traceback" not in self.said
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def replaying(*arguments: str | Path) -> AsyncIterator[Running]:
    environment = {name: value for name, value in os.environ.items() if name != "LISTEN_ADDRESS"}
    async with AsyncExitStack() as stack:
        asking = await stack.enter_async_context(aiohttp.ClientSession())
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "exporter", "replay", "--serve", "--listen", "127.0.0.1:0"),
            *("--config", str(ROOT / "config"), *map(str, arguments)),
            stdout=PIPE,
            stderr=PIPE,
            cwd=ROOT,
            env=environment,
        )
        try:
            running = Running(process, asking)
            await running.serving()
            yield running
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    return save(tmp_path / "spot", stamped(short(SPOT, "BTCUSDT")))


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    """At real time nobody sees its end: two hours of a spot market after one second."""
    session = Session()
    speaker = Speaker(session, SPOT, "BTCUSDT").snapshot().update()
    session.later(7200)
    speaker.update()
    return save(tmp_path / "hours", stamped(session.lines))


async def test_after_the_replay_the_pages_stay_up_until_sigterm(
    recorded: Path, tmp_path: Path
) -> None:
    perp = save(tmp_path / "perp", stamped(short(USDM, "BTCUSDT", START + NANOSECONDS)))
    async with replaying(
        recorded, perp, "--summary", tmp_path / "s", "--page", tmp_path / "p"
    ) as it:
        await it.until("The replay is done")
        status, landing = await it.get("")
        assert status == 200
        assert "Replayed spot, perp; the page stands at the end of the recording." in landing
        status, text = await it.get("metrics")
        assert status == 200
        assert text.startswith((tmp_path / "p").read_text())
        assert (tmp_path / "s").exists()
        assert series(text)
        assert await it.get("-/ready") == (200, "ready\n")
        assert (await it.get("runbooks/spread_critical"))[0] == 200
        assert await it.ended(signal.SIGTERM) == 0
    assert "binance/BTC-USDT-PERP" in it.said


async def test_ctrl_c_after_the_replay_is_the_way_to_end_it(recorded: Path) -> None:
    async with replaying(recorded) as it:
        await it.until("The replay is done")
        await it.get("")
        assert await it.ended(signal.SIGINT) == 0


async def test_during_the_replay_the_pages_are_served(hours: Path) -> None:
    async with replaying(hours, "--speed", "1") as it:
        status, landing = await it.get("")
        assert status == 200
        assert "Replaying hours." in landing
        status, text = await it.get("metrics")
        assert status == 200
        assert series(text)
        assert await it.get("-/healthy") == (200, "healthy\n")
        assert await it.ended(signal.SIGINT) == 0


async def test_a_request_to_stop_during_the_replay_ends_it_in_order(hours: Path) -> None:
    """A process that leaves SIGTERM to the system cannot be stopped as the first of a container."""
    async with replaying(hours, "--speed", "1") as it:
        await it.get("")
        code = await it.ended(signal.SIGTERM)
    assert code == 0, "it was killed by the signal"


async def test_readiness_follows_the_books(tmp_path: Path, recorded: Path) -> None:
    """The second file is of a market that never gets a book."""
    session = Session()
    Speaker(session, USDM, "BTCUSDT").update().update()
    blind = save(tmp_path / "blind", stamped(session.lines))
    async with replaying(recorded, blind) as it:
        await it.until("The replay is done")
        assert await it.get("-/ready") == (503, "not ready: no live book of binance/usdm\n")
        assert await it.ended(signal.SIGTERM) == 0
