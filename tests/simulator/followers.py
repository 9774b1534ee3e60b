"""Tiny clients that keep a book by the exchanges' documented procedures, and share no code.

Levels stay the text that was sent. A follower connects again when its connection ends.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

from aiohttp import ClientError

from tests.simulator.serving import OKX_WS, SPOT, USDM, Site, until

Message = dict[str, Any]
Levels = dict[str, str]
_AGAIN = 0.05

MARKETS = {
    ("binance", "BTC-USDT-SPOT"): "BTCUSDT",
    ("binance", "BTC-USDT-PERP"): "BTCUSDT",
    ("okx", "BTC-USDT-SPOT"): "BTC-USDT",
    ("okx", "BTC-USDT-PERP"): "BTC-USDT-SWAP",
}


class Follower:
    """A book; `last` is the id applied last, None while the book is unknown.

    `book_messages`, `quotes` and `trades` are what came, `gaps` how often the chain broke.
    `states` are the ids applied with the best levels after each, since the snapshot at `since`.
    """

    def __init__(self, market: tuple[str, str]) -> None:
        self.market = market
        self.last: int | None = None
        self.gaps = self.connections = 0
        self.bids: Levels = {}
        self.asks: Levels = {}
        self.book_messages: list[Message] = []
        self.quotes: list[Message] = []
        self.trades: list[Message] = []
        self.states: list[tuple[int, list[list[str]]]] = []
        self.since = 0

    def set(self, bids: list[list[str]], asks: list[list[str]]) -> None:
        """Apply levels with absolute sizes."""
        for side, rows in ((self.bids, bids), (self.asks, asks)):
            for price, size, *_ in rows:
                if Decimal(size):
                    side[price] = size
                else:
                    side.pop(price, None)

    def replace(self, bids: list[list[str]], asks: list[list[str]], number: int) -> None:
        """Start from a snapshot."""
        self.bids, self.asks = {}, {}
        self.set(bids, asks)
        self.since = number
        self.states = []

    def applied(self, number: int) -> None:
        """The book is at this id now."""
        self.last = number
        bid, ask = max(self.bids, key=Decimal), min(self.asks, key=Decimal)
        self.states.append((number, [[bid, self.bids[bid]], [ask, self.asks[ask]]]))

    def forget(self) -> None:
        """The book is unknown."""
        self.last = None


class BinanceFollower(Follower):
    """Binance's procedures: spot by the range of ids, futures by `pu`."""

    def __init__(
        self, market: tuple[str, str], snapshot: Callable[[], Awaitable[Message | None]]
    ) -> None:
        super().__init__(market)
        self._futures = market[1].endswith("PERP")
        self._snapshot = snapshot
        self._buffer: list[Message] = []

    def forget(self) -> None:
        super().forget()
        self._buffer = []

    async def take(self, message: Message) -> None:
        """One message of the combined stream."""
        data = message["data"]
        kind = message["stream"].partition("@")[2]
        if kind == "bookTicker":
            self.quotes.append(data)
        elif kind == "trade":
            self.trades.append(data)
        elif kind == "depth@100ms":
            self.book_messages.append(data)
            await self._depth(data)

    async def _depth(self, event: Message) -> None:
        if self.last is None:
            self._buffer.append(event)
            await self._synchronise()
        elif event["u"] <= self.last:
            return
        elif self._breaks(event, self.last):
            self.gaps += 1
            self.forget()
            self._buffer = [event]
        else:
            self._apply(event)

    def _breaks(self, event: Message, last: int) -> bool:
        if self._futures:
            return bool(event["pu"] != last)
        return bool(event["U"] > last + 1)

    async def _synchronise(self) -> None:
        snapshot = await self._snapshot()
        if snapshot is None:
            return
        number = snapshot["lastUpdateId"]
        oldest = number if self._futures else number + 1
        while self._buffer and self._buffer[0]["u"] < oldest:
            self._buffer.pop(0)
        if self._buffer[0]["U"] > oldest if self._buffer else self._futures:
            return
        events, self._buffer = self._buffer, []
        self.replace(snapshot["bids"], snapshot["asks"], number)
        self.applied(number)
        for event in events[:1]:
            self._apply(event)
        for event in events[1:]:
            await self._depth(event)

    def _apply(self, event: Message) -> None:
        self.set(event["b"], event["a"])
        self.applied(event["u"])


