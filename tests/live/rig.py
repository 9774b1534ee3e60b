"""The exporter on simulated exchanges, over real sockets on loopback, in one event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from time import time_ns

from exporter.config import AlertsFile, Config
from exporter.config.instruments import Instrument, Symbol
from exporter.config.maintenance import MaintenanceFile
from exporter.config.redirection import redirected
from exporter.families import Histogram
from exporter.live.live import LiveFeeds
from exporter.markets.market import Market
from exporter.model import GapMarker, MarketId
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.simulator.simulation import Simulation
from exporter.simulator.symbols import symbols
from exporter.simulator.world import World
from exporter.telemetry import Telemetry
from exporter.transition import Transition
from tests.shared import shipped

FAST: Mapping[str, object] = {
    "connect_timeout_seconds": Decimal(3),
    "answer_timeout_seconds": Decimal(2),
    "ping_after_seconds": Decimal(1),
    "backoff_first_seconds": Decimal("0.2"),
    "backoff_limit_seconds": Decimal(1),
    "healthy_after_seconds": Decimal(1),
    "silent_stream_seconds": Decimal(2),
    "crossed_book_seconds": Decimal(1),
}
STALE = {"book": Decimal("1.5")}
_PATIENCE = 20.0
_STEP = 0.02

Levels = list[tuple[Decimal, Decimal]]


class Heard(Observer):
    """Everything that an operator would be told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, str | int]]] = []
        self.gaps: list[GapMarker] = []
        self.refusals: list[str] = []
        self.changes: list[Transition] = []

    def transitions(self, changes: Sequence[Transition]) -> None:
        self.changes += changes

    def gap(self, marker: GapMarker) -> None:
        self.gaps.append(marker)

    def refused(self, feed: str, now: int, sentence: str) -> None:
        self.refusals.append(f"{feed}: {sentence}")

    def event(self, name: str, now: int, *, warning: bool = False, **details: str | int) -> None:
        self.events.append((name, details))

    def count(self, name: str, **details: str | int) -> int:
        """How many events of this name had these details."""
        return sum(
            event == name and details.items() <= found.items() for event, found in self.events
        )


@dataclass
class Rig:
    """A running exporter and the exchanges that it watches."""

    simulation: Simulation
    pipeline: Pipeline
    feeds: LiveFeeds
    telemetry: Telemetry
    heard: Heard
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def until(self, condition: Callable[[], object], seconds: float = _PATIENCE) -> None:
        """Wait for a condition; fails where it does not come true in so many seconds."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.check()
                await asyncio.sleep(_STEP)

    def check(self) -> None:
        """Raise what ended the exporter, if anything did."""
        for task in self.tasks:
            if task.done():
                task.result()

    def market(self, name: str) -> Market:
        """A market by `exchange/instrument`."""
        return self.pipeline.markets[MarketId(*name.split("/"))]

    def read(self, name: str) -> dict[tuple[str, ...], float]:
        """What `/metrics` says of a market now, by family and the labels after its name."""
        market = self.market(name)
        return {
            (series.family.name, *series.values[2:]): float(value)
            for series, value in self.pipeline.market_readings(market)
            if not isinstance(value, Histogram)
        }

    def live(self, name: str) -> bool:
        """Whether the market's book can be trusted now."""
        return self.market(name).health(self.pipeline.now).up

    async def all_live(self, seconds: float = _PATIENCE) -> None:
        """Wait until every book is live."""
        await self.until(
            lambda: all(self.live(str(name)) for name in self.pipeline.markets), seconds
        )

    async def books_equal(self) -> None:
        """Every book is the exchange's own, level by level, once nothing is on its way."""
        self.simulation.pause()
        try:
            for name, market in self.pipeline.markets.items():
                number, bids, asks = self.simulation.book(*name)
                await self.until(lambda n=number, m=market: m.sync.last_id == n)  # type: ignore[misc]
                most = market.spec.feed.bounded_levels
                assert self.held(market) == (_levels(bids)[:most], _levels(asks)[:most]), name
        finally:
            self.simulation.resume()

    def held(self, market: Market) -> tuple[Levels, Levels]:
        """The levels of a market's book, best first."""
        book = market.sync.book
        bids, asks = (
            [(price, size) for price, size in book.levels(side, len(side.keys))]
            for side in (book.bids, book.asks)
        )
        return bids, asks


@asynccontextmanager
async def rig(
    state: Path,
    *,
    pairs: int = 1,
    rate: float = 20,
    settings: Mapping[str, object] | None = None,
    stale: Mapping[str, Decimal] = STALE,
    alerts: AlertsFile | None = None,
    **simulation: object,
) -> AsyncIterator[Rig]:
    """An exporter on simulated exchanges; both have ended when the block has."""
    world = World(symbols(pairs), seed=7, start=time_ns() // 1_000_000, rate=rate)
    exchanges = Simulation(world, **simulation)  # type: ignore[arg-type]
    await exchanges.start()
    config = watching(exchanges, pairs, {**FAST, **(settings or {})}, stale)
    if alerts is not None:
        config = replace(config, alerts=alerts)
    heard, telemetry = Heard(), Telemetry()
    pipeline = Pipeline(config, observer=heard)
    feeds = LiveFeeds(pipeline, telemetry, heard, state)
    running = asyncio.create_task(feeds.run())
    try:
        yield Rig(exchanges, pipeline, feeds, telemetry, heard, [running])
        assert not exchanges.violations, exchanges.violations
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await exchanges.stop()


def watching(
    exchanges: Simulation,
    pairs: int,
    settings: Mapping[str, object],
    stale: Mapping[str, Decimal],
) -> Config:
    """The shipped configuration on simulated exchanges, with all of their instruments.

    No Alertmanager is asked for maintenance.
    """
    config = shipped()
    endpoints = {
        exchange: {
            feed: {"websocket": websocket, "rest": rest}
            for feed, (websocket, rest) in feeds.items()
        }
        for exchange, feeds in exchanges.endpoints.items()
    }
    features = config.features
    live = features.live.model_copy(update=dict(settings))
    limits = config.instruments.defaults.stale_after_seconds.model_copy(update=dict(stale))
    instruments = {
        symbol.instrument: Instrument(
            symbol.instrument,
            symbol.base,
            symbol.quote,
            symbol.kind,
            {
                other.exchange: Symbol(symbol=other.name)
                for other in symbols(pairs)
                if other.instrument == symbol.instrument
            },
            limits,
        )
        for symbol in symbols(pairs)
    }
    return replace(
        redirected(config, endpoints),
        features=features.model_copy(update={"live": live}),
        maintenance=MaintenanceFile(alertmanagers=()),
        instruments=replace(
            config.instruments,
            defaults=config.instruments.defaults.model_copy(update={"stale_after_seconds": limits}),
            instruments=instruments,
        ),
    )


def _levels(rows: list[tuple[str, str]]) -> Levels:
    return [(Decimal(price), Decimal(size)) for price, size in rows]
