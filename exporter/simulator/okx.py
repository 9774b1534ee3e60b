"""OKX's public WebSocket service: what clients ask for and what they may."""

from asyncio import Transport
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

import msgspec
from aiohttp import web
from msgspec import Struct

from exporter.simulator.limits import OkxLimits, Rate
from exporter.simulator.market import Happening
from exporter.simulator.okx_index import OkxIndex
from exporter.simulator.okx_market import Key, OkxMarket
from exporter.simulator.service import Common, Service
from exporter.simulator.session import Session
from exporter.simulator.world import World

_SILENT = 4004
_INVALID_REQUEST, _TOO_OFTEN, _UNKNOWN = "60012", "60014", "60018"
_NO_CHANNEL = (
    "Subscribe failed, wrong URL or {} doesn't exist. Please use the correct URL, channel and "
    "parameters referring to API document."
)
_NOTICE = "The connection will soon be closed for a service upgrade. Please reconnect."


class _Request(Struct):
    """`{"id":"1512","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}`"""

    op: Literal["subscribe", "unsubscribe"]
    args: list[dict[str, str]]
    id: str | None = None


class _Numbered(Struct):
    id: str | None = None


_request = msgspec.json.Decoder(_Request).decode


class OkxSession(Session):
    """A session with its subscriptions; `unserved` books have not had their snapshot yet."""

    def __init__(self, number: int, transport: Transport, now: int, requests: Rate) -> None:
        super().__init__(number, transport, now)
        self.requests = requests
        self.subscriptions: set[Key] = set()
        self.unserved: set[Key] = set()


class OkxService(Service[OkxSession]):
    """The public service. What has no channel or no such instrument is refused with 60018."""

    def __init__(self, common: Common, limits: OkxLimits, world: World) -> None:
        rate = Rate(limits.connections, limits.connection_seconds)
        super().__init__("okx/public", common, rate)
        self.limits = limits
        self.longest_message = limits.request_bytes
        self._subscribers: dict[Key, set[OkxSession]] = {}
        heartbeat = round(1000 * limits.heartbeat_seconds)
        situation = common.situation
        self.markets = {
            market.symbol.instrument: OkxMarket(
                market, heartbeat, situation, self._publish, self._subscribers
            )
            for market in world.markets.values()
            if market.symbol.exchange == self.exchange
        }
        self.indices = {
            pair: OkxIndex(pair, world.indices, situation, self._publish, self._subscribers)
            for pair in world.indices
        }
        self._first: dict[Key, Callable[[], str | None]] = {
            key: partial(market.first, key[0])
            for market in self.markets.values()
            for key in market.keys
        }
        self._first |= {index.key: index.first for index in self.indices.values()}

    def routes(self) -> list[web.RouteDef]:
        """The WebSocket path."""
        return [web.get(f"/{self.name}/ws/v5/public", self.connect)]

    def tick(self, happenings: Mapping[tuple[str, str], Sequence[Happening]]) -> None:
        """Send what has happened and what is due."""
        self._serve_late()
        for instrument, market in self.markets.items():
            market.take(happenings.get((self.exchange, instrument), ()))
            market.tick()
        for index in self.indices.values():
            index.tick()

    def settle(self) -> None:
        """Send all changes that are pending."""
        for market in self.markets.values():
            market.settle()

    def welcome(self, request: web.Request, number: int, transport: Transport) -> OkxSession:
        """A session without subscriptions."""
        requests = Rate(self.limits.requests, self.limits.request_seconds)
        return OkxSession(number, transport, self.now, requests)

    def admits(self, session: OkxSession) -> bool:
        """Only requests are counted, not frames."""
        return True

    def ponged(self, session: OkxSession, payload: bytes) -> None:
        """The server never pings."""

    def keep_alive(self, session: OkxSession) -> None:
        """Who neither asks nor is sent anything for too long is closed."""
        silence = self.now - max(session.heard, session.spoken)
        if silence >= 1000 * self.limits.silence_seconds:
            self.blame("silence", f"nothing sent or asked for {self.limits.silence_seconds} s")
            session.close(_SILENT, "No data received in 30s.", self.now)

    def announce(self, session: OkxSession) -> None:
        """Notice 64008."""
        answer = {"event": "notice", "code": "64008", "msg": _NOTICE, "connId": session.id}
        self.send(session, msgspec.json.encode(answer).decode())

    def farewell(self, session: OkxSession) -> None:
        """Its channels are no longer wanted."""
        for key in list(session.subscriptions):
            self._unsubscribe(session, key)

    def listen(self, session: OkxSession, text: str) -> None:
        """`ping`, or a request to subscribe or unsubscribe: one answer for each argument."""
        if text == "ping":
            self.send(session, "pong")
            return
        try:
            request = _request(text)
        except msgspec.DecodeError:
            self._refuse(session, _number_of(text), _INVALID_REQUEST, f"Invalid request: {text}")
            return
        if not session.requests.admit(self.now):
            self.blame("request rate", f"more than {self.limits.requests} requests on a connection")
            self._refuse(session, request.id, _TOO_OFTEN, "Requests too frequent")
            return
        for argument in request.args:
            self._obey(session, request, argument)

    def _obey(self, session: OkxSession, request: _Request, argument: dict[str, str]) -> None:
        key = (argument.get("channel", ""), argument.get("instId", ""))
        if key not in self._first:
            named = ",".join(f"{name}:{value}" for name, value in argument.items())
            self._refuse(session, request.id, _UNKNOWN, _NO_CHANNEL.format(named))
            return
        answer = {"event": request.op, "arg": argument, "connId": session.id}
        self._answer(session, request.id, answer)
        if request.op == "subscribe":
            self._subscribe(session, key)
        else:
            self._unsubscribe(session, key)

    def _subscribe(self, session: OkxSession, key: Key) -> None:
        session.subscriptions.add(key)
        self._subscribers.setdefault(key, set()).add(session)
        first = self._first[key]()
        if first is not None:
            self.send(session, first)
        elif key[0] == "books":
            session.unserved.add(key)

    def _unsubscribe(self, session: OkxSession, key: Key) -> None:
        session.subscriptions.discard(key)
        session.unserved.discard(key)
        subscribers = self._subscribers.get(key, set())
        subscribers.discard(session)
        if not subscribers:
            self._subscribers.pop(key, None)

    def _serve_late(self) -> None:
        """Send the snapshots that could not be sent at once."""
        for session in self.sessions:
            for key in list(session.unserved):
                first = self._first[key]()
                if first is not None:
                    session.unserved.discard(key)
                    self.send(session, first)

    def _publish(self, key: Key, payload: str) -> None:
        self.send_all(self._subscribers.get(key, ()), payload)

    def _refuse(self, session: OkxSession, number: str | None, code: str, text: str) -> None:
        answer = {"event": "error", "code": code, "msg": text, "connId": session.id}
        self._answer(session, number, answer)

    def _answer(
        self, session: OkxSession, number: str | None, answer: Mapping[str, object]
    ) -> None:
        named = answer if number is None else {"id": number, **answer}
        self.send(session, msgspec.json.encode(named).decode())


def _number_of(text: str) -> str | None:
    """The id of what is otherwise no request; None where it has none."""
    try:
        return msgspec.json.decode(text, type=_Numbered).id
    except msgspec.DecodeError:
        return None
