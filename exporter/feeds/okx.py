"""OKX v5 public data: spot sizes in the base currency, swap and futures sizes in contracts."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from urllib.parse import SplitResult
from zlib import crc32

import msgspec

from exporter.errors import DecodeError
from exporter.feeds import okx_wire
from exporter.feeds.feed import Feed, Subscription, Verdict
from exporter.feeds.wire import UNREADABLE, Router, StreamName, decimal, milliseconds, positive
from exporter.model import (
    BestQuote,
    BookSnapshot,
    BookUpdate,
    Event,
    Listing,
    Notice,
    Stream,
    Ticker,
    Trade,
)

_ARGUMENTS_A_FRAME = 100
_BOOK_CHANNELS_A_CONNECTION = 25  # "fewer than 30 deep-book channels" is the exchange's advice
_CHECKSUM_LEVELS = 25


def _check_symbol(sent: str, name: StreamName) -> None:
    if sent != name.symbol:
        raise DecodeError(f"a row of {sent[:40]!r} on the channel {name.text!r}", name.symbol)


def _decode_books(frame: bytes, received: int, name: StreamName) -> Iterator[Event]:
    message = okx_wire.books(frame)
    symbol = name.symbol
    for row in message.data:
        time = milliseconds(row.ts, "ts", symbol)
        if message.action == "snapshot":
            yield BookSnapshot(symbol, received, time, row.seqId, row.bids, row.asks, row.checksum)
        elif message.action == "update":
            yield BookUpdate(
                symbol,
                received,
                time,
                None,
                row.seqId,
                row.prevSeqId,
                row.bids,
                row.asks,
                row.checksum,
            )
        else:
            raise DecodeError(f"unknown book action {message.action[:40]!r}", symbol)


def _decode_best(frame: bytes, received: int, name: StreamName) -> Iterator[Event]:
    for row in okx_wire.best(frame).data:
        if len(row.bids) != 1 or len(row.asks) != 1:
            continue  # one-sided: no best quote to compare
        (bid, bid_quantity, *_), (ask, ask_quantity, *_) = row.bids[0], row.asks[0]
        time = milliseconds(row.ts, "ts", name.symbol)
        yield BestQuote(
            name.symbol, received, time, row.seqId, bid, bid_quantity, ask, ask_quantity
        )


def _decode_trades(frame: bytes, received: int, name: StreamName) -> Iterator[Event]:
    for row in okx_wire.trades(frame).data:
        _check_symbol(row.instId, name)
        if row.side not in {"buy", "sell"}:
            raise DecodeError(f"unknown trade side {row.side[:40]!r}", name.symbol)
        time = milliseconds(row.ts, "ts", name.symbol)
        yield Trade(name.symbol, received, time, row.tradeId, row.px, row.sz, row.side == "buy")


def _reference(
    stream: Stream, fields: Callable[[okx_wire.Reference, str], Mapping[str, Decimal | int | None]]
) -> "_Decode":
    def decode(frame: bytes, received: int, name: StreamName) -> Iterator[Event]:
        for row in okx_wire.references(frame).data:
            _check_symbol(row.instId, name)
            time = milliseconds(row.ts, "ts", name.symbol)
            yield msgspec.structs.replace(
                Ticker(name.symbol, received, time, stream), **fields(row, name.symbol)
            )

    return decode


def _funding(row: okx_wire.Reference, symbol: str) -> Mapping[str, Decimal | int | None]:
    """`fundingRate` settles at `fundingTime`; the interval is the distance to the next one."""
    settles = milliseconds(row.fundingTime, "fundingTime", symbol)
    after = milliseconds(row.nextFundingTime, "nextFundingTime", symbol)
    return {
        "funding_rate": decimal(row.fundingRate, "fundingRate", symbol),
        "next_funding_time": settles,
        "funding_interval": after - settles if after and settles and after > settles else None,
    }


def _last(row: okx_wire.Reference, symbol: str) -> Mapping[str, Decimal | int | None]:
    """`vol24h` is base currency on spot and contracts elsewhere, where `volCcy24h` is base."""
    volume = row.vol24h if row.instType == "SPOT" else row.volCcy24h
    return {
        "last": positive(row.last, "last", symbol),
        "volume": decimal(volume, "24 h volume", symbol),
    }


_Decode = Callable[[bytes, int, StreamName], Iterator[Event]]

_CHANNELS: Mapping[str, _Decode] = {
    "books": _decode_books,
    "books-l2-tbt": _decode_books,
    "bbo-tbt": _decode_best,
    "trades": _decode_trades,
    "mark-price": _reference(
        Stream.MARK, lambda row, symbol: {"mark": positive(row.markPx, "markPx", symbol)}
    ),
    "index-tickers": _reference(
        Stream.INDEX, lambda row, symbol: {"index": positive(row.idxPx, "idxPx", symbol)}
    ),
    "funding-rate": _reference(Stream.FUNDING, _funding),
    "tickers": _reference(Stream.TICKER, _last),
}


def _stream_name(frame: bytes) -> StreamName | None:
    message = okx_wire.envelope(frame)
    if message.event or not message.arg.channel:
        return None
    text = f'"channel":"{message.arg.channel}","instId":"{message.arg.instId}"'
    return StreamName(message.arg.instId, message.arg.channel, text.encode())


_router = Router(b"}", _stream_name)


def _decode(frame: bytes, received: int) -> Sequence[Event]:
    if frame == b"pong":
        return (Notice("", received, None, "pong"),)
    name = None
    try:
        name = _router(frame)
        if name is None:
            kind = okx_wire.envelope(frame).event
            text = frame[:200].decode(errors="replace")
            return (Notice("", received, None, kind, text),) if kind else ()
        read = _CHANNELS.get(name.kind)
        return () if read is None else tuple(read(frame, received, name))
    except UNREADABLE as error:
        symbol = name.symbol if name else None
        raise DecodeError(f"unreadable frame of {symbol}: {error}", symbol) from error


def _decode_rest(
    url: SplitResult, body: bytes, received: int, symbol: str | None
) -> Sequence[Event]:
    try:
        if url.path.endswith("/public/instruments"):
            answer = okx_wire.instruments(body)
            if answer.code != "0":
                raise DecodeError(f"{url.path} answered with the error {answer.code}", symbol)
            return tuple(_listings(answer, received))
    except UNREADABLE as error:
        raise DecodeError(f"unreadable answer of {url.path}: {error}", symbol) from error
    return ()


def _listings(answer: okx_wire.Instruments, received: int) -> Iterator[Listing]:
    """Contract value is `ctVal` x `ctMult`: base currency (linear) or USD (inverse)."""
    for row in answer.data:
        symbol = row.instId
        contract = row.instType != "SPOT"
        if contract and row.ctType not in {"linear", "inverse"}:
            continue  # options and others that no metric here describes
        base, _, quote = (row.uly or symbol).partition("-")
        try:
            price = positive(row.tickSz, "tickSz", symbol)
            quantity = positive(row.lotSz, "lotSz", symbol)
            size = Decimal(1)
            if contract:
                size = positive(row.ctVal, "ctVal", symbol) * positive(row.ctMult, "ctMult", symbol)
        except DecodeError:
            continue  # an instrument before its opening has no steps yet
        yield Listing(
            symbol,
            received,
            None,
            row.baseCcy or base,
            row.quoteCcy or quote,
            price,
            quantity,
            size,
            inverse=row.ctType == "inverse",
        )


# The order-book procedure of OKX; `last` is the seqId of what was applied last:
#  - A snapshot replaces the whole book, whenever it comes.
#  - An update applies where prevSeqId == last. That includes the heartbeat (no levels,
#    prevSeqId == seqId == last) and the reset after maintenance (seqId < prevSeqId == last).
#  - Otherwise seqId <= last is an old message, dropped; anything else is a gap: subscribe anew.
# Frames before 2023 carry no ids; only their checksum speaks of loss.


def _follows(update: BookUpdate, last: int | None) -> Verdict:
    if last is None:
        return Verdict.APPLY
    if update.last_id is None or update.previous_id is None:
        return Verdict.GAP
    if update.previous_id == last:
        return Verdict.APPLY
    return Verdict.OLD if update.last_id <= last else Verdict.GAP


def _checksum(bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]]) -> int:
    """CRC-32, signed, of the best 25 levels as `bid:size:ask:size:…` in their original text."""
    parts: list[str] = []
    for bid, ask in zip_longest(bids[:_CHECKSUM_LEVELS], asks[:_CHECKSUM_LEVELS]):
        parts += (*(bid or ()), *(ask or ()))
    value = crc32(":".join(parts).encode())
    return value - 2**32 if value >= 2**31 else value


def _subscribe(websocket: str, symbols: Sequence[str]) -> tuple[Subscription, ...]:
    url = f"{websocket}/ws/v5/public"
    return tuple(
        Subscription(url, tuple(_frames(symbols[start : start + _BOOK_CHANNELS_A_CONNECTION])))
        for start in range(0, len(symbols), _BOOK_CHANNELS_A_CONNECTION)
    )


def _frames(symbols: Sequence[str]) -> Iterator[str]:
    arguments = [
        {"channel": channel, "instId": name}
        for symbol in symbols
        for channel, name in _channels(symbol)
    ]
    for number, start in enumerate(range(0, len(arguments), _ARGUMENTS_A_FRAME), start=1):
        request = {
            "id": str(number),
            "op": "subscribe",
            "args": arguments[start : start + _ARGUMENTS_A_FRAME],
        }
        yield msgspec.json.encode(request).decode()


def _channels(symbol: str) -> Iterator[tuple[str, str]]:
    for channel in ("books", "bbo-tbt", "trades"):
        yield channel, symbol
    if _index_symbol(symbol) != symbol:
        yield "mark-price", symbol
        yield "funding-rate", symbol
        yield "index-tickers", _index_symbol(symbol)


def _index_symbol(symbol: str) -> str:
    """The index of a swap bears the name of its pair: `BTC-USDT-SWAP` has `BTC-USDT`."""
    return symbol.removesuffix("-SWAP")


def _multiplier(symbol: str) -> Decimal | None:
    """Spot (`BTC-USDT`) has sizes in base currency; contracts need the instrument list."""
    return Decimal(1) if symbol.count("-") == 1 else None


def _recognise(frame: bytes) -> bool:
    return b'"arg":' in frame and b'"channel":"books' in frame


FEED = Feed(
    exchange="okx",
    product="",
    kinds={
        "SPOT": re.compile(r"[A-Za-z0-9]+-[A-Z0-9]+"),
        "PERP": re.compile(r"[A-Za-z0-9]+-[A-Z0-9_]+-SWAP"),
    },
    hosts=frozenset(
        {
            "ws.okx.com",
            "wspap.okx.com",
            "wseea.okx.com",
            "wsus.okx.com",
            "openapi.okx.com",
            "www.okx.com",
            "eea.okx.com",
            "us.okx.com",
            "ws.okex.com",
            "www.okex.com",
        }
    ),
    recognise=_recognise,
    symbol_of=_router.symbol_of,
    subscribe=_subscribe,
    decode=_decode,
    decode_rest=_decode_rest,
    joins=_follows,
    follows=_follows,
    snapshot_on_stream=True,
    bounded_levels=400,
    checksum=_checksum,
    multiplier=_multiplier,
    index_symbol=_index_symbol,
)
