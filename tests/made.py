"""Frames as the exchanges send them, made here, and how a test puts them through a pipeline.

A `Session` is what is received, in order; a `Speaker` is one symbol of one exchange that speaks in
it. The same session can feed a pipeline as it goes or be written to a file and replayed.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from exporter.feeds import binance_coinm, binance_spot, binance_usdm, okx
from exporter.feeds.feed import Feed
from exporter.markets.market import Market
from exporter.model import MILLISECOND, NANOSECONDS
from exporter.pipeline import Pipeline
from tests.shared import shipped

START = 1_800_000_000 * NANOSECONDS
LATENCY = 2 * MILLISECOND

SPOT, USDM, COINM, OKX = binance_spot.FEED, binance_usdm.FEED, binance_coinm.FEED, okx.FEED
SPOT_NAME, PERP_NAME = "binance/BTC-USDT-SPOT", "binance/BTC-USDT-PERP"

Levels = Sequence[tuple[str, str]]
BIDS: Levels = (("99.9", "2"), ("99.8", "3"), ("99.5", "5"), ("99", "10"))
ASKS: Levels = (("100.1", "1"), ("100.2", "4"), ("100.5", "5"), ("101", "10"))

ADDRESSES = {
    SPOT.name: "wss://stream.binance.com:9443/stream",
    USDM.name: "wss://fstream.binance.com/public/stream",
    COINM.name: "wss://dstream.binance.com/stream",
    OKX.name: "wss://ws.okx.com:8443/ws/v5/public",
}
REST = {
    SPOT.name: "https://api.binance.com/api/v3/depth",
    USDM.name: "https://fapi.binance.com/fapi/v1/depth",
    COINM.name: "https://dapi.binance.com/dapi/v1/depth",
}


def snapshot(number: int, bids: Levels = BIDS, asks: Levels = ASKS) -> bytes:
    """A depth snapshot of Binance's REST interface."""
    return _text({"lastUpdateId": number, "bids": bids, "asks": asks})


def depth(
    symbol: str,
    first: int,
    last: int,
    bids: Levels = (),
    asks: Levels = (),
    *,
    previous: int | None = None,
    at: int = START,
) -> bytes:
    """A depth update of Binance; `previous` makes it one of futures."""
    futures = {} if previous is None else {"pu": previous}
    data = {"e": "depthUpdate", "E": _sent(at), "s": symbol, "U": first, "u": last, **futures}
    return _stream(symbol, "depth@100ms", {**data, "b": bids, "a": asks})


def quote(symbol: str, number: int, bid: tuple[str, str], ask: tuple[str, str]) -> bytes:
    """A bookTicker of Binance spot: best price and quantity of either side."""
    data = {"u": number, "s": symbol, "b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1]}
    return _stream(symbol, "bookTicker", data)


def trade(symbol: str, number: int, price: str, *, at: int = START) -> bytes:
    """An aggregated trade of Binance."""
    data = {"e": "aggTrade", "E": _sent(at), "s": symbol, "a": number, "p": price, "q": "1"}
    return _stream(symbol, "aggTrade", {**data, "m": True})


def mark(symbol: str, price: str, index: str, rate: str, *, at: int = START) -> bytes:
    """Mark price, index price and funding of Binance futures."""
    data = {"e": "markPriceUpdate", "E": _sent(at), "s": symbol, "p": price, "i": index, "r": rate}
    return _stream(symbol, "markPrice@1s", {**data, "T": _sent(at) + 3_600_000})


def books(
    symbol: str,
    action: str,
    number: int,
    previous: int,
    bids: Levels = (),
    asks: Levels = (),
    *,
    at: int = START,
) -> bytes:
    """A message of OKX's book channel: `action` is snapshot or update."""
    bid_rows, ask_rows = ([(*level, "0", "1") for level in side] for side in (bids, asks))
    row = {"asks": ask_rows, "bids": bid_rows, "ts": str(_sent(at)), "checksum": 0}
    row |= {"seqId": number, "prevSeqId": previous}
    return _text({"arg": {"channel": "books", "instId": symbol}, "action": action, "data": [row]})


def exchange_info(*symbols: str) -> bytes:
    """Binance's instrument list."""
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "stepSize": "0.00001"},
    ]
    assets = {"baseAsset": "BTC", "quoteAsset": "USDT", "status": "TRADING"}
    return _text({"symbols": [{"symbol": name, **assets, "filters": filters} for name in symbols]})


def channel(name: str, symbol: str, *, at: int = START, **fields: str) -> bytes:
    """A message of another OKX channel (mark-price, index-tickers, funding-rate, trades, …)."""
    row = {"instId": symbol, "ts": str(_sent(at)), **fields}
    return _text({"arg": {"channel": name, "instId": symbol}, "data": [row]})


@dataclass(frozen=True)
class Line:
    """A frame, or a REST answer where `url` is set, and when it is received (ns)."""

    at: int
    feed: Feed
    data: bytes
    url: str = ""


class Session:
    """What is received, each message 100 ms after the one before it.

    Where there is a `pipeline` it gets every message at once.
    """

    def __init__(self, pipeline: Pipeline | None = None, start: int = START) -> None:
        self.pipeline = pipeline
        self.now = start
        self.lines: list[Line] = []

    def later(self, seconds: float) -> None:
        """Time passes."""
        self.now += round(seconds * NANOSECONDS)
        if self.pipeline is not None:
            self.pipeline.advance(self.now)

    def take(self, feed: Feed, data: bytes, url: str = "") -> None:
        """A message is received now."""
        line = Line(self.now, feed, data, url)
        self.lines.append(line)
        if self.pipeline is not None:
            fed(self.pipeline, [line])
        self.later(0.1)