class OkxFollower(Follower):
    """OKX's procedure: a snapshot on the channel, then the chain of `prevSeqId`."""

    def take(self, message: Message) -> bool:
        """One message; whether the book must be subscribed to anew."""
        channel = message["arg"]["channel"]
        row = message["data"][0]
        if channel == "bbo-tbt":
            self.quotes.append(row)
        elif channel == "trades":
            self.trades.append(row)
        elif channel == "books":
            self.book_messages.append(row)
            return self._book(message["action"], row)
        return False

    def _book(self, action: str, row: Message) -> bool:
        if action == "snapshot":
            self.replace(row["bids"], row["asks"], row["seqId"])
        elif self.last is None or (row["prevSeqId"] != self.last and row["seqId"] <= self.last):
            return False
        elif row["prevSeqId"] != self.last:
            self.gaps += 1
            self.forget()
            return True
        else:
            self.set(row["bids"], row["asks"])
        self.applied(row["seqId"])
        return False


Followers = dict[tuple[str, str], Follower]


@asynccontextmanager
async def following(site: Site) -> AsyncIterator[Followers]:
    """Followers of all four markets of the first pair, with their quotes and trades; all live."""
    followers: Followers = {}
    tasks = []
    for market in MARKETS:
        follower, work = _start(site, market)
        followers[market] = follower
        tasks.append(asyncio.create_task(work))
    try:
        await live(followers)
        yield followers
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(result, asyncio.CancelledError), result


def sent_at(message: Message) -> int:
    """The exchange's time of a message of a difference stream, in ms."""
    return int(message["E"] if "E" in message else message["ts"])


async def live(followers: Followers) -> None:
    """Wait until every book is known."""
    await until(lambda: all(one.last is not None for one in followers.values()))


async def compare(site: Site, followers: Followers) -> None:
    """Pause, and find every followed book equal to the published one, level by level.

    And that one equal to the market's own, as far as it is published.
    """
    await live(followers)
    site.simulation.pause()
    for market, follower in followers.items():
        number, bids, asks = site.simulation.book(*market)
        await until(lambda one=follower, last=number: one.last == last)  # type: ignore[misc]
        assert follower.bids == dict(bids), market
        assert follower.asks == dict(asks), market
        own = site.simulation.world.markets[market]
        for levels, truth, sign in ((bids, own.bids, -1), (asks, own.asks, 1)):
            best = sorted(truth, key=lambda ticks, s=sign: s * ticks)[: len(levels)]  # type: ignore[misc]
            assert len(levels) == min(len(truth), 400 if market[0] == "okx" else len(truth))
            steps = own.symbol
            exact = [(ticks * steps.tick, truth[ticks] * steps.lot) for ticks in best]
            assert [(Decimal(price), Decimal(size)) for price, size in levels] == exact, market
    site.simulation.resume()


def _start(site: Site, market: tuple[str, str]) -> tuple[Follower, Coroutine[None, None, None]]:
    if market[0] == "okx":
        okx = OkxFollower(market)
        return okx, _again(okx, lambda: _follow_okx(site, okx))
    futures = market[1].endswith("PERP")
    path = f"{USDM}/fapi/v1/depth" if futures else f"{SPOT}/api/v3/depth"

    async def snapshot() -> Message | None:
        status, body = await site.get(f"{path}?symbol=BTCUSDT&limit=1000")
        return body if status == 200 else None

    binance = BinanceFollower(market, snapshot)
    streams = f"{USDM}/public/stream" if futures else f"{SPOT}/stream"
    kinds = ("depth@100ms", "bookTicker", "trade")
    url = f"{streams}?streams=" + "/".join(f"btcusdt@{kind}" for kind in kinds)
    return binance, _again(binance, lambda: _follow_binance(site, binance, url))


async def _again(follower: Follower, once: Callable[[], Awaitable[None]]) -> None:
    while True:
        with suppress(ClientError):
            await once()
        follower.forget()
        await asyncio.sleep(_AGAIN)


async def _follow_binance(site: Site, follower: BinanceFollower, url: str) -> None:
    async with site.http.ws_connect(site.base + url) as socket:
        follower.connections += 1
        async for message in socket:
            await follower.take(json.loads(message.data))


async def _follow_okx(site: Site, follower: OkxFollower) -> None:
    name = MARKETS[follower.market]
    async with site.http.ws_connect(site.base + OKX_WS) as socket:
        follower.connections += 1
        for channel in ("books", "bbo-tbt", "trades"):
            await socket.send_str(_request("subscribe", channel, name))
        async for message in socket:
            content = json.loads(message.data)
            if "event" not in content and follower.take(content):
                await socket.send_str(_request("unsubscribe", "books", name))
                await socket.send_str(_request("subscribe", "books", name))


def _request(operation: str, channel: str, name: str) -> str:
    return json.dumps({"op": operation, "args": [{"channel": channel, "instId": name}]})
