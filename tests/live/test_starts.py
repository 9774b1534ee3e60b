"""A start while something is missing: an exchange, its REST, its WebSocket, the right address."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import time_ns
from typing import Self
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from exporter.config import Config
from exporter.config.redirection import redirected
from exporter.live.live import LiveFeeds
from exporter.model import NANOSECONDS
from exporter.pipeline import Pipeline
from exporter.simulator.simulation import Simulation
from exporter.simulator.symbols import symbols
from exporter.simulator.world import World
from exporter.telemetry import Telemetry
from tests.live.rig import FAST, STALE, Heard, Rig, watching
from tests.live.test_incidents import (
    BOOK,
    DEGRADED,
    DEPTH,
    EVERY,
    MID,
    OKX_SPOT,
    PERP,
    SPOT,
    SPREAD,
    SWAP,
    UP,
    absent,
    gaps,
)

TRADING = ("market_instrument_trading",)
FEEDS = {
    "binance": ["binance/spot", "binance/usdm"],
    "okx": ["okx"],
}
ATTEMPTS = 3
Change = Callable[[Config], Config]


class Door:
    """A port on which nobody listens; once it is opened it leads to the exchanges."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.Task[None]] = set()
        self._port = 0
        self.place = f"127.0.0.1:{self._listener.getsockname()[1]}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for way in self._ways:
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        self._listener.close()

    async def open(self, simulation: Simulation) -> None:
        """From now on whoever connects is connected to the exchanges."""
        self._port = urlsplit(simulation.endpoints["okx"]["public"][1]).port or 0
        self._server = await asyncio.start_server(self._enter, sock=self._listener)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way = asyncio.create_task(self._lead(reader, writer))
        self._ways.add(way)
        way.add_done_callback(self._ways.discard)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(_carry(reader, back), _carry(onward, writer))


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """All that comes from one side goes to the other, and the end of it too."""
    try:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
    finally:
        target.close()


def moved(exchange: str, **places: str) -> Change:
    """The exchange's `websocket` or `rest` addresses at other places, HOST or HOST:PORT."""

    def change(config: Config) -> Config:
        feeds = config.exchanges.exchanges[exchange].feeds
        return redirected(
            config,
            {
                exchange: {
                    name: {
                        kind: urlsplit(address)._replace(netloc=places.get(kind, old)).geturl()
                        for kind, address in endpoint.model_dump().items()
                        if (old := urlsplit(address).netloc)
                    }
                    for name, endpoint in feeds.items()
                }
            },
        )

    return change


