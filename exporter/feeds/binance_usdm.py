"""Binance USD-M futures: `fstream.binance.com`, sizes in the base asset of the symbol.

Since 2026 the streams are split over two paths; a stream asked for on the wrong one is
acknowledged and stays silent. Book and best quote are on `/public`, mark price and trades on
`/market`.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from exporter.feeds import binance
from exporter.feeds.binance_futures import COINM_SYMBOL, follows, joins
from exporter.feeds.feed import Feed, Rate, RestRequest, RestRules, Route
from exporter.feeds.wire import Milliseconds, StreamName, decimal, positive
from exporter.model import MILLISECOND, NANOSECONDS, Event, Stream, Ticker


class _Mark(Struct, gc=False):
    """`{"e":"markPriceUpdate","E":…,"s":"BTCUSDT","p":"84551.1","i":"84590.8","r":"0.00000801",
    "T":1790553600000}`: mark, index, current funding rate, next funding time."""

    E: Milliseconds
    s: str
    p: str
    i: str = ""
    r: str = ""
    T: Milliseconds = 0


class _MarkFrame(Struct, gc=False):
    data: _Mark


class _Premium(Struct):
    """`{"symbol":"BTCUSDT","markPrice":"11793.6","indexPrice":"11781.8",
    "lastFundingRate":"0.00038246","nextFundingTime":1597392000000,"time":1597370495002}`"""

    symbol: str
    markPrice: str
    time: Milliseconds
    indexPrice: str = ""
    lastFundingRate: str = ""
    nextFundingTime: Milliseconds = 0


_mark = msgspec.json.Decoder(_MarkFrame).decode
_premium = msgspec.json.Decoder(_Premium).decode


def _decode_mark(frame: bytes, received: int, name: StreamName) -> Sequence[Event]:
    data = _mark(frame).data
    binance.check_symbol(data.s, name)
    return (_ticker(data.s, received, data.E, data.p, data.i, data.r, data.T),)


def _decode_premium(body: bytes, received: int) -> Sequence[Event]:
    data = _premium(body)
    rate, settles = data.lastFundingRate, data.nextFundingTime
    return (
        _ticker(data.symbol, received, data.time, data.markPrice, data.indexPrice, rate, settles),
    )


def _ticker(
    symbol: str, received: int, sent: int, mark: str, index: str, rate: str, settles: int
) -> Ticker:
    return Ticker(
        symbol,
        received,
        sent * MILLISECOND,
        Stream.MARK,
        mark=positive(mark, "mark price", symbol),
        index=positive(index, "index price", symbol) if index else None,
        funding_rate=decimal(rate, "funding rate", symbol) if settles else None,
        next_funding_time=settles * MILLISECOND if settles else None,
    )


def _recognise(frame: bytes) -> bool:
    """A futures depth event whose symbol is no COIN-M contract (`BTCUSD_PERP`)."""
    return b'"depthUpdate"' in frame and b'"pu":' in frame and not COINM_SYMBOL.search(frame)


_snapshot = binance.depth_request(
    "/fapi/v1/depth", ((5, 2), (50, 2), (100, 5), (500, 10), (1000, 20))
)


def _poll(symbol: str, levels: int) -> tuple[RestRequest, ...]:
    reference = RestRequest(f"/fapi/v1/premiumIndex?symbol={symbol}", 1, symbol)
    return (_snapshot(symbol, levels), reference)


FEED = Feed(
    exchange="binance",
    product="usdm",
    kinds={"PERP": re.compile(r"[A-Z0-9]{2,30}")},
    hosts=frozenset({"fstream.binance.com", "fapi.binance.com"}),
    recognise=_recognise,
    symbol_of=binance.symbol_of,
    decode=binance.decoder({**binance.STREAMS, "markPrice": _decode_mark}),
    decode_rest=binance.decode_rest(Decimal(1), {"premiumIndex": _decode_premium}),
    joins=joins,
    follows=follows,
    multiplier=lambda symbol: Decimal(1),
    funding_interval=8 * 3600 * NANOSECONDS,  # where fundingInfo does not list the symbol
    service=binance.service(
        routes=(
            Route("/public/stream", (Stream.BOOK, Stream.QUOTE)),
            Route("/market/stream", (Stream.MARK, Stream.TRADE)),
        ),
        kinds={
            Stream.BOOK: "depth@100ms",
            Stream.QUOTE: "bookTicker",
            Stream.MARK: "markPrice@1s",
            Stream.TRADE: "aggTrade",
        },
        messages=Rate(10, 1),
        rest=RestRules(
            budget=Rate(2400, 60),
            listings=(RestRequest("/fapi/v1/exchangeInfo", 1),),
            poll=_poll,
            snapshot=_snapshot,
            used_header="X-MBX-USED-WEIGHT-1M",
        ),
    ),
)
