"""Binance's WebSocket services, spot and USD-M: what clients ask for and what they may."""

import re
from asyncio import Transport
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from aiohttp import web

from exporter.simulator import frames
from exporter.simulator.binance_market import BinanceMarket
from exporter.simulator.binance_product import Product
from exporter.simulator.limits import BinanceLimits, Rate
from exporter.simulator.market import Happening, Market
from exporter.simulator.service import Common, Service
from exporter.simulator.session import Session

_POLICY, _AGED = 1008, 1001
_UNKNOWN_PROPERTY, _WRONG_TYPE, _INVALID_REQUEST, _INVALID_JSON = range(4)
_TEXT_ID = re.compile(r"[A-Za-z0-9]{1,36}")


class BinanceSession(Session):
    """A session with its subscriptions, in their order, and the pings not yet answered."""

    def __init__(
        self, number: int, transport: Transport, now: int, messages: Rate, path: str, combined: bool
    ) -> None:
        super().__init__(number, transport, now)
        self.messages = messages
        self.path = path
        self.combined = combined
        self.subscriptions: dict[str, None] = {}
        self.pinged = now
        self.unanswered: dict[bytes, int] = {}


class _RefusedError(Exception):
    """A request that is answered with an error: its code and message."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


class BinanceService(Service[BinanceSession]):
    """One of Binance's services.

    A stream of an unknown symbol or on the wrong path is acknowledged and stays silent.
    """

    def __init__(
        self, product: Product, common: Common, limits: BinanceLimits, markets: Iterable[Market]
    ) -> None:
        rate = Rate(limits.connections, limits.connection_seconds)
        super().__init__(product.name, common, rate)
        self.product = product
        self.limits = limits
        self._subscribers: dict[str, set[BinanceSession]] = {}
        self.markets = {
            market.symbol.instrument: BinanceMarket(
                market,
                product.messages(market.symbol),
                product.speeds,
                common.situation,
                self._publish,
                self._subscribers,
            )
            for market in markets
            if market.symbol.exchange == self.exchange and market.symbol.kind == product.kind
        }
        self._streams = {stream for market in self.markets.values() for stream in market.streams}

    def routes(self) -> list[web.RouteDef]:
        """The WebSocket paths."""
        return [
            web.get(f"/{self.name}{path}/{end}", self.connect)
            for path in self.product.paths
            for end in ("stream", "ws", "ws/{streams:.+}")
        ]

    def tick(self, happenings: Mapping[tuple[str, str], Sequence[Happening]]) -> None:
        """Send what has happened and what is due."""
        for instrument, market in self.markets.items():
            market.take(happenings.get((self.exchange, instrument), ()))
            market.tick()

    def settle(self) -> None:
        """Send all changes that are pending."""
        for market in self.markets.values():
            market.settle()

    def welcome(self, request: web.Request, number: int, transport: Transport) -> BinanceSession:
        """Subscribes to the streams that the address names."""
        path, _, end = request.path.removeprefix(f"/{self.name}").partition("/ws")
        combined = path.endswith("/stream")
        path = path.removesuffix("/stream")
        session = BinanceSession(
            number, transport, self.now, Rate(self.limits.messages, 1), path, combined
        )
        named = end.strip("/") or request.query.get("streams", "")
        try:
            self._subscribe(session, [name for name in named.split("/") if name])
        except _RefusedError as error:
            session.close(_POLICY, str(error), self.now)
        return session

    def admits(self, session: BinanceSession) -> bool:
        """Everything that the client sends counts; beyond the limit it is disconnected."""
        if session.messages.admit(self.now):
            return True
        self.blame("message rate", f"more than {self.limits.messages} messages in a second")
        session.close(_POLICY, "Too many requests", self.now)
        return False

    def ponged(self, session: BinanceSession, payload: bytes) -> None:
        """Only a pong with the payload of a ping is an answer."""
        if payload in session.unanswered:
            session.unanswered.clear()

    def keep_alive(self, session: BinanceSession) -> None:
        """Pings by the clock; who does not answer in time is closed, and who is too old."""
        now, limits = self.now, self.limits
        waiting = now - next(iter(session.unanswered.values()), now)
        if waiting >= 1000 * limits.pong_seconds:
            self.blame("pong", f"no pong within {limits.pong_seconds} s")
            session.close(_POLICY, "Pong timeout", now)
        elif now - session.opened >= 1000 * limits.age_seconds:
            session.close(_AGED, "connection expired", now)
        elif now - session.pinged >= 1000 * limits.ping_seconds:
            session.pinged = now
            payload = str(now).encode()
            session.unanswered[payload] = now
            session.send(frames.ping(payload), now)

    def announce(self, session: BinanceSession) -> None:
        """`serverShutdown`"""
        self._tell(session, "!serverShutdown", f'{{"e":"serverShutdown","E":{self.now}}}')

    def farewell(self, session: BinanceSession) -> None:
        """Its streams are no longer wanted."""
        self._unsubscribe(session, list(session.subscriptions))

    def listen(self, session: BinanceSession, text: str) -> None:
        """SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY and GET_PROPERTY."""
        answer: dict[str, object]
        number: object = None
        try:
            request = _decode(text)
            number = self._id(request)
            answer = {"result": self._obey(session, request)}
        except _RefusedError as error:
            answer = {"code": error.code, "msg": str(error)}
            answer = {"error": answer} if self.product.nested else answer
        self.send(session, msgspec.json.encode({**answer, "id": number}).decode())

    def _id(self, request: dict[str, object]) -> int | str | None:
        number = request.get("id")
        if number is None or (isinstance(number, int) and not isinstance(number, bool)):
            return number
        if isinstance(number, str) and self.product.text_ids and _TEXT_ID.fullmatch(number):
            return number
        raise _RefusedError(_INVALID_REQUEST, "Invalid request: request ID is of a wrong type")

    def _obey(self, session: BinanceSession, request: dict[str, object]) -> object:
        method, params = request.get("method"), request.get("params", [])
        if method == "LIST_SUBSCRIPTIONS":
            return list(session.subscriptions)
        if not isinstance(params, list):
            raise _RefusedError(_INVALID_REQUEST, "Invalid request: params must be an array")
        if method in {"SET_PROPERTY", "GET_PROPERTY"}:
            return _property(session, params)
        if method not in {"SUBSCRIBE", "UNSUBSCRIBE"}:
            raise _RefusedError(_INVALID_REQUEST, "Invalid request: unknown method")
        names = [name for name in params if isinstance(name, str) and name]
        if not names or len(names) != len(params):
            raise _RefusedError(_INVALID_REQUEST, "Invalid request: params must be stream names")
        if method == "SUBSCRIBE":
            self._subscribe(session, names)
        else:
            self._unsubscribe(session, names)
        return None

    def _subscribe(self, session: BinanceSession, names: Sequence[str]) -> None:
        most = self.limits.streams
        if len(session.subscriptions.keys() | set(names)) > most:
            self.blame("streams", f"more than {most} streams on a connection")
            raise _RefusedError(_INVALID_REQUEST, f"Invalid request: more than {most} streams")
        kinds = self.product.paths[session.path]
        for name in names:
            session.subscriptions[name] = None
            if name in self._streams and (kinds is None or name.partition("@")[2] in kinds):
                self._subscribers.setdefault(name, set()).add(session)

    def _unsubscribe(self, session: BinanceSession, names: Iterable[str]) -> None:
        for name in names:
            session.subscriptions.pop(name, None)
            subscribers = self._subscribers.get(name, set())
            subscribers.discard(session)
            if not subscribers:
                self._subscribers.pop(name, None)

    def _publish(self, stream: str, payload: str) -> None:
        subscribers = self._subscribers.get(stream, ())
        combined = [session for session in subscribers if session.combined]
        if combined:
            self.send_all(combined, _wrapped(stream, payload))
        if len(combined) < len(subscribers):
            self.send_all((one for one in subscribers if not one.combined), payload)

    def _tell(self, session: BinanceSession, stream: str, payload: str) -> None:
        self.send(session, _wrapped(stream, payload) if session.combined else payload)


def _wrapped(stream: str, payload: str) -> str:
    return f'{{"stream":"{stream}","data":{payload}}}'


def _decode(text: str) -> dict[str, object]:
    try:
        request = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise _RefusedError(_INVALID_JSON, f"Invalid JSON: {error}") from error
    if not isinstance(request, dict):
        raise _RefusedError(_INVALID_REQUEST, "Invalid request: not an object")
    return request


def _property(session: BinanceSession, params: Sequence[object]) -> object:
    """The one property is `combined`: whether payloads come in an envelope with their stream."""
    name, *value = params or [None]
    if name != "combined":
        raise _RefusedError(_UNKNOWN_PROPERTY, "Unknown property")
    if not value:
        return session.combined
    if not isinstance(value[0], bool):
        raise _RefusedError(_WRONG_TYPE, "Invalid value type: expected Boolean")
    session.combined = value[0]
    return None
