"""Servers of the stack as processes of their own, killed and started again on the same port."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from exporter.stack import servers
from tests.cli.processes import Program
from tests.programs import needed
from tests.shared import ROOT

BOUND = 60
"""Seconds within which a server must be ready."""
_STEP = 0.05
_LINES = 30
_OK = 200


async def until(condition: Callable[[], Awaitable[object]], seconds: float, what: str) -> None:
    """Wait for what has to be asked for; fails with `what` where it does not come true."""
    try:
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 - another process cannot set an event
                await asyncio.sleep(_STEP)
    except TimeoutError as error:
        raise AssertionError(f"not so within {seconds} s: {what}") from error


class Server:
    """A program that answers HTTP on `port`; each start is another of its `lives`.

    `ready` is the path that answers 200 once it can work.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        port: int,
        asking: aiohttp.ClientSession,
        ready: str = "/-/ready",
    ) -> None:
        self.name = name
        self.port = port
        self.lives: list[Program] = []
        self._command = [str(part) for part in command]
        self._asking = asking
        self._ready = ready

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`"""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> list[str]:
        """What it has written to standard error, in all its lives."""
        return [line for life in self.lives for line in life.err]

    @property
    def running(self) -> bool:
        """Whether it is there now."""
        return bool(self.lives) and self.lives[-1].process.returncode is None

    async def start(self, seconds: float = BOUND) -> None:
        """Start it and wait until it is ready."""
        assert not self.running, f"{self.name} is running"
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            cwd=ROOT,
            env={**os.environ, "LOG_LEVEL": "info", "TZ": "UTC"},
        )
        self.lives.append(Program(process, self._asking))
        await self.ready(seconds)

    async def ready(self, seconds: float = BOUND) -> None:
        """Wait until it can work; fails with the end of its log where that takes longer."""
        try:
            await until(self._is_ready, seconds, f"{self.name} is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.ending()}") from error

    async def kill(self) -> None:
        """End it as a crash would."""
        await self.lives[-1].ended(signal.SIGKILL)

    async def stop(self) -> None:
        """End it as an operator would."""
        assert await self.lives[-1].ended(signal.SIGTERM) == 0, self.ending()

    async def restart(self) -> None:
        """Stop it and start it, with the same data on the same port."""
        await self.stop()
        await self.start()

    async def get(self, path: str, **parameters: str) -> Any:
        """An answer of its interface, as JSON."""
        async with self._asking.get(f"{self.url}{path}", params=parameters) as answer:
            assert answer.status == _OK, f"{path} {parameters}: {await answer.text()}"
            return await answer.json()

    async def post(self, path: str, content: object) -> Any:
        """Something sent to its interface as JSON."""
        async with self._asking.post(f"{self.url}{path}", json=content) as answer:
            assert answer.ok, f"{path}: {await answer.text()}"
            return await answer.json(content_type=None)

    def ending(self) -> str:
        """The last lines of its log, for a failure's message."""
        return "\n".join([f"{self.name} wrote last:", *self.log[-_LINES:]])

    async def close(self) -> None:
        """None of its lives is left."""
        for life in self.lives:
            await life.close()

    async def _is_ready(self) -> bool:
        assert self.running, f"{self.name} has ended"
        try:
            async with self._asking.get(f"{self.url}{self._ready}") as answer:
                return answer.status == _OK
        except aiohttp.ClientError:
            return False


def prometheus(config: Path, data: Path, port: int, asking: aiohttp.ClientSession) -> Server:
    """Prometheus with a configuration file, started as the project starts it."""
    needed("prometheus")
    return Server("prometheus", servers.prometheus(config, data, port), port, asking)


def alertmanager(
    config: Path,
    data: Path,
    port: int,
    asking: aiohttp.ClientSession,
    gossip: Sequence[int] = (),
) -> Server:
    """Alertmanager with a configuration file, started as the project starts it."""
    needed("alertmanager")
    command = [*servers.alertmanager(config, data, port, gossip), "--log.level=debug"]
    return Server("alertmanager", command, port, asking)


def exporter(config: Path, state: Path, port: int, asking: aiohttp.ClientSession) -> Server:
    """The exporter; it is ready when it answers, whatever its feeds do."""
    command = [
        *(sys.executable, "-m", "exporter", "run", "--enable-reload"),
        *("--config", str(config), "--state", str(state), "--listen", f"127.0.0.1:{port}"),
    ]
    return Server("exporter", command, port, asking, ready="/-/healthy")
