"""OKX v5 public data: spot sizes in the base currency, swap and futures sizes in contracts."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from urllib.parse import SplitResult, parse_qs
from zlib import crc32

import msgspec

from exporter.errors import DecodeError
from exporter.feeds import okx_wire
from exporter.feeds.feed import (
    Feed,
    Operation,
    Rate,
    Request,
    RestRequest,
    RestRules,
    Route,
    Service,
    SocketRules,
    Verdict,
)
from exporter.feeds.wire import UNREADABLE, Router, StreamName, decimal, milliseconds, positive
from exporter.model import (
    BestQuote,
    BookSnapshot,
    BookUpdate,
    Event,
    Listing,
    Notice,
    NoticeKind,
    Stream,
    Ticker,
    Trade,
)

_CHECKSUM_LEVELS = 25
_UPGRADE = "64008"
"""The notice that the connection closes within a minute, for an upgrade."""


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

_REFERENCE_CHANNELS = {"mark-price", "index-tickers", "funding-rate"}
"""Channels whose rows a REST answer of the same name carries as well."""

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


_REFUSED = re.compile(rb"channel:([a-z0-9-]+),instId:([A-Za-z0-9_-]+)")
"""Which stream a refusal is about stands in its text only."""


def _notice(frame: bytes, received: int) -> Sequence[Event]:
    answer = okx_wire.envelope(frame)
    if not answer.event:
        return ()
    text = frame[:200].decode(errors="replace")
    kind, key = NoticeKind.OTHER, ""
    if answer.event in {"subscribe", "unsubscribe"}:
        kind, key = NoticeKind.ACKNOWLEDGED, f"{answer.arg.channel}:{answer.arg.instId}"
    elif answer.event == "error":
        kind = NoticeKind.REFUSED
        text = f"{answer.code} {answer.msg}"[:200]  # the rest differs on each connection
        if named := _REFUSED.search(frame):
            key = b":".join(named.groups()).decode()
    elif answer.code == _UPGRADE:
        kind = NoticeKind.LEAVING
    return (Notice("", received, None, kind, key, text),)


def _read(read: _Decode, frame: bytes, received: int, name: StreamName) -> Sequence[Event]:
    """What `read` makes of it; an answer may begin as the data of its channel do."""
    try:
        return tuple(read(frame, received, name))
    except msgspec.ValidationError:
        if answer := _notice(frame, received):
            return answer
        raise


def _decode(frame: bytes, received: int) -> Sequence[Event]:
    if frame == b"pong":
        return (Notice("", received, None, NoticeKind.PONG),)
    name = None
    try:
        name = _router(frame)
        if name is None:
            return _notice(frame, received)
        read = _CHANNELS.get(name.kind)
        return () if read is None else _read(read, frame, received, name)
    except UNREADABLE as error:
        symbol = name.symbol if name else None
        raise DecodeError(f"unreadable frame of {symbol}: {error}", symbol) from error


def _decode_rest(
    url: SplitResult, body: bytes, received: int, symbol: str | None
) -> Sequence[Event]:
    query = parse_qs(url.query)
    symbol = query.get("instId", [symbol or ""])[0]
    name = url.path.rpartition("/")[2]
    try:
        if name == "instruments":
            return tuple(_listings(okx_wire.instruments(_checked(body, url)), received))
        if name == "books":
            books = okx_wire.books_answer(_checked(body, url))
            return tuple(_polled_books(books, received, symbol))
        if name in _REFERENCE_CHANNELS:
            channel = StreamName(symbol, name, b"")
            return tuple(_CHANNELS[name](_checked(body, url), received, channel))
    except UNREADABLE as error:
        raise DecodeError(f"unreadable answer of {url.path}: {error}", symbol) from error
    return ()


def _checked(body: bytes, url: SplitResult) -> bytes:
    """The body itself; HTTP 200 can carry an error in `code`, and then has no data."""
    answer = okx_wire.status(body)
    if answer.code != "0":
        raise DecodeError(f"{url.path} answered with the error {answer.code}: {answer.msg[:100]}")
    return body


def _polled_books(
    answer: okx_wire.BooksAnswer, received: int, symbol: str
) -> Iterator[BookSnapshot]:
    for row in answer.data:
        time = milliseconds(row.ts, "ts", symbol)
        yield BookSnapshot(symbol, received, time, row.seqId, row.bids, row.asks)


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
            trading=row.state == "live",
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


_CHANNEL_OF: Mapping[Stream, str] = {
    Stream.BOOK: "books",
    Stream.QUOTE: "bbo-tbt",
    Stream.TRADE: "trades",
    Stream.MARK: "mark-price",
    Stream.FUNDING: "funding-rate",
    Stream.INDEX: "index-tickers",
}
_OF_CONTRACTS = {Stream.MARK, Stream.FUNDING, Stream.INDEX}


def _stream_name_of(symbol: str, stream: Stream) -> str | None:
    if stream not in _CHANNEL_OF or (stream in _OF_CONTRACTS and _is_spot(symbol)):
        return None
    name = _index_symbol(symbol) if stream is Stream.INDEX else symbol
    return f"{_CHANNEL_OF[stream]}:{name}"


def _request(operation: Operation, names: Sequence[str], number: int) -> Request:
    pairs = (name.partition(":") for name in names)
    arguments = [{"channel": channel, "instId": symbol} for channel, _, symbol in pairs]
    message = {"id": str(number), "op": operation, "args": arguments}
    return Request(msgspec.json.encode(message).decode(), frozenset(names))


def _snapshot(symbol: str, levels: int) -> RestRequest:
    return RestRequest(f"/api/v5/market/books?instId={symbol}&sz={min(levels, 400)}", 1, symbol)


def _poll(symbol: str, levels: int) -> tuple[RestRequest, ...]:
    if _is_spot(symbol):
        return (_snapshot(symbol, levels),)
    return (
        _snapshot(symbol, levels),
        RestRequest(f"/api/v5/public/mark-price?instType=SWAP&instId={symbol}", 4, symbol),
        RestRequest(f"/api/v5/market/index-tickers?instId={_index_symbol(symbol)}", 2, symbol),
        RestRequest(f"/api/v5/public/funding-rate?instId={symbol}", 4, symbol),
    )


# The limits are 40 requests of books in 2 s, 20 of instruments and of index tickers, 10 of mark
# price and of funding; as weights of one budget of 40 they are kept in every mixture.
_SERVICE = Service(
    routes=(Route("/ws/v5/public", tuple(_CHANNEL_OF)),),
    stream_name=_stream_name_of,
    request=_request,
    socket=SocketRules(
        names_a_frame=100,
        symbols_a_connection=25,  # "fewer than 30 deep-book channels" is the exchange's advice
        messages=Rate(480, 3600),
        connections=Rate(3, 1),
        ping="ping",
    ),
    rest=RestRules(
        budget=Rate(40, 2),
        listings=tuple(
            RestRequest(f"/api/v5/public/instruments?instType={kind}", 2)
            for kind in ("SPOT", "SWAP")
        ),
        poll=_poll,
    ),
)


def _is_spot(symbol: str) -> bool:
    return _index_symbol(symbol) == symbol


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
    decode=_decode,
    decode_rest=_decode_rest,
    joins=_follows,
    follows=_follows,
    snapshot_on_stream=True,
    bounded_levels=400,
    checksum=_checksum,
    multiplier=_multiplier,
    index_symbol=_index_symbol,
    service=_SERVICE,
)
