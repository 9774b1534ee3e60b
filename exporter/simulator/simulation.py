"""The simulated exchanges on a port of their own, with time going by."""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress

from aiohttp import web

from exporter import clock
from exporter.errors import ExporterError
from exporter.simulator.control import Control
from exporter.simulator.exchanges import Exchanges, Levels, Report
from exporter.simulator.incidents import Incident, Incidents
from exporter.simulator.limits import Limits
from exporter.simulator.script import Script
from exporter.simulator.world import SLICE, World

_STEP_SECONDS = SLICE / 1000
_LATE_SECONDS = 0.2
_SHUTDOWN_SECONDS = 2
_MILLISECOND = 1_000_000


class Simulation:
    """The exchanges of a `world` whose start is the present, as one HTTP server.

    `report` is told in a sentence whenever an incident starts or ends.
    """

    def __init__(
        self,
        world: World,
        *,
        limits: Limits | None = None,
        script: Script | None = None,
        report: Report = lambda sentence: None,
    ) -> None:
        self.world = world
        self._exchanges = Exchanges(world, _present(), limits or Limits(), script, report)
        self._runner: web.AppRunner | None = None
        self._going: asyncio.Task[None] | None = None
        self._base = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen and let time go by; the base address, `http://127.0.0.1:PORT`.

        Raises ExporterError where that address cannot be listened on.
        """
        runner = web.AppRunner(
            self._application(),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            raise ExporterError(
                f"the simulated exchanges cannot listen on {host}:{port}: {why}; choose another "
                "port, or 0 for any that is free"
            ) from error
        self._runner = runner
        self._base = f"{host}:{runner.addresses[0][1]}"
        self._going = asyncio.create_task(self._go())
        return f"http://{self._base}"

    async def wait(self) -> None:
        """Wait for ever; raises what went wrong, should time come to a halt."""
        if self._going is not None:
            await asyncio.shield(self._going)

    async def stop(self) -> None:
        """Close all sessions and the port. Nothing that was started is left."""
        going, self._going = self._going, None
        runner, self._runner = self._runner, None
        sessions = self._exchanges.end()
        if runner is not None:
            await runner.cleanup()
        for session in sessions:
            session.cut()
        if going is not None:
            going.cancel()
            with suppress(asyncio.CancelledError):
                await going

    @property
    def endpoints(self) -> Mapping[str, Mapping[str, tuple[str, str]]]:
        """WebSocket and REST base address by exchange and service; known once it listens."""
        found: dict[str, dict[str, tuple[str, str]]] = {}
        for service in self._exchanges.services:
            exchange, _, name = service.name.partition("/")
            place = f"{self._base}/{service.name}"
            found.setdefault(exchange, {})[name] = (f"ws://{place}", f"http://{place}")
        return found

    @property
    def incidents(self) -> Incidents:
        """All that are under way, by the time of the markets."""
        return self.world.incidents

    @property
    def now(self) -> int:
        """The time of the markets, in ms: the present, but for the pauses."""
        return self._exchanges.situation.market_time

    @property
    def violations(self) -> Counter[str]:
        """Rules that clients broke: `binance/spot message rate`, and how often."""
        return self._exchanges.common.violations.counts

    @property
    def broken_rules(self) -> Sequence[str]:
        """The last violations, in sentences."""
        return self._exchanges.common.violations.sentences

    @property
    def sent(self) -> Counter[str]:
        """Messages sent by service, `binance/spot`."""
        return self._exchanges.common.sent

    @property
    def sessions(self) -> Counter[str]:
        """Open WebSocket sessions by service."""
        return Counter(
            {service.name: len(service.sessions) for service in self._exchanges.services}
        )

    def begin(
        self,
        kind: str,
        *,
        exchange: str | None = None,
        instrument: str | None = None,
        size: float | None = None,
        seconds: float | None = None,
    ) -> Incident:
        """Begin an incident. Raises ValueError with a sentence that names what is wrong."""
        return self._exchanges.start(
            kind, exchange=exchange, instrument=instrument, size=size, seconds=seconds
        )

    def pause(self) -> None:
        """The markets stand still from now on; what is pending is sent first."""
        self._exchanges.pause()

    def resume(self) -> None:
        """The markets go on."""
        self._exchanges.resume()

    def book(self, exchange: str, instrument: str) -> tuple[int, Levels, Levels]:
        """The book as published last: its id, bids and asks as text, best first.

        Raises KeyError where there is no such market.
        """
        return self._exchanges.book(exchange, instrument)

    def _application(self) -> web.Application:
        application = web.Application()
        application.add_routes(self._exchanges.routes())
        application.add_routes(Control(self._exchanges).routes())
        return application

    async def _go(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._exchanges.advance(_present())
            due = max(due + _STEP_SECONDS, loop.time() - _LATE_SECONDS)
            await asyncio.sleep(max(0, due - loop.time()))


def _present() -> int:
    """Milliseconds since the Unix epoch."""
    return clock.now() // _MILLISECOND
