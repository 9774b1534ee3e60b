"""Looks after what one connection carries: fetches snapshots, subscribes anew what went wrong."""

import asyncio
from collections.abc import Iterable
from fractions import Fraction

from exporter import clock
from exporter.errors import RestError
from exporter.feeds.feed import Operation
from exporter.live.connection import Connection
from exporter.live.means import Means
from exporter.live.needs import Need, silent_streams, snapshot_need, stream_need
from exporter.live.patience import Patience
from exporter.live.plan import Plan
from exporter.live.rest import RestClient
from exporter.live.socket import Socket
from exporter.markets.market import Market
from exporter.model import Stream

_LOOK = 0.25
"""Seconds between two looks."""
_NARROW_WAITS = (10, 600)
_SILENT_WAITS = (60, 600)
_ALL_LEVELS = 5000


class Keeper:
    """Keeps the books of one connection true and its streams speaking."""

    def __init__(self, connection: Connection, rest: RestClient, means: Means) -> None:
        settings = means.settings
        waits = float(settings.backoff_first_seconds), float(settings.backoff_limit_seconds)
        self._connection = connection
        self._rest = rest
        self._means = means
        self._broken = Patience(*waits, means.random)
        self._narrow = Patience(*_NARROW_WAITS, means.random)
        self._silent = Patience(*_SILENT_WAITS, means.random)
        self._fetching: set[str] = set()

    @property
    def _plan(self) -> Plan:
        return self._connection.plan

    async def run(self) -> None:
        """Look after it for ever."""
        async with asyncio.TaskGroup() as work:
            while True:
                await asyncio.sleep(_LOOK)
                socket = self._connection.socket
                if socket is not None and socket.acknowledged is not None:
                    self._look(socket, socket.acknowledged, work)

    def _look(self, socket: Socket, since: int, work: asyncio.TaskGroup) -> None:
        now, plan = clock.now(), self._plan
        for text in socket.refusals:
            self._means.report.refused(plan, text)
        socket.refusals.clear()
        if Stream.BOOK in plan.streams:
            if plan.service.rest.snapshot is None:
                self._subscribe_broken(socket, since, now, work)
            else:
                self._fetch_needed(socket, since, now, work)
        silent = [
            (market.spec.symbol, stream)
            for market in self._markets()
            for stream in silent_streams(plan, market, since, now, self._means.settings)
            if self._silent.ready((market.id, stream), now)
        ]
        self._subscribe_anew(socket, "silent", silent, work)

    def _markets(self) -> Iterable[Market]:
        markets = self._means.pipeline.intakes[self._plan.feed.name].markets
        return (markets[symbol] for symbol in self._plan.symbols if symbol in markets)

    def _fetch_needed(self, socket: Socket, since: int, now: int, work: asyncio.TaskGroup) -> None:
        settings = self._means.settings
        band = Fraction(self._means.pipeline.config.alerts.widest_band)
        for market in self._markets():
            symbol = market.spec.symbol
            need = snapshot_need(market, since, now, settings, band)
            if need is None or symbol in self._fetching:
                continue
            patience = self._narrow if need is Need.NARROW else self._broken
            if patience.ready(symbol, now):
                self._fetching.add(symbol)
                levels = _ALL_LEVELS if need is Need.NARROW else settings.snapshot_levels
                work.create_task(self._fetch(market, socket, levels, patience))

    async def _fetch(self, market: Market, socket: Socket, levels: int, patience: Patience) -> None:
        """Ask for a snapshot and take it, if the socket that it belongs to is still there."""
        symbol, plan, report = market.spec.symbol, self._plan, self._means.report
        asked = plan.service.rest.snapshot
        if asked is None:
            return
        market.sync.refresh()
        try:
            answer = await self._rest.get(asked(symbol, levels))
        except RestError as error:
            market.sync.stay()
            report.rest_failed(plan.feed, "snapshot", self._rest.base, error)
            patience.tried(symbol, clock.now())
            patience.put_off(symbol, clock.now() + (error.retry_after or 0))
        else:
            patience.tried(symbol, clock.now())
            report.rest_works(plan.feed, "snapshot")
            if self._connection.socket is socket:
                self._means.pipeline.ingest(
                    plan.feed, answer.body, clock.now(), url=answer.url, symbol=symbol
                )
        finally:
            self._fetching.discard(symbol)

    def _subscribe_broken(
        self, socket: Socket, since: int, now: int, work: asyncio.TaskGroup
    ) -> None:
        settings = self._means.settings
        for need in (Need.GAP, Need.CROSSED):
            broken = [
                (market.spec.symbol, Stream.BOOK)
                for market in self._markets()
                if stream_need(market, since, now, settings) is need
                and self._broken.ready(market.spec.symbol, now)
            ]
            self._subscribe_anew(socket, need, broken, work)

    def _subscribe_anew(
        self,
        socket: Socket,
        reason: str,
        streams: list[tuple[str, Stream]],
        work: asyncio.TaskGroup,
    ) -> None:
        names = dict.fromkeys(
            name for symbol, stream in streams for name in self._plan.names([symbol], [stream])
        )
        if names:
            self._means.report.restarted(self._plan.feed, reason, names)
            work.create_task(_restart(socket, list(names)))


async def _restart(socket: Socket, names: list[str]) -> None:
    await socket.ask(Operation.UNSUBSCRIBE, names)
    await socket.ask(Operation.SUBSCRIBE, names)
