"""A simulation on loopback for a test, and what a client needs to talk to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, ClientWSTimeout, WSMsgType

from exporter import clock
from exporter.simulator.incidents import Incident
from exporter.simulator.limits import Limits
from exporter.simulator.script import Script
from exporter.simulator.simulation import Simulation
from exporter.simulator.symbols import symbols
from exporter.simulator.world import World

PATIENCE = 5.0
_POLL = 0.005
_ENDED = (WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)

SPOT, USDM, OKX = "/binance/spot", "/binance/usdm", "/okx/public"
OKX_WS = f"{OKX}/ws/v5/public"


@dataclass
class Site:
    """A running simulation, a client session, and what was reported of incidents."""

    simulation: Simulation
    http: ClientSession
    base: str
    said: list[str] = field(default_factory=list)
    sockets: list[ClientWebSocketResponse] = field(default_factory=list)

    async def socket(
        self, path: str, *, autoping: bool = True, patience: float = PATIENCE
    ) -> ClientWebSocketResponse:
        """A WebSocket connection to a path; `patience` is how long it waits to be closed."""
        timeout = ClientWSTimeout(ws_close=patience)
        url = self.base + path
        socket = await self.http.ws_connect(url, autoping=autoping, timeout=timeout)
        self.sockets.append(socket)
        return socket

    async def begin(self, kind: str, **scope: Any) -> Incident:
        """Begin an incident and wait until it is in effect."""
        incident = self.simulation.begin(kind, **scope)
        start = f"incident {incident.number} begins"
        await until(lambda: any(sentence.startswith(start) for sentence in self.said))
        return incident

    async def end(self, incident: Incident) -> None:
        """Stop an incident and wait until it is no longer in effect."""
        self.simulation.incidents.stop(incident.number)
        end = f"incident {incident.number} is over"
        await until(lambda: any(sentence.startswith(end) for sentence in self.said))

    async def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a GET."""
        async with self.http.get(self.base + path) as response:
            return response.status, await response.json()


@asynccontextmanager
async def running(
    *,
    pairs: int = 1,
    rate: float = 60,
    limits: Limits | None = None,
    script: Script | None = None,
) -> AsyncIterator[Site]:
    """A simulation of its own for a block; it has ended when the block has."""
    world = World(symbols(pairs), seed=5, start=clock.now() // 1_000_000, rate=rate)
    said: list[str] = []
    simulation = Simulation(world, limits=limits, script=script, report=said.append)
    base = await simulation.start()
    site = Site(simulation, ClientSession(), base, said)
    try:
        async with site.http:
            yield site
    finally:
        for socket in site.sockets:
            await socket.close()
        await simulation.stop()


async def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for a condition; fails where it does not come true in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  the condition is the simulation's, not an event
            await asyncio.sleep(_POLL)


async def text(socket: ClientWebSocketResponse) -> str:
    """The next text message."""
    message = await socket.receive(PATIENCE)
    assert message.type is WSMsgType.TEXT, message
    return str(message.data)


async def ending(socket: ClientWebSocketResponse) -> int | None:
    """Read until the connection has ended; the close code, as the other side sent it if it did."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message = await socket.receive()
            if message.type is WSMsgType.CLOSE:
                return int(message.data)
            if message.type in _ENDED:
                return socket.close_code


async def ask(socket: ClientWebSocketResponse, request: object) -> Any:
    """Send a request as JSON; the next message."""
    await socket.send_json(request)
    return json.loads(await text(socket))


def shape(value: Any) -> Any:
    """Keys in their order and the types of values, all the way down; a list by its first item."""
    if isinstance(value, dict):
        return [(key, shape(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__
