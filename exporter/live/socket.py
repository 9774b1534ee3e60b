"""One WebSocket from its opening to its end: subscribes, notices silence, hands on frames.

It ends for one of the reasons of `End` and never comes back; `connection.py` makes the next one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType

from exporter import clock
from exporter.config.live import Live
from exporter.feeds.feed import Operation
from exporter.live.budget import Budget
from exporter.live.pacing import admission
from exporter.live.plan import Plan
from exporter.live.unreachable import network_error
from exporter.model import NANOSECONDS, Notice, NoticeKind

_LARGEST = 16 * 2**20
_CLOSING = aiohttp.ClientWSTimeout(ws_close=1.0)
Wire = ClientWebSocketResponse[bool]
_OVER = {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}


class Why(StrEnum):
    """Why a socket ended, or was never had."""

    UNREACHABLE = "unreachable"
    """No connection, no handshake, or the exchange's refusal of it."""
    CLOSED = "closed"
    """The exchange closed it, or the way to it broke."""
    SILENT = "silent"
    """No sign of life, not even to a ping."""
    UNANSWERED = "unanswered"
    """No subscription was acknowledged."""
    REPLACED = "replaced"
    """By a newer one, before the exchange would have closed it."""


@dataclass(frozen=True, slots=True)
class End:
    """How a socket ended: the reason, and what is known of it for a person."""

    why: Why
    text: str


class UnreachableError(Exception):
    """No WebSocket could be had; its text says why."""


async def dial(plan: Plan, settings: Live, session: aiohttp.ClientSession) -> Wire:
    """Open a WebSocket for this plan. Raises UnreachableError."""
    try:
        async with asyncio.timeout(float(settings.connect_timeout_seconds)):
            return await session.ws_connect(
                plan.url, autoping=False, max_msg_size=_LARGEST, timeout=_CLOSING, decode_text=False
            )
    except TimeoutError as error:
        raise UnreachableError("no answer in time") from error
    except aiohttp.WSServerHandshakeError as error:
        raise UnreachableError(f"the handshake was answered with {error.status}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise UnreachableError(network_error(error)) from error


class Socket:
    """A WebSocket of one plan. `deliver(socket, frame, received)` gets every frame with text."""

    def __init__(
        self,
        plan: Plan,
        settings: Live,
        wire: Wire,
        deliver: Callable[["Socket", bytes, int], None],
    ) -> None:
        self.plan = plan
        self.feed = plan.feed
        self.opened = clock.now()
        self.acknowledged: int | None = None
        """When the last of the first subscriptions was answered; None before."""
        self.leaving: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the exchange has said that it will close the connection."""
        self.settled = asyncio.Event()
        """Set once all first subscriptions are answered."""
        self.refusals: list[str] = []
        self._settings = settings
        self._deliver = deliver
        self._budget = Budget(plan.service.socket.messages)
        self._unanswered: set[str] = set()
        self._numbers = 0
        self._heard = self.opened
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        """Done when it has ended; raises what a fault of this program raised."""
        self._tasks: list[asyncio.Task[None]] = []
        self._wire = wire
        self._sending = asyncio.Lock()

    def start(self) -> None:
        """Subscribe, read and watch from now on."""
        for work in (self._read(), self._subscribe(), self._watch()):
            task = asyncio.create_task(work)
            task.add_done_callback(self._failed)
            self._tasks.append(task)

    async def close(self) -> None:
        """End it, if it has not ended, and leave nothing behind."""
        self._finish(Why.REPLACED, "no longer wanted")
        for task in self._tasks:
            task.cancel()
        try:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:  # also where who closes it is told to stop
            await self._wire.close()

    async def ask(self, operation: Operation, names: Iterable[str]) -> None:
        """Ask for these streams, or for no more of them, as fast as the exchange allows."""
        for request in self.plan.requests(operation, list(names), self._numbers + 1):
            self._numbers += 1
            await self._send(request.frame)

    def told(self, notice: Notice) -> None:
        """Hear what a frame said about the connection."""
        if notice.kind is NoticeKind.LEAVING:
            if not self.leaving.done():
                self.leaving.set_result(None)
        elif notice.kind is NoticeKind.REFUSED:
            self.refusals.append(notice.text)
            self._answered(notice.key)
        elif notice.kind is NoticeKind.ACKNOWLEDGED:
            self._answered(notice.key)

    def _answered(self, key: str) -> None:
        self._unanswered.discard(key)
        if not self._unanswered and not self.settled.is_set() and self._numbers:
            self._settle()

    def _settle(self) -> None:
        self.acknowledged = clock.now()
        self.settled.set()

    async def _subscribe(self) -> None:
        """Ask for everything; what is not answered in time is left to those who watch streams."""
        plan = self.plan
        names = plan.names(plan.symbols, plan.streams)
        requests = list(plan.requests(Operation.SUBSCRIBE, names, 1))
        self._unanswered = set().union(*(request.answers for request in requests))
        wanted = len(self._unanswered)
        self._numbers = len(requests)
        for request in requests:
            await self._send(request.frame)
        try:
            async with asyncio.timeout(float(self._settings.answer_timeout_seconds)):
                await self.settled.wait()
        except TimeoutError:
            if len(self._unanswered) == wanted:
                self._finish(Why.UNANSWERED, "no subscription was acknowledged")
                return
            self.refusals.append(f"not acknowledged: {', '.join(sorted(self._unanswered)[:5])}")
            self._settle()

    async def _read(self) -> None:
        wire = self._wire
        while True:
            message = await wire.receive()
            self._heard = received = clock.now()
            kind = message.type
            if kind is WSMsgType.TEXT:
                self._deliver(self, message.data, received)
            elif kind is WSMsgType.PING:
                self._budget.spend(received)
                await self._write(wire.pong(message.data))
            elif kind in _OVER:
                text = f"closed with code {wire.close_code} {message.extra or ''}".rstrip()
                self._finish(Why.CLOSED, text)
                return

    async def _watch(self) -> None:
        """Ask for a sign of life where there was none for a while, or where one is always due."""
        rules, settings = self.plan.service.socket, self._settings
        after = round(settings.ping_after_seconds * NANOSECONDS)
        every = (rules.ping_every or 0) * NANOSECONDS
        pinged = self.opened
        while True:
            await asyncio.sleep(after / 10 / NANOSECONDS)
            now = clock.now()
            if every and now - pinged >= every:
                pinged = now
                await self._ping(rules.ping)
            elif now - self._heard >= after:
                await self._ping(rules.ping)
                await asyncio.sleep(float(settings.answer_timeout_seconds))
                if self._heard <= now:
                    silent = (clock.now() - self._heard) / NANOSECONDS
                    self._finish(Why.SILENT, f"silent for {silent:.0f} s, also when pinged")

    async def _ping(self, text: str | None) -> None:
        self._budget.spend(clock.now())
        await self._write(self._wire.ping() if text is None else self._wire.send_str(text))

    async def _send(self, frame: str) -> None:
        async with self._sending:
            await admission(self._budget)
            await self._write(self._wire.send_str(frame))

    async def _write(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except (aiohttp.ClientError, ConnectionError):
            self._finish(Why.CLOSED, "it broke while something was sent")

    def _finish(self, why: Why, text: str) -> None:
        if not self.ended.done():
            self.ended.set_result(End(why, text))

    def _failed(self, task: "asyncio.Task[None]") -> None:
        """A fault of this program is not an end of the connection: let it be seen."""
        if not task.cancelled() and (error := task.exception()) and not self.ended.done():
            self.ended.set_exception(error)
