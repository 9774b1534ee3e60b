"""Everything live: for each enabled feed its connections, its REST client, and what keeps them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random

import aiohttp

from exporter import __version__, clock
from exporter.config.catalogue import label
from exporter.config.exchanges import Endpoint
from exporter.feeds.feed import Feed, Service
from exporter.live.budget import Budget
from exporter.live.connection import Connection
from exporter.live.inbox import Inbox
from exporter.live.keeper import Keeper
from exporter.live.listings import Listings
from exporter.live.means import Means
from exporter.live.plan import plans
from exporter.live.polling import Poller
from exporter.live.report import Report
from exporter.live.rest import RestClient
from exporter.model import NANOSECONDS
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry

_TICK = 0.1
_HEADERS = {"User-Agent": f"market-quality-exporter/{__version__}"}


class LiveFeeds:
    """Feeds one pipeline from the exchanges that its configuration enables."""

    def __init__(
        self, pipeline: Pipeline, telemetry: Telemetry, observer: Observer, state: Path
    ) -> None:
        """`state` is the folder for what must survive a restart."""
        self._pipeline = pipeline
        self._telemetry = telemetry
        self._settings = pipeline.config.features.live
        self._state = state
        self._report = Report(telemetry, observer)
        self._random = Random()  # noqa: S311 - spreads load, hides nothing
        self._rest: dict[str, RestClient] = {}
        self._addresses: dict[str, Budget] = {}
        self._inbox = Inbox(pipeline, self._settings.queue_frames)
        telemetry.queue.set_function(lambda: len(self._inbox))

    async def run(self) -> None:
        """Connect to everything and stay connected, until cancelled."""
        connector = aiohttp.TCPConnector(limit=0)  # budgets limit, and WebSockets count as well
        async with (
            aiohttp.ClientSession(connector=connector, headers=_HEADERS) as session,
            asyncio.TaskGroup() as work,
        ):
            work.create_task(self._inbox.pump())
            work.create_task(self._measure_delay())
            for feed, service, endpoint in self._feeds():
                self._start(feed, service, endpoint, session, work)

    def unready(self) -> list[str]:
        """Enabled feeds that have no live book now."""
        pipeline = self._pipeline
        live = {
            market.spec.feed.name
            for market in pipeline.markets.values()
            if market.health(pipeline.now).up
        }
        return [
            f"no live book of {feed.name}" for feed, *_ in self._feeds() if feed.name not in live
        ]

    def _feeds(self) -> Iterator[tuple[Feed, Service, Endpoint]]:
        """Feeds that have markets, and where they are reached."""
        for intake in self._pipeline.intakes.values():
            feed = intake.feed
            if feed.service is not None and intake.markets:
                exchange = self._pipeline.config.exchanges.exchanges[feed.exchange]
                yield feed, feed.service, exchange.feeds[label(feed)]

    def _start(
        self,
        feed: Feed,
        service: Service,
        endpoint: Endpoint,
        session: aiohttp.ClientSession,
        work: asyncio.TaskGroup,
    ) -> None:
        address = self._addresses.setdefault(endpoint.websocket, Budget(service.socket.connections))
        means = Means(
            self._pipeline,
            self._inbox,
            self._settings,
            session,
            address,
            self._report,
            self._random,
        )
        rest = self._rest_client(service, endpoint, session)
        intake = self._pipeline.intakes[feed.name]
        intake.requests = rest.requests
        symbols = list(intake.markets)
        connections = [Connection(plan, means) for plan in plans(feed, endpoint.websocket, symbols)]
        self._report.watched(feed)
        work.create_task(Listings(feed, rest, self._state, means).run())
        for connection in connections:
            work.create_task(connection.run())
            work.create_task(Keeper(connection, rest, means).run())
        if self._settings.rest_fallback:
            work.create_task(Poller(feed, service.rest, connections, rest, means).run())

    def _rest_client(
        self, service: Service, endpoint: Endpoint, session: aiohttp.ClientSession
    ) -> RestClient:
        client = self._rest.get(endpoint.rest)
        if client is None:
            settings = self._settings
            client = self._rest[endpoint.rest] = RestClient(
                endpoint.rest,
                service.rest,
                session,
                float(settings.answer_timeout_seconds),
                float(settings.rest_budget_share),
            )
        return client

    async def _measure_delay(self) -> None:
        """How late the event loop is for what is due, and how many tasks it has."""
        self._telemetry.tasks.set_function(lambda: len(asyncio.all_tasks()))
        while True:
            due = clock.monotonic() + round(_TICK * NANOSECONDS)
            await asyncio.sleep(_TICK)
            self._telemetry.delay.observe(max(0, clock.monotonic() - due) / NANOSECONDS)
