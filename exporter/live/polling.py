"""The REST fallback: books whose connection is down are polled, in turn, within half the budget."""

import asyncio
from collections.abc import Sequence

from exporter import clock
from exporter.errors import RestError
from exporter.feeds.feed import Feed, RestRequest, RestRules
from exporter.live.connection import Connection
from exporter.live.means import Means
from exporter.live.rest import Answer, RestClient
from exporter.model import NANOSECONDS, Stream

_IDLE = 0.25
_DOWN = 1 * NANOSECONDS
"""A connection that comes back within this time is not stood in for."""
_AT_ONCE = 4
_BUDGET_SHARE = 0.5


class Poller:
    """Polls the books of one feed while those of its connections that carry them are down."""

    def __init__(
        self,
        feed: Feed,
        rules: RestRules,
        connections: Sequence[Connection],
        rest: RestClient,
        means: Means,
    ) -> None:
        self._feed = feed
        self._rules = rules
        self._connections = connections
        self._rest = rest
        self._means = means
        self._levels = means.settings.poll_levels
        self._polled = 0
        self._turns = 0
        self._under_way: set[str] = set()
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Watch for connections that are down, and poll what they carried, for ever."""
        async with asyncio.TaskGroup() as work:
            while True:
                symbols = self._down(clock.now())
                if len(symbols) != self._polled:
                    self._polled = len(symbols)
                    self._means.report.polling(self._feed, len(symbols))
                if symbols:
                    self._turns += 1
                    symbol = symbols[self._turns % len(symbols)]
                    await self._poll_next(symbol, len(symbols), work)
                else:
                    await asyncio.sleep(_IDLE)

    def _down(self, now: int) -> list[str]:
        markets = self._means.pipeline.intakes[self._feed.name].markets
        return [
            symbol
            for connection in self._connections
            if Stream.BOOK in connection.plan.streams
            and connection.down_since is not None
            and now - connection.down_since >= _DOWN
            for symbol in connection.plan.symbols
            if symbol in markets and markets[symbol].trading is not False
        ]

    async def _poll_next(self, symbol: str, symbols: int, work: asyncio.TaskGroup) -> None:
        """Start the poll of one symbol, unless its last is under way; wait as long as a turn."""
        requests = self._rules.poll(symbol, self._levels)
        if symbol not in self._under_way:
            self._under_way.add(symbol)
            work.create_task(self._poll(symbol, requests))
        await asyncio.sleep(self.turn(requests, symbols))

    def turn(self, requests: Sequence[RestRequest], symbols: int) -> float:
        """Seconds between two symbols: each is polled once a second, or as half the budget allows.

        `symbols` is how many are polled.
        """
        budget = self._rules.budget
        weight = sum(request.weight for request in requests)
        allowed = budget.limit / budget.seconds * float(self._means.settings.rest_budget_share)
        return max(1 / symbols, weight / (allowed * _BUDGET_SHARE))

    async def _poll(self, symbol: str, requests: Sequence[RestRequest]) -> None:
        report = self._means.report
        try:
            async with self._at_once:
                for request in requests:
                    self._show(symbol, await self._rest.get(request))
        except RestError as error:
            report.rest_failed(self._feed, "poll", self._rest.base, error)
        else:
            report.rest_works(self._feed, "poll")
        finally:
            self._under_way.discard(symbol)

    def _show(self, symbol: str, answer: Answer) -> None:
        self._means.pipeline.ingest(
            self._feed, answer.body, clock.now(), url=answer.url, symbol=symbol, polled=True
        )
