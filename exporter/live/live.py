"""Everything live: for each enabled feed its connections, its REST client, and what keeps them."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import aiohttp

from exporter import __version__, clock
from exporter.config.catalogue import label
from exporter.config.exchanges import Endpoint
from exporter.config.live import Live
from exporter.feeds.feed import Feed, Service
from exporter.feeds.notices import BOARDS
from exporter.live.budget import Budget
from exporter.live.feedrun import FeedRun
from exporter.live.inbox import Inbox
from exporter.live.means import Means
from exporter.live.notices import Asked, Notices
from exporter.live.report import Report
from exporter.live.rest import RestClient
from exporter.live.silences import Silences
from exporter.model import NANOSECONDS
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry

_TICK = 0.1
_HEADERS = {"User-Agent": f"market-quality-exporter/{__version__}"}


class _Running(NamedTuple):
    endpoint: Endpoint
    run: FeedRun
    task: asyncio.Task[None]


class LiveFeeds:
    """Feeds one pipeline from the exchanges that its configuration enables.

    What is known of planned maintenance comes in beside: by silences, and from the exchanges.
    """

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
        self._runs: dict[str, _Running] = {}
        self._changed = asyncio.Event()
        self._inbox = Inbox(pipeline, self._settings.queue_frames)
        self._silences = Silences(pipeline, telemetry, observer, state)
        self._notices = Notices(pipeline, telemetry, observer, self._random, self._boards)
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
            work.create_task(self._silences.run(session))
            work.create_task(self._notices.run(session, self._silences.read_now))
            while True:
                self._follow(session, work)
                self._changed.clear()
                await self._changed.wait()

    def reconfigured(self) -> None:
        """The pipeline has another configuration: follow it."""
        self._changed.set()
        self._silences.read_now()
        self._notices.reconfigured()

    def _follow(self, session: aiohttp.ClientSession, work: asyncio.TaskGroup) -> None:
        """Start, change and stop feeds, so that those run that are configured.

        A feed whose addresses are the same keeps its connections; new settings for connections
        are for all of them.
        """
        adjusted = self._adjust(self._pipeline.config.features.live)
        wanted = {feed.name: (feed, service, endpoint) for feed, service, endpoint in self._feeds()}
        for name, running in list(self._runs.items()):
            if adjusted or name not in wanted or wanted[name][2] != running.endpoint:
                self._runs.pop(name).task.cancel()
        for name, (feed, service, endpoint) in wanted.items():
            if name in self._runs:
                self._runs[name].run.watch(self._await(name))
            else:
                self._start(feed, service, endpoint, session, work)

    def _await(self, name: str) -> Iterable[str]:
        """The symbols of a feed, from which messages are due from now on."""
        markets = self._pipeline.intakes[name].markets
        for market in markets.values():
            market.awaited = market.awaited or clock.now()
        return markets

    def _adjust(self, settings: Live) -> bool:
        """Use these settings; whether connections must be made anew for that.

        The queue stays as it was made at the start. REST clients go on: what was spent of a
        budget, and how long the exchange told us to stay away, is not forgotten.
        """
        before, self._settings = self._settings, settings
        for client in self._rest.values():
            client.adjust(*_limits(settings))
        return before != settings.model_copy(update={"queue_frames": before.queue_frames})

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

    def _boards(self) -> Asked:
        """Where the exchanges that are watched announce their maintenance."""
        for name, running in self._runs.items():
            if name in BOARDS:
                exchange = self._pipeline.intakes[name].feed.exchange
                yield exchange, BOARDS[name], self._rest[running.endpoint.rest]

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
        run = FeedRun(feed, service, endpoint.websocket, rest, means)
        run.watch(self._await(feed.name))
        self._runs[feed.name] = _Running(endpoint, run, work.create_task(run.run(self._state)))

    def _rest_client(
        self, service: Service, endpoint: Endpoint, session: aiohttp.ClientSession
    ) -> RestClient:
        client = self._rest.get(endpoint.rest)
        if client is None:
            client = self._rest[endpoint.rest] = RestClient(
                endpoint.rest, service.rest, session, *_limits(self._settings)
            )
        return client

    async def _measure_delay(self) -> None:
        """How late the event loop is for what is due, and how many tasks it has."""
        self._telemetry.tasks.set_function(lambda: len(asyncio.all_tasks()))
        while True:
            due = clock.monotonic() + round(_TICK * NANOSECONDS)
            await asyncio.sleep(_TICK)
            self._telemetry.delay.observe(max(0, clock.monotonic() - due) / NANOSECONDS)


def _limits(settings: Live) -> tuple[float, float]:
    """How long a REST answer may take, and our share of the budget."""
    return float(settings.answer_timeout_seconds), float(settings.rest_budget_share)
