"""A few seconds of the simulated exchanges, taken down as a recorder does: raw, with receive times.

One simulation serves all tests of a run. Each market is recorded by itself: the streams that the
exporter subscribes to, over the connections that it plans, and for Binance the depth snapshot.
What else the exchanges say (refusals, other streams and answers, the notice of a shutdown) comes
after that.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from exporter import clock
from exporter.feeds import binance_spot, binance_usdm, okx
from exporter.feeds.feed import Feed, Operation
from exporter.live.plan import Plan, plans
from exporter.model import BestQuote, BookSnapshot, BookUpdate, PriceLevel
from tests.conformance.session import Levels, Line, Session
from tests.simulator.serving import Site, running, until

SPOT, USDM, OKX = binance_spot.FEED, binance_usdm.FEED, okx.FEED
MARKETS: Mapping[str, tuple[Feed, str]] = {
    "binance/BTC-USDT-SPOT": (SPOT, "BTCUSDT"),
    "binance/BTC-USDT-PERP": (USDM, "BTCUSDT"),
    "okx/BTC-USDT-SPOT": (OKX, "BTC-USDT"),
    "okx/BTC-USDT-PERP": (OKX, "BTC-USDT-SWAP"),
}
"""Feed and symbol of each market, which is named as a replay names it."""
HOSTS = {
    SPOT.name: "https://api.binance.com",
    USDM.name: "https://fapi.binance.com",
    OKX.name: "https://www.okx.com",
}
UPDATES = 20
"""So many updates of each book, at least, after its snapshot."""
LEVELS = 1000
"""More levels a side than any simulated book has."""

_BUFFERED = 3
_RATE = 100.0
_PATIENCE = 20.0
_ASKED: Mapping[str, Sequence[str]] = {
    SPOT.name: ("/api/v3/time", "/api/v3/depth?symbol=NONE"),
    USDM.name: ("/fapi/v1/time", "/fapi/v1/depth?symbol=NONE"),
    OKX.name: ("/api/v5/public/time", "/api/v5/market/books?instId=NONE"),
}
"""What the exporter does not ask of the REST services."""


class _Aside(NamedTuple):
    """What is said on a connection besides: the text to wait for, and the one of a shutdown."""

    path: str
    requests: Sequence[str]
    awaited: str
    announcement: str


_REQUESTS = ('{"method":"BUY","id":7}', '{"method":"LIST_SUBSCRIPTIONS","id":8}')
_ASIDES: Mapping[str, _Aside] = {
    SPOT.name: _Aside("/ws/btcusdt@trade", _REQUESTS, '"trade"', "serverShutdown"),
    USDM.name: _Aside("/public/ws/btcusdt@trade", _REQUESTS, '"trade"', "serverShutdown"),
    OKX.name: _Aside(
        "/ws/v5/public",
        [
            "ping",
            '{"id":"1512","op":"buy","args":[]}',
            '{"op":"subscribe","args":[{"channel":"candle1m","instId":"BTC-USDT"}]}',
            '{"id":"8","op":"subscribe","args":[{"channel":"trades","instId":"BTC-USDT"}]}',
            '{"id":"9","op":"unsubscribe","args":[{"channel":"trades","instId":"BTC-USDT"}]}',
        ],
        '"unsubscribe"',
        "64008",
    ),
}


class Said(NamedTuple):
    """A message of a service; `path` is the one that it answers, if it is an answer."""

    feed: str
    text: str
    path: str = ""


@dataclass(frozen=True)
class Captured:
    """The sessions by market, and everything that was sent, in them and besides."""

    sessions: Mapping[str, Session]
    said: Sequence[Said]


@dataclass
class _Tape:
    """What one market's connections receive; `last` is the newest id of its book."""

    feed: Feed
    symbol: str
    lines: list[Line] = field(default_factory=list)
    updates: int = 0
    last: int | None = None

    def take(self, text: str, url: str = "") -> None:
        line = Line(clock.now(), text.encode(), url)
        self.lines.append(line)
        for event in () if url else self.feed.decode(line.data, line.at):
            if isinstance(event, BookSnapshot | BookUpdate):
                self.updates += isinstance(event, BookUpdate)
                self.last = event.last_id


_Tapes = Mapping[str, _Tape]


@cache
def capture() -> Captured:
    """What the simulated exchanges sent; made once."""
    return asyncio.run(_capture())


async def _capture() -> Captured:
    async with running(rate=_RATE) as site:
        tapes = {name: _Tape(*market) for name, market in MARKETS.items()}
        async with _recording(site, tapes.values()):
            await _until_updates(tapes, _BUFFERED)
            with _standing(site):
                await _told(site, tapes)
                for tape in tapes.values():
                    await _synchronise(site, tape)
            await _until_updates(tapes, _BUFFERED + UPDATES + 1)
            site.simulation.pause()
            await _told(site, tapes)
            sessions = {name: _session(site, name, tape) for name, tape in tapes.items()}
        site.simulation.resume()
        besides = await _besides(site)
        assert not site.simulation.violations, site.simulation.violations
    return Captured(sessions, [*_messages(sessions.values()), *besides])


@asynccontextmanager
async def _recording(site: Site, tapes: Collection[_Tape]) -> AsyncIterator[None]:
    listening = [
        _listen(site, plan, tape)
        for tape in tapes
        for plan in plans(tape.feed, _addresses(site, tape.feed)[0], [tape.symbol])
    ]
    async with _meanwhile(listening):
        yield


