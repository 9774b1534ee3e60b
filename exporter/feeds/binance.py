"""What Binance's services share: the combined-stream envelope, quotes, trades, listings.

The services differ in their order-book procedures, in fields and in paths; those stand in
`binance_spot.py`, `binance_usdm.py` and `binance_coinm.py`. Nothing here knows which is which.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from urllib.parse import SplitResult, parse_qs

import msgspec
from msgspec import UNSET, Struct, UnsetType

from exporter.errors import DecodeError
from exporter.feeds.feed import (
    Operation,
    Rate,
    Request,
    RestRequest,
    RestRules,
    Route,
    Service,
    SocketRules,
)
from exporter.feeds.wire import UNREADABLE, Milliseconds, Router, StreamName, positive
from exporter.model import (
    MILLISECOND,
    BestQuote,
    BookSnapshot,
    BookUpdate,
    Event,
    Listing,
    Notice,
    NoticeKind,
    Stream,
    Trade,
)

_MOST_LEVELS = 5000
"""However many are asked for, a snapshot has no more levels a side."""

_SHUTDOWN = "serverShutdown"

Levels = list[tuple[str, str]]
Decode = Callable[[bytes, int, StreamName], Sequence[Event]]
Answer = Callable[[bytes, int], Sequence[Event]]


class _Envelope(Struct):
    """`{"stream":"btcusdt@depth@100ms","data":{…}}`"""

    stream: str = ""


class _Answer(Struct):
    """`{"result":null,"id":1}`, `{"error":{…},"id":2}`, `{"code":2,"msg":"…","id":1}`, or
    `{"e":"serverShutdown","E":1770123456789}`, alone or under the stream `!serverShutdown`."""

    id: int | str | UnsetType | None = UNSET
    error: object = None
    code: int | None = None
    e: str = ""
    stream: str = ""


class _Depth(Struct, gc=False):
    """`{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,"b":[…],"a":[…]}`

    On futures also `pu`, the `u` of this stream's previous event.
    """

    E: Milliseconds
    s: str
    U: int
    u: int
    b: Levels
    a: Levels
    pu: int | None = None


class _DepthFrame(Struct, gc=False):
    data: _Depth


class _Quote(Struct, gc=False):
    """`{"u":400900217,"s":"BNBUSDT","b":"25.35","B":"31.21","a":"25.36","A":"40.66"}`

    Spot sends no event time; futures add `e`, `E` and `T`.
    """

    u: int
    s: str
    b: str
    B: str
    a: str
    A: str
    E: Milliseconds | None = None


class _QuoteFrame(Struct, gc=False):
    data: _Quote


class _Trade(Struct, gc=False):
    """`{"e":"aggTrade","E":…,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","T":…,"m":true}`

    Raw trades carry their id as `t`, and on futures what they are as `X`: only MARKET and RPI
    happened in the book (NA has no price, INSURANCE_FUND prints far outside it).
    """

    E: Milliseconds
    s: str
    p: str
    q: str
    m: bool
    a: int | None = None
    t: int | None = None
    X: str = "MARKET"


class _TradeFrame(Struct, gc=False):
    data: _Trade


class _Snapshot(Struct):
    """`{"lastUpdateId":1027024,"bids":[["4.00","431.00"]],"asks":[…]}`, on futures with `E`."""

    lastUpdateId: int
    bids: Levels
    asks: Levels
    E: Milliseconds | None = None


class _Filter(Struct):
    """`{"filterType":"PRICE_FILTER","tickSize":"0.01"}` or `{"filterType":"LOT_SIZE",…}`."""

    filterType: str
    tickSize: str = ""
    stepSize: str = ""


class _Symbol(Struct):
    """One row of `exchangeInfo.symbols`; `contract…` only on COIN-M."""

    symbol: str
    baseAsset: str
    quoteAsset: str
    filters: list[_Filter]
    status: str = "TRADING"
    contractStatus: str = "TRADING"
    contractSize: Decimal | None = None


class _ExchangeInfo(Struct):
    symbols: list[_Symbol]


_envelope = msgspec.json.Decoder(_Envelope).decode
_answer = msgspec.json.Decoder(_Answer).decode
_depth = msgspec.json.Decoder(_DepthFrame).decode
_quote = msgspec.json.Decoder(_QuoteFrame).decode
_trade = msgspec.json.Decoder(_TradeFrame).decode
_snapshot = msgspec.json.Decoder(_Snapshot).decode
_exchange_info = msgspec.json.Decoder(_ExchangeInfo).decode


def _stream_name(frame: bytes) -> StreamName | None:
    stream = _envelope(frame).stream
    symbol, _, rest = stream.partition("@")
    return StreamName(symbol.upper(), rest.partition("@")[0], stream.encode()) if rest else None


_router = Router(b",", _stream_name)
symbol_of = _router.symbol_of


def check_symbol(sent: str, name: StreamName) -> None:
    """Raises DecodeError where a message names another symbol than the stream it came on."""
    if sent != name.symbol:
        raise DecodeError(f"a message of {sent[:40]!r} on the stream {name.text!r}", name.symbol)


def _decode_depth(frame: bytes, received: int, name: StreamName) -> Sequence[Event]:
    data = _depth(frame).data
    check_symbol(data.s, name)
    time = data.E * MILLISECOND
    return (BookUpdate(data.s, received, time, data.U, data.u, data.pu, data.b, data.a),)


def _decode_quote(frame: bytes, received: int, name: StreamName) -> Sequence[Event]:
    data = _quote(frame).data
    check_symbol(data.s, name)
    time = None if data.E is None else data.E * MILLISECOND
    return (BestQuote(data.s, received, time, data.u, data.b, data.B, data.a, data.A),)


def _decode_trade(frame: bytes, received: int, name: StreamName) -> Sequence[Event]:
    data = _trade(frame).data
    check_symbol(data.s, name)
    if data.X not in {"MARKET", "RPI"}:
        return ()
    number = data.t if data.a is None else data.a
    time = data.E * MILLISECOND
    return (Trade(data.s, received, time, str(number), data.p, data.q, not data.m),)


def _decode_answer(frame: bytes, received: int) -> Sequence[Event]:
    answer = _answer(frame)
    text = frame[:200].decode(errors="replace")
    if _SHUTDOWN in (answer.e, answer.stream.lstrip("!")):
        return (Notice("", received, None, NoticeKind.LEAVING, text=text),)
    failed = answer.error is not None or answer.code is not None
    if answer.id is UNSET and not failed:
        return ()
    kind = NoticeKind.REFUSED if failed else NoticeKind.ACKNOWLEDGED
    key = "" if answer.id is UNSET or answer.id is None else str(answer.id)
    return (Notice("", received, None, kind, key, text),)


STREAMS: Mapping[str, Decode] = {
    "depth": _decode_depth,
    "bookTicker": _decode_quote,
    "trade": _decode_trade,
    "aggTrade": _decode_trade,
}
"""Stream kinds that every service has; `depth20` and the like are other kinds, on purpose."""


def decoder(streams: Mapping[str, Decode]) -> Callable[[bytes, int], Sequence[Event]]:
    """A feed's `decode` for combined streams of these kinds; other kinds decode to nothing."""

    def decode(frame: bytes, received: int) -> Sequence[Event]:
        name = None
        try:
            name = _router(frame)
            if name is None:
                return _decode_answer(frame, received)
            read = streams.get(name.kind)
            return () if read is None else read(frame, received, name)
        except UNREADABLE as error:
            symbol = name.symbol if name else None
            raise DecodeError(f"unreadable frame of {symbol}: {error}", symbol) from error

    return decode


