"""What every WebSocket service of a simulated exchange shares: sessions, limits, incidents."""

from abc import ABC, abstractmethod
from asyncio import Transport
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aiohttp import WSMessage, WSMsgType, web

from exporter.simulator import frames
from exporter.simulator.faults import NOTICES, ConnectionFaults
from exporter.simulator.incidents import Incident
from exporter.simulator.limits import Rate, Violations
from exporter.simulator.maintenance import Announcements
from exporter.simulator.session import Session
from exporter.simulator.situation import Situation

_ENDED = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})
_CLOSE_SECONDS = 2
_NORMAL, _GOING_AWAY = 1000, 1001


@dataclass(frozen=True)
class Common:
    """What all services of a simulation have in common; `sent` counts messages by service.

    A session with more than `backlog` bytes unread is cut.
    """

    situation: Situation
    backlog: int
    violations: Violations = field(default_factory=Violations)
    sent: Counter[str] = field(default_factory=Counter)
    announcements: Announcements = field(default_factory=Announcements)


S = TypeVar("S", bound=Session)


class Service(ABC, Generic[S]):
    """One service: `name` is like `binance/spot`, and its paths begin with `/binance/spot`.

    A subclass says what a client's text means, how connections are kept alive, and how a shutdown
    is announced.
    """

    longest_message = 4 << 20
    """Bytes of a client's message beyond which the connection is closed with 1009."""

    def __init__(self, name: str, common: Common, connections: Rate) -> None:
        self.name = name
        self.exchange = name.partition("/")[0]
        self.situation = common.situation
        self.sessions: set[S] = set()
        self._common = common
        self._connections = connections
        self._opened = 0
        self._faults = ConnectionFaults(common.situation, self.exchange)

    @property
    def now(self) -> int:
        """The time on the wire, in ms."""
        return self.situation.now

    @abstractmethod
    def welcome(self, request: web.Request, number: int, transport: Transport) -> S:
        """The session of a connection just made."""

    @abstractmethod
    def admits(self, session: S) -> bool:
        """Whether one more frame of the client, of any kind, is within the limits."""

    @abstractmethod
    def listen(self, session: S, text: str) -> None:
        """Answer a text message of the client."""

    @abstractmethod
    def ponged(self, session: S, payload: bytes) -> None:
        """The client sent a pong."""

    @abstractmethod
    def keep_alive(self, session: S) -> None:
        """Ping the session, or close it, if it is time to."""

    @abstractmethod
    def announce(self, session: S) -> None:
        """Tell the session that it will soon be closed."""

    @abstractmethod
    def farewell(self, session: S) -> None:
        """The session is over."""

    def blame(self, rule: str, sentence: str) -> None:
        """A client broke a rule."""
        self._common.violations.add(self.name, rule, sentence)

    def send(self, session: S, payload: str) -> None:
        """Have a text message sent to one session."""
        self.send_all((session,), payload)

    def send_all(self, sessions: Iterable[S], payload: str) -> None:
        """Have one text message sent to some sessions; it is encoded once."""
        frame, now = frames.text(payload.encode()), self.now
        for session in sessions:
            session.send(frame, now)
            self._common.sent[self.name] += 1

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Take a WebSocket connection and serve it to its end."""
        if self._faults.refused:
            return web.Response(status=503, text="Service Unavailable")
        if not self._connections.admit(self.now):
            self.blame("connection rate", "too many new connections")
            return web.Response(status=429, text="Too Many Requests")
        socket = web.WebSocketResponse(
            timeout=_CLOSE_SECONDS,
            autoclose=False,
            autoping=False,
            compress=False,
            max_msg_size=self.longest_message,
        )
        await socket.prepare(request)
        if request.transport is not None:
            await self._serve(request, request.transport, socket)
        return socket

    def oversee(self) -> None:
        """Bring about what is due: incidents, pings, closes. To be called some times a second."""
        for incident in self._faults.begun():
            self._begin(incident)
        for session in list(self.sessions):
            self._attend(session)

    def flush(self) -> None:
        """Write out what waits for all sessions; one that does not read is cut."""
        for session in self.sessions:
            session.flush()
            if session.unread > self._common.backlog:
                self.blame("slow reader", f"more than {self._common.backlog} bytes are unread")
                session.cut()

    def end(self) -> list[S]:
        """Close all sessions; those that do not read remain, to be cut."""
        sessions = list(self.sessions)
        for session in sessions:
            session.close(_GOING_AWAY, "going away", self.now)
            session.end()
        return sessions

    async def _serve(
        self, request: web.Request, transport: Transport, socket: web.WebSocketResponse
    ) -> None:
        self._opened += 1
        session = self.welcome(request, self._opened, transport)
        self.sessions.add(session)
        try:
            await self._converse(session, socket)
        finally:
            self.sessions.discard(session)
            self.farewell(session)
            session.close(_NORMAL, "", self.now)
            session.end()

    async def _converse(self, session: S, socket: web.WebSocketResponse) -> None:
        while True:
            message = await socket.receive()
            if session.dead is not None:
                await session.over.wait()
            if session.over.is_set() or message.type in _ENDED:
                return
            if session.open:
                self._hear(session, message)

    def _hear(self, session: S, message: WSMessage) -> None:
        if not self.admits(session):
            return
        if message.type is WSMsgType.PING:
            session.send(frames.pong(bytes(message.data)), self.now)
        elif message.type is WSMsgType.PONG:
            self.ponged(session, bytes(message.data))
        elif message.type is WSMsgType.TEXT:
            session.heard = self.now
            self.listen(session, message.data)
        session.flush()

    def _begin(self, incident: Incident) -> None:
        notice = round(1000 * incident.size * NOTICES[self.exchange])
        for session in [session for session in self.sessions if session.open]:
            if incident.kind.name == "disconnect":
                session.cut()
            elif incident.kind.name == "half-open":
                session.kill(incident.number)
            else:
                self.announce(session)
                session.close_at = self.now + notice

    def _attend(self, session: S) -> None:
        if session.gone:
            session.over.set()
        elif session.dead is not None:
            if self._faults.over(session.dead):
                session.cut()
        elif session.closing_since is not None:
            if self.now - session.closing_since > 1000 * _CLOSE_SECONDS:
                session.cut()
        elif session.close_at is not None and self.now >= session.close_at:
            session.close(_GOING_AWAY, "service upgrade", self.now)
        else:
            self.keep_alive(session)