@asynccontextmanager
async def starting(
    state: Path, *changes: Change, settings: Mapping[str, object] | None = None
) -> AsyncIterator[Rig]:
    """An exporter that starts under a changed configuration; `rig` but for the changes."""
    exchanges = Simulation(World(symbols(1), seed=7, start=time_ns() // 1_000_000, rate=20))
    await exchanges.start()
    config = watching(exchanges, 1, {**FAST, **(settings or {})}, STALE)
    for change in changes:
        config = change(config)
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


def of(exchange: str) -> list[str]:
    """The markets of an exchange."""
    return [market for market in EVERY if market.startswith(exchange)]


def unready(*exchanges: str) -> list[str]:
    """What is said of exchanges that have no live book."""
    return [f"no live book of {feed}" for exchange in exchanges for feed in FEEDS[exchange]]


def said(world: Rig, *names: str) -> Counter[tuple[str, ...]]:
    """How often which event was told of what: a feed's address, or what REST was asked for."""
    return Counter(
        (name, str(details["feed"]), str(details.get("purpose") or details.get("url")))
        for name, details in world.heard.events
        if name in names
    )


def refused(world: Rig, exchange: str, feed: str) -> float:
    """How many WebSockets could not be had."""
    labels = {"exchange": exchange, "feed": feed, "reason": "unreachable"}
    return (
        world.telemetry.registry.get_sample_value("market_exporter_reconnects_total", labels) or 0
    )


async def polled_often(world: Rig, exchange: str) -> None:
    """Wait until each feed of an exchange was tried in vain by every way, polls included."""
    labels = world.pipeline.config.exchanges.exchanges[exchange].feeds
    intakes = world.pipeline.intakes
    await world.until(lambda: all(refused(world, exchange, one) >= ATTEMPTS for one in labels))
    await world.until(
        lambda: all(sum(intakes[f].requests.values()) > 2 * ATTEMPTS for f in FEEDS[exchange])
    )


@pytest.mark.parametrize("exchange", ["binance", "okx"])
async def test_an_exchange_that_is_down_is_named_told_once_and_comes_up_by_itself(
    tmp_path: Path, exchange: str
) -> None:
    async with (
        Door() as door,
        starting(tmp_path, moved(exchange, websocket=door.place, rest=door.place)) as world,
    ):
        down = of(exchange)
        await world.until(lambda: all(world.live(m) for m in EVERY if m not in down))
        await polled_often(world, exchange)
        assert world.feeds.unready() == unready(exchange)
        assert all(absent(world, market) for market in down)
        assert all(TRADING not in world.read(market) for market in down)
        told = said(world, "disconnected", "rest_failed")
        assert set(told.values()) == {1}
        assert {feed for _, feed, _ in told} == set(FEEDS[exchange])
        await door.open(world.simulation)
        await world.all_live()
        assert world.feeds.unready() == []
        await world.books_equal()
        assert all(gaps(world, market) == {} for market in EVERY), "it never was there to be lost"
        works = [("rest_works_again", feed, "instruments") for feed in FEEDS[exchange]]
        await world.until(lambda: all(said(world, "rest_works_again")[one] == 1 for one in works))


async def test_without_rest_a_cached_list_will_do_and_books_on_the_stream_are_live(
    tmp_path: Path,
) -> None:
    async with starting(tmp_path) as world:
        await world.until(lambda: len(list(tmp_path.glob("*.json"))) == 4)
    async with (
        Door() as door,
        starting(tmp_path, moved("binance", rest=door.place), moved("okx", rest=door.place)) as it,
    ):
        await it.until(lambda: it.live(SWAP) and it.live(OKX_SPOT))
        await it.until(lambda: all(it.market(market).sync.waiting for market in (PERP, SPOT)))
        await tried_in_vain(it, "binance/spot", "binance/usdm", "okx")
        assert it.heard.count("instruments_from_cache") == 3
        assert all(it.read(market).keys() >= BOOK for market in (SWAP, OKX_SPOT))
        assert it.feeds.unready() == unready("binance")
        for market in (PERP, SPOT):
            assert absent(it, market)
            assert it.market(market).health(it.pipeline.now).reason == "no_snapshot"
        assert set(said(it, "rest_failed").values()) == {1}
        await door.open(it.simulation)
        await it.all_live()
        await it.books_equal()


async def tried_in_vain(world: Rig, *feeds: str) -> None:
    """Wait until REST of these feeds was asked several times without any answer."""
    asked = [world.pipeline.intakes[feed] for feed in feeds]
    await world.until(lambda: all(a.requests.get("unreachable", 0) >= ATTEMPTS for a in asked))
    assert all(set(a.requests) == {"unreachable"} for a in asked)


async def test_without_rest_and_cache_only_what_needs_the_list_is_absent(tmp_path: Path) -> None:
    """A swap is sized in contracts: until the list says what one is worth, its depth is unknown."""
    async with (
        Door() as door,
        starting(tmp_path / "none", moved("okx", rest=door.place)) as world,
    ):
        await world.all_live()
        await tried_in_vain(world, "okx")
        assert world.feeds.unready() == []
        assert said(world, "rest_failed") == {("rest_failed", "okx", "instruments"): 1}
        assert world.read(SWAP).keys() >= {MID, SPREAD}
        assert DEPTH not in world.read(SWAP)
        assert world.read(OKX_SPOT).keys() >= BOOK
        assert all(TRADING not in world.read(market) for market in (SWAP, OKX_SPOT))
        assert world.read(PERP).keys() >= {DEPTH, TRADING}
        await door.open(world.simulation)
        await world.until(lambda: world.read(SWAP).keys() >= {DEPTH, TRADING})


async def test_without_websockets_books_are_polled_and_given_back_to_the_streams(
    tmp_path: Path,
) -> None:
    def polled(market: str) -> bool:
        values = world.read(market)
        return values.keys() >= BOOK and (values[UP], values[DEGRADED]) == (0, 1)

    async with (
        Door() as door,
        starting(
            tmp_path,
            moved("binance", websocket=door.place),
            moved("okx", websocket=door.place),
        ) as world,
    ):
        await world.until(lambda: all(polled(market) for market in EVERY))
        assert sorted(world.feeds.unready()) == unready("binance", "okx")
        assert world.heard.count("rest_failed") == 0
        assert set(said(world, "disconnected", "polling").values()) == {1}
        await door.open(world.simulation)
        await world.all_live()
        assert all(world.read(market)[DEGRADED] == 0 for market in EVERY)
        assert world.feeds.unready() == []
        await world.until(lambda: world.heard.count("polling", markets=0) == 3)
        await world.books_equal()
        assert all(gaps(world, market) == {} for market in EVERY)


@asynccontextmanager
async def nowhere(fault: str) -> AsyncIterator[str]:
    """A place without exchanges: HTTP that knows no path, a name of nobody, a port of another."""
    if fault == "name":
        yield "nonexistent.invalid"
    elif fault == "path":
        async with TestServer(web.Application(), host="127.0.0.1") as server:
            yield f"127.0.0.1:{server.port}"
    else:
        async with await asyncio.start_server(_greet, "127.0.0.1", 0) as other:
            yield f"127.0.0.1:{other.sockets[0].getsockname()[1]}"


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail ready\r\n")
    with suppress(ConnectionError):
        await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("fault", "result", "why"),
    [
        ("path", "404", "404"),
        ("name", "unreachable", "nonexistent.invalid"),
        ("port", "unreachable", "HTTP"),
    ],
)
async def test_a_wrong_address_is_told_once_counted_and_disturbs_nothing_else(
    tmp_path: Path, fault: str, result: str, why: str
) -> None:
    async with (
        nowhere(fault) as place,
        starting(tmp_path, moved("okx", websocket=place, rest=place)) as world,
    ):
        await world.until(lambda: world.live(PERP) and world.live(SPOT))
        await world.until(lambda: refused(world, "okx", "public") >= ATTEMPTS)
        await world.until(lambda: world.pipeline.intakes["okx"].requests[result] >= ATTEMPTS)
        assert world.heard.count("rest_failed", purpose="instruments") == 1
        (told,) = (details for name, details in world.heard.events if name == "disconnected")
        assert told["feed"] == "okx"
        assert str(told["url"]).startswith(f"ws://{place}/")
        assert why in str(told["why"])
        assert set(world.pipeline.intakes["okx"].requests) == {result}
        assert world.heard.refusals == []
        assert all(gaps(world, market) == {} for market in EVERY)
        assert world.live(PERP)
        assert world.live(SPOT)


@pytest.mark.parametrize(
    "fault",
    ["path", "name", "port"],
)
async def test_a_wrong_rest_address_is_named_where_it_is_told(tmp_path: Path, fault: str) -> None:
    async with (
        nowhere(fault) as place,
        starting(tmp_path, moved("okx", websocket=place, rest=place)) as world,
    ):
        await world.until(lambda: world.heard.count("rest_failed") > 0)
        (told,) = (details for name, details in world.heard.events if name == "rest_failed")
        assert told["feed"] == "okx"
        assert any(place in str(value) for value in told.values())


async def test_a_port_of_something_else_is_told_once_in_a_sentence(tmp_path: Path) -> None:
    async with (
        nowhere("port") as place,
        starting(tmp_path, moved("okx", websocket=place, rest=place)) as world,
    ):
        await polled_often(world, "okx")
        assert set(said(world, "rest_failed", "disconnected").values()) == {1}
        whys = [str(details["why"]) for _, details in world.heard.events if "why" in details]
        assert not any("\\n" in why for why in whys)


async def test_a_ban_is_told_once_and_not_each_second(tmp_path: Path) -> None:
    async with (
        Door() as door,
        starting(tmp_path, moved("binance", websocket=door.place)) as world,
    ):
        world.simulation.begin("rest-errors", exchange="binance", size=418, seconds=30)
        tried = ("rest_failed", "binance/spot", "poll")
        await world.until(lambda: said(world, "rest_failed")[tried] > 0)
        since = world.pipeline.now
        await world.until(
            lambda: (
                world.pipeline.now - since > 3 * NANOSECONDS
                or said(world, "rest_failed")[tried] > 2
            )
        )
        assert max(said(world, "rest_failed").values()) <= 2, "the ban, and that it is obeyed"
