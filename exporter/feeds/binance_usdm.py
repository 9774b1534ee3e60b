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
from exporter.feeds.feed import Feed, Subscription
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


_mark = msgspec.json.Decoder(_MarkFrame).decode


def _decode_mark(frame: bytes, received: int, name: StreamName) -> Sequence[Event]:
    data = _mark(frame).data
    binance.check_symbol(data.s, name)
    return (
        Ticker(
            data.s,
            received,
            data.E * MILLISECOND,
            Stream.MARK,
            mark=positive(data.p, "mark price", data.s),
            index=positive(data.i, "index price", data.s) if data.i else None,
            funding_rate=decimal(data.r, "funding rate", data.s) if data.T else None,
            next_funding_time=data.T * MILLISECOND if data.T else None,
        ),
    )


def _recognise(frame: bytes) -> bool:
    """A futures depth event whose symbol is no COIN-M contract (`BTCUSD_PERP`)."""
    return b'"depthUpdate"' in frame and b'"pu":' in frame and not COINM_SYMBOL.search(frame)


def _subscribe(websocket: str, symbols: Sequence[str]) -> tuple[Subscription, ...]:
    return (
        *binance.subscribe(f"{websocket}/public/stream", symbols, ("depth@100ms", "bookTicker")),
        *binance.subscribe(f"{websocket}/market/stream", symbols, ("markPrice@1s", "aggTrade")),
    )


FEED = Feed(
    exchange="binance",
    product="usdm",
    kinds={"PERP": re.compile(r"[A-Z0-9]{2,30}")},
    hosts=frozenset({"fstream.binance.com", "fapi.binance.com"}),
    recognise=_recognise,
    symbol_of=binance.symbol_of,
    subscribe=_subscribe,
    decode=binance.decoder({**binance.STREAMS, "markPrice": _decode_mark}),
    decode_rest=binance.decode_rest(Decimal(1)),
    joins=joins,
    follows=follows,
    multiplier=lambda symbol: Decimal(1),
    funding_interval=8 * 3600 * NANOSECONDS,  # where fundingInfo does not list the symbol
)