def decode_rest(
    multiplier: Decimal | None, answers: Mapping[str, Answer] | None = None
) -> Callable[[SplitResult, bytes, int, str | None], Sequence[Event]]:
    """A feed's `decode_rest`; `multiplier` as in `Feed`, None where `contractSize` says it.

    `answers` reads what the service has beyond depth and instrument list, by the path's last part.
    """

    def decode(url: SplitResult, body: bytes, received: int, symbol: str | None) -> Sequence[Event]:
        query = parse_qs(url.query)
        symbol = query.get("symbol", [symbol or ""])[0]
        name = url.path.rpartition("/")[2]
        try:
            if name == "depth":
                return (_rest_snapshot(body, received, symbol, query.get("limit")),)
            if name == "exchangeInfo":
                return tuple(_listings(_exchange_info(body), received, multiplier))
            if answers is not None and name in answers:
                return answers[name](body, received)
        except UNREADABLE as error:
            raise DecodeError(f"unreadable answer of {url.path}: {error}", symbol) from error
        return ()

    return decode


def _rest_snapshot(
    body: bytes, received: int, symbol: str, limit: list[str] | None
) -> BookSnapshot:
    if not symbol:
        raise DecodeError("a depth snapshot whose symbol neither the address nor the file names")
    data = _snapshot(body)
    time = None if data.E is None else data.E * MILLISECOND
    asked = limit[0] if limit else ""
    cut = min(int(asked), _MOST_LEVELS) if re.fullmatch(r"[0-9]{1,6}", asked) else None
    return BookSnapshot(symbol, received, time, data.lastUpdateId, data.bids, data.asks, limit=cut)


def _listings(info: _ExchangeInfo, received: int, multiplier: Decimal | None) -> Iterator[Listing]:
    for row in info.symbols:
        steps = {entry.filterType: entry for entry in row.filters}
        size = multiplier if row.contractSize is None else row.contractSize
        if size is None or not {"PRICE_FILTER", "LOT_SIZE"} <= steps.keys():
            continue
        try:
            price = positive(steps["PRICE_FILTER"].tickSize, "tickSize", row.symbol)
            quantity = positive(steps["LOT_SIZE"].stepSize, "stepSize", row.symbol)
        except DecodeError:
            continue  # a filter that is switched off has steps of zero
        yield Listing(
            row.symbol,
            received,
            None,
            row.baseAsset,
            row.quoteAsset,
            price,
            quantity,
            size,
            inverse=row.contractSize is not None,
            trading=row.status == row.contractStatus == "TRADING",
        )


def service(
    routes: tuple[Route, ...],
    kinds: Mapping[Stream, str],
    messages: Rate,
    rest: RestRules,
) -> Service:
    """A service whose streams are `<symbol>@<kind>`, at most 1024 on a connection."""

    def stream_name(symbol: str, stream: Stream) -> str | None:
        return f"{symbol.lower()}@{kinds[stream]}" if stream in kinds else None

    most = min(1024 // len(route.streams) for route in routes)
    rules = SocketRules(100, most, messages, connections=Rate(300, 300))
    return Service(routes, stream_name, _request, rules, rest)


def _request(operation: Operation, names: Sequence[str], number: int) -> Request:
    message = {"method": operation.upper(), "params": names, "id": number}
    return Request(msgspec.json.encode(message).decode(), frozenset({str(number)}))


def depth_request(
    path: str, weights: Sequence[tuple[int, int]]
) -> Callable[[str, int], RestRequest]:
    """Requests of a depth snapshot; `weights` are the limits the service takes and their cost.

    Asked for more levels than the greatest limit, it asks for that.
    """

    def snapshot(symbol: str, levels: int) -> RestRequest:
        limit, weight = next((row for row in weights if row[0] >= levels), weights[-1])
        return RestRequest(f"{path}?symbol={symbol}&limit={limit}", weight, symbol)

    return snapshot
