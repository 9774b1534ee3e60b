"""One feed, live: its connections, what keeps their books, its polling and its lists."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from exporter.feeds.feed import Feed, Service
from exporter.live.connection import Connection
from exporter.live.keeper import Keeper
from exporter.live.listings import Listings
from exporter.live.means import Means
from exporter.live.plan import plans
from exporter.live.polling import Poller
from exporter.live.rest import RestClient


class FeedRun:
    """Runs one feed from one pair of addresses, for symbols that may come and go meanwhile."""

    def __init__(
        self, feed: Feed, service: Service, websocket: str, rest: RestClient, means: Means
    ) -> None:
        self._feed = feed
        self._service = service
        self._websocket = websocket
        self._rest = rest
        self._means = means
        self._connections: list[Connection] = []
        self._tasks: dict[Connection, list[asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()
        self._symbols: list[str] = []

    async def run(self, state: Path) -> None:
        """Run until cancelled; `state` is the folder for what must survive a restart."""
        means = self._means
        means.report.watched(self._feed)
        async with asyncio.TaskGroup() as work:
            work.create_task(Listings(self._feed, self._rest, state, means).run())
            if means.settings.rest_fallback:
                poller = Poller(
                    self._feed, self._service.rest, self._connections, self._rest, means
                )
                work.create_task(poller.run())
            while True:
                self._follow(work)
                self._changed.clear()
                await self._changed.wait()

    def watch(self, symbols: Iterable[str]) -> None:
        """From now on these symbols are wanted; those that were already stay as they are."""
        self._symbols = list(symbols)
        self._changed.set()

    def _follow(self, work: asyncio.TaskGroup) -> None:
        wanted = set(self._symbols)
        for connection in list(self._connections):
            connection.leave(set(connection.plan.symbols) - wanted, work)
            if not connection.plan.symbols:
                self._connections.remove(connection)
                for task in self._tasks.pop(connection):
                    task.cancel()
        had = {symbol for one in self._connections for symbol in one.plan.symbols}
        new = [symbol for symbol in self._symbols if symbol not in had]
        for plan in plans(self._feed, self._websocket, new):
            connection = Connection(plan, self._means)
            keeper = Keeper(connection, self._rest, self._means)
            self._connections.append(connection)
            self._tasks[connection] = [
                work.create_task(connection.run()),
                work.create_task(keeper.run()),
            ]