async def _listen(site: Site, plan: Plan, tape: _Tape) -> None:
    async with site.http.ws_connect(plan.url) as socket:
        names = plan.names(plan.symbols, plan.streams)
        for request in plan.requests(Operation.SUBSCRIBE, names, 1):
            await socket.send_str(request.frame)
        async for message in socket:
            tape.take(message.data)


@asynccontextmanager
async def _meanwhile(work: Collection[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Work that goes on during a block; it must not end before."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(result, asyncio.CancelledError), result


@contextmanager
def _standing(site: Site) -> Iterator[None]:
    """The markets stand still in a block."""
    site.simulation.pause()
    yield
    site.simulation.resume()


async def _until_updates(tapes: _Tapes, most: int) -> None:
    await until(lambda: all(tape.updates >= most for tape in tapes.values()), _PATIENCE)


async def _told(site: Site, tapes: _Tapes) -> None:
    """Wait until everything that the exchanges published of their books was received."""
    for name, tape in tapes.items():
        number, _, _ = site.simulation.book(*name.split("/"))
        await until(lambda tape=tape, number=number: tape.last == number)  # type: ignore[misc]


async def _synchronise(site: Site, tape: _Tape) -> None:
    """Take the depth snapshot that updates are joined to, where there is such a thing."""
    assert tape.feed.service is not None
    snapshot = tape.feed.service.rest.snapshot
    if snapshot is not None:
        path = snapshot(tape.symbol, LEVELS).path
        tape.take(await _answer(site, tape.feed, path), HOSTS[tape.feed.name] + path)


def _session(site: Site, name: str, tape: _Tape) -> Session:
    """The tape with the simulation's own book."""
    _, bids, asks = site.simulation.book(*name.split("/"))
    lines = tuple(tape.lines)
    session = Session(tape.feed, tape.symbol, _levels(bids), _levels(asks), 0, lines)
    return Session(tape.feed, tape.symbol, session.bids, session.asks, _comparable(session), lines)


def _comparable(session: Session) -> int:
    """How many states of the book have a best quote of their own, known by a later one.

    The state with id u on a snapshot with id L has it in the quote with the largest id in [L, u].
    On futures the update that ends with L is applied as well.
    """
    events = [event for line in session.lines for event in session.events(line)]
    (start,) = (event.last_id for event in events if isinstance(event, BookSnapshot))
    ids = [event.last_id for event in events if isinstance(event, BookUpdate)]
    quotes = sorted(event.id for event in events if isinstance(event, BestQuote) and event.id)
    assert start is not None
    oldest = start if session.feed is USDM else start + 1
    states = [start, *(number for number in ids if number is not None and number >= oldest)]
    places = [(number, bisect_right(quotes, number)) for number in states]
    return sum(0 < place < len(quotes) and quotes[place - 1] >= start for _, place in places)


async def _besides(site: Site) -> list[Said]:
    """What the sessions have not: refusals, other answers, a shutdown."""
    said: list[Said] = []
    feeds = (SPOT, USDM, OKX)
    async with _meanwhile([_converse(site, feed, said) for feed in feeds]):
        for feed in feeds:
            said += [
                Said(feed.name, await _answer(site, feed, path), path) for path in _asked(feed)
            ]
        await _hear(said, {feed.name: _ASIDES[feed.name].awaited for feed in feeds})
        for exchange in ("binance", "okx"):
            await site.begin("server-shutdown", exchange=exchange)
        await _hear(said, {feed.name: _ASIDES[feed.name].announcement for feed in feeds})
    return said


async def _converse(site: Site, feed: Feed, said: list[Said]) -> None:
    aside = _ASIDES[feed.name]
    async with site.http.ws_connect(_addresses(site, feed)[0] + aside.path) as socket:
        for request in aside.requests:
            await socket.send_str(request)
        async for message in socket:
            said.append(Said(feed.name, message.data))  # noqa: PERF401  others wait for it


async def _hear(said: Sequence[Said], wanted: Mapping[str, str]) -> None:
    """Wait until each of these services has said something with its text in it."""
    await until(
        lambda: all(
            any(one.feed == name and text in one.text for one in said)
            for name, text in wanted.items()
        )
    )


def _asked(feed: Feed) -> Iterator[str]:
    assert feed.service is not None
    rest, symbols = feed.service.rest, [symbol for one, symbol in MARKETS.values() if one is feed]
    for request in rest.listings:
        yield request.path
    for symbol in symbols:
        for request in rest.poll(symbol, LEVELS):
            yield request.path
    yield from _ASKED[feed.name]


async def _answer(site: Site, feed: Feed, path: str) -> str:
    async with site.http.get(_addresses(site, feed)[1] + path) as response:
        return await response.text()


def _addresses(site: Site, feed: Feed) -> tuple[str, str]:
    return site.simulation.endpoints[feed.exchange][feed.product or "public"]


def _messages(sessions: Collection[Session]) -> Iterator[Said]:
    for session in sessions:
        for line in session.lines:
            url = urlsplit(line.url)
            path = f"{url.path}?{url.query}" if line.url else ""
            yield Said(session.feed.name, line.data.decode(), path)


def _levels(rows: Sequence[tuple[str, str]]) -> Levels:
    return [PriceLevel(Decimal(row[0]), Decimal(row[1])) for row in rows]
