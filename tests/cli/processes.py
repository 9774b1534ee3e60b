"""The program as a process of its own: what it says, what it answers, how it ends."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from shutil import copytree
from typing import Any

import aiohttp
import yaml

from exporter.config.environment import DEFAULTS
from tests.shared import ROOT

BOUND = 30
"""Seconds after which waiting is given up; nothing here takes more than a few."""
_STEP = 0.02
_OURS = {*DEFAULTS, "COLUMNS"}

Endpoints = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Addresses by exchange, feed, and `websocket` or `rest`."""


class Program:
    """A running process; `out` and `err` are the lines that it has written so far."""

    def __init__(self, process: Process, asking: aiohttp.ClientSession) -> None:
        self.process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._asking = asking
        assert process.stdout is not None
        assert process.stderr is not None
        self._reading = asyncio.gather(
            _gather(process.stdout, self.out), _gather(process.stderr, self.err)
        )

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition, as long as the process is there to bring it about."""
        async with asyncio.timeout(BOUND):
            while not condition():
                assert self.process.returncode is None, "\n".join(self.err)
                await asyncio.sleep(_STEP)

    async def said(self, words: str) -> str:
        """The first line of standard error with these words, which must come."""
        await self.until(lambda: any(words in line for line in self.err))
        return next(line for line in self.err if words in line)

    def events(self) -> list[dict[str, Any]]:
        """Standard error as what it must be throughout: one JSON object a line."""
        return [json.loads(line) for line in self.err]

    def count(self, event: str) -> int:
        """How many lines of the log are of this event; lines that are none are left out."""
        return sum(f'"event": "{event}"' in line for line in self.err)

    async def address(self) -> str:
        """Where its pages are, once it says so."""
        line = json.loads(await self.said('"event": "serving"'))
        return str(line["url"])

    async def get(self, url: str) -> tuple[int, str]:
        """Status and text of an answer."""
        async with asyncio.timeout(BOUND), self._asking.get(url) as response:
            return response.status, await response.text()

    async def ready(self, address: str, status: int = 200) -> str:
        """What `/-/ready` says once it has this status."""
        async with asyncio.timeout(BOUND):
            while (  # noqa: ASYNC110 - another process cannot set an event
                answer := await self.get(f"{address}-/ready")
            )[0] != status:
                await asyncio.sleep(_STEP)
        return answer[1]

    async def ended(self, number: signal.Signals | None = None, *, group: bool = False) -> int:
        """The exit code, once all is read; a signal is sent first, to its whole group if told."""
        if number is not None:
            (os.killpg if group else os.kill)(self.process.pid, number)
        async with asyncio.timeout(BOUND):
            await self._reading
            code = await self.process.wait()
        assert not any("Traceback" in line for line in self.err), "\n".join(self.err)
        return code

    def unclosed(self) -> list[str]:
        """What the interpreter says of files and sockets that were never closed."""
        return [line for line in self.err if "ResourceWarning" in line]

    async def close(self) -> None:
        """End what is left of it and of what it started."""
        if self.process.returncode is None:
            for pid in (*children(self.process.pid), self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await self.process.wait()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


async def _gather(stream: asyncio.StreamReader, lines: list[str]) -> None:
    async for line in stream:
        lines.append(line.decode().removesuffix("\n"))  # noqa: PERF401 - each when it comes


@asynccontextmanager
async def program(*arguments: str | Path, **variables: str) -> AsyncIterator[Program]:
    """`python -m exporter` with these arguments, in a group of its own; it has ended after.

    Its environment has `variables`, and else none that it reads.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    environment |= {"PYTHONWARNINGS": "default::ResourceWarning", **variables}
    async with aiohttp.ClientSession() as asking:
        running = Program(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "exporter", *map(str, arguments)),
                stdout=PIPE,
                stderr=PIPE,
                cwd=ROOT,
                env=environment,
                start_new_session=True,
            ),
            asking,
        )
        try:
            yield running
        finally:
            await running.close()


def configured(folder: Path, endpoints: Endpoints) -> Path:
    """A copy of the shipped configuration with other addresses; no Alertmanager is asked."""
    target = copytree(ROOT / "config", folder / "config")
    exchanges = {name: {"feeds": feeds} for name, feeds in endpoints.items()}
    (target / "exchanges.yaml").write_text(yaml.safe_dump({"exchanges": exchanges}))
    (target / "maintenance.yaml").write_text("alertmanagers: []\n")
    return target


def everywhere(place: str) -> Endpoints:
    """Endpoints of all exchanges at one HOST:PORT."""
    address = {"websocket": f"ws://{place}", "rest": f"http://{place}"}
    return {"binance": {"spot": address, "usdm": address}, "okx": {"public": address}}


def children(pid: int) -> list[int]:
    """The processes that this one started and that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(path.parent.name))
    return found


def exists(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