class Speaker:
    """One symbol of one exchange; its ids follow one another unless told to skip some."""

    def __init__(self, session: Session, feed: Feed, symbol: str) -> None:
        self._session = session
        self._feed = feed
        self.symbol = symbol
        self.id = 100

    def snapshot(self, bids: Levels = BIDS, asks: Levels = ASKS) -> "Speaker":
        """The whole book."""
        self.id += 1
        now = self._session.now
        if self._feed is OKX:
            self._say(books(self.symbol, "snapshot", self.id, -1, bids, asks, at=now))
        else:
            query = urlencode({"symbol": self.symbol, "limit": 1000})
            url = f"{REST[self._feed.name]}?{query}"
            self._session.take(self._feed, snapshot(self.id, bids, asks), url)
        return self

    def update(self, bids: Levels = (), asks: Levels = (), *, lost: int = 0) -> "Speaker":
        """Changed levels; `lost` changes before them were never received."""
        previous = self.id + lost
        self.id = previous + 1
        now = self._session.now
        if self._feed is OKX:
            self._say(books(self.symbol, "update", self.id, previous, bids, asks, at=now))
        else:
            before = None if self._feed is SPOT else previous
            self._say(depth(self.symbol, self.id, self.id, bids, asks, previous=before, at=now))
        return self

    def quote(self, bid: tuple[str, str] = BIDS[0], ask: tuple[str, str] = ASKS[0]) -> "Speaker":
        """The exchange's own best bid and ask after the last change."""
        self._say(quote(self.symbol, self.id, bid, ask))
        return self

    def trade(self, price: str = "100") -> "Speaker":
        """A trade."""
        self._say(trade(self.symbol, self.id, price, at=self._session.now))
        return self

    def mark(self, price: str, index: str, rate: str = "0.0001") -> "Speaker":
        """Mark, index and funding."""
        now = self._session.now
        if self._feed is not OKX:
            self._say(mark(self.symbol, price, index, rate, at=now))
            return self
        pair, settles = self.symbol.removesuffix("-SWAP"), _sent(now) + 3_600_000
        times = {"fundingTime": str(settles), "nextFundingTime": str(settles + 28_800_000)}
        self._say(channel("mark-price", self.symbol, markPx=price, at=now))
        self._say(channel("index-tickers", pair, idxPx=index, at=now))
        self._say(channel("funding-rate", self.symbol, fundingRate=rate, at=now, **times))
        return self

    def garbage(self) -> "Speaker":
        """A frame of this symbol that cannot be read."""
        stream = _stream(self.symbol, "depth@100ms", {"e": "depthUpdate", "s": self.symbol})
        self._say(stream)
        return self

    def _say(self, data: bytes) -> None:
        self._session.take(self._feed, data)


def fed(pipeline: Pipeline, lines: Iterable[Line]) -> Pipeline:
    """Lines into this pipeline."""
    for line in lines:
        url = urlsplit(line.url) if line.url else None
        pipeline.ingest(line.feed, line.data, line.at, url=url)
    return pipeline


def house(*, discover: bool = False) -> tuple[Pipeline, Session]:
    """A pipeline on the shipped configuration and the session that feeds it."""
    pipeline = Pipeline(shipped(), discover=discover)
    return pipeline, Session(pipeline)


def market(pipeline: Pipeline, name: str) -> Market:
    """A market by `exchange/instrument`."""
    return next(market for market in pipeline.markets.values() if str(market.id) == name)


def short(feed: Feed, symbol: str, start: int = START) -> list[Line]:
    """A session of one symbol without a fault: a snapshot, three updates, four best quotes."""
    session = Session(start=start)
    speaker = Speaker(session, feed, symbol)
    speaker.update().snapshot()
    for size in ("2", "2.5", "3"):
        speaker.update(bids=[("99.9", size)])
        if feed is not OKX:
            speaker.quote(("99.9", size), ASKS[0])
    if feed is not OKX:
        speaker.id += 1
        speaker.quote(("99.9", "4"), ASKS[0])
    return session.lines


def everything(pipeline: Pipeline) -> Session:
    """Every kind of message of four markets, over more than a minute, into this pipeline."""
    session = Session(pipeline)
    speakers = [
        Speaker(session, feed, symbol)
        for feed, symbol in (
            (SPOT, "BTCUSDT"),
            (USDM, "BTCUSDT"),
            (OKX, "BTC-USDT"),
            (OKX, "BTC-USDT-SWAP"),
        )
    ]
    session.take(SPOT, exchange_info("BTCUSDT"), "https://api.binance.com/api/v3/exchangeInfo")
    for speaker in speakers:
        speaker.snapshot()
    for turn in range(30):
        for speaker in speakers:
            speaker.update(bids=[("99.9", f"{2 + turn % 3}")])
        speakers[0].quote(("99.9", f"{2 + turn % 3}")).trade()
        speakers[1].mark("100.05", "99.95")
        speakers[3].mark("100.04", "99.96", "-0.0001")
        session.later(1.2)
    return session


def _stream(symbol: str, kind: str, data: object) -> bytes:
    return _text({"stream": f"{symbol.lower()}@{kind}", "data": data})


def _sent(received: int) -> int:
    """The exchange's own time of a message, in ms."""
    return (received - LATENCY) // MILLISECOND


def _text(message: object) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
