"""Keeps one planned connection up: reconnects with backoff, replaces a socket before it is cut."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from exporter import clock
from exporter.feeds.feed import Operation
from exporter.live.backoff import Backoff
from exporter.live.holding import Holding
from exporter.live.means import Means
from exporter.live.pacing import admission
from exporter.live.plan import Plan
from exporter.live.socket import End, Socket, UnreachableError, Why, dial
from exporter.model import NANOSECONDS

_RENEWAL_SPREAD = 1.5 / 22
"""What is added to the age of renewal at most, as a share of it: 1.5 h of 22."""


class Connection:
    """One plan, connected for as long as `run` runs.

    `socket` is the one whose frames count now, None while there is none; `down_since` is when the
    last one was lost (Unix ns), None while there is one.
    """

    def __init__(self, plan: Plan, means: Means) -> None:
        self.plan = plan
        self.socket: Socket | None = None
        self.down_since: int | None = clock.now()
        self._means = means
        self._settings = settings = means.settings
        self._holding: Holding | None = None
        self._backoff = Backoff(
            round(settings.backoff_first_seconds * NANOSECONDS),
            round(settings.backoff_limit_seconds * NANOSECONDS),
            means.random,
        )

    async def run(self) -> None:
        """Connect, stay connected, and connect again, for ever."""
        try:
            while True:
                self._means.report.lost(self.plan, await self._once())
                await asyncio.sleep(self._backoff.next() / NANOSECONDS)
        finally:
            sockets = self._sockets()
            if (used := self.socket) is not None:
                self._lose(used)
            for socket in sockets:
                await socket.close()

    def leave(self, symbols: Collection[str], work: asyncio.TaskGroup) -> None:
        """These symbols are no longer wanted; the others go on. `work` unsubscribes them."""
        if not symbols:
            return
        before = self.plan
        kept = tuple(symbol for symbol in before.symbols if symbol not in symbols)
        self.plan = plan = replace(before, symbols=kept)
        needed = set(plan.names(kept, plan.streams))
        left = [n for n in before.names(before.symbols, before.streams) if n not in needed]
        for socket in self._sockets() if kept else ():
            work.create_task(socket.ask(Operation.UNSUBSCRIBE, left))

    def _sockets(self) -> list[Socket]:
        """Those that are open: the one in use, and the one that is to replace it."""
        held = None if self._holding is None else self._holding.socket
        return [socket for socket in (self.socket, held) if socket is not None]

    async def _once(self) -> End:
        """One socket, and those that replace it: how the last ended, or why none was had."""
        try:
            socket = await self._open()
        except UnreachableError as error:
            return End(Why.UNREACHABLE, str(error))
        self._use(socket)
        while (successor := await self._successor(socket)) is not None:
            await self._change(socket, successor)
            socket = successor
        self._lose(socket)
        await socket.close()
        return await socket.ended

    async def _open(self) -> Socket:
        """A new socket, within the number that one address may open. Raises UnreachableError."""
        await admission(self._means.address)
        wire = await dial(self.plan, self._settings, self._means.session)
        return Socket(self.plan, self._settings, wire, self._deliver)

    def _use(self, socket: Socket) -> None:
        self.socket, self.down_since = socket, None
        socket.start()
        self._means.report.connected(self.plan)

    def _lose(self, socket: Socket) -> None:
        """There is no socket any more: what it carried is unknown, after all that it brought."""
        plan, pipeline, now = self.plan, self._means.pipeline, clock.now()
        self.socket, self.down_since = None, now
        self._means.report.closed(plan)
        if now - socket.opened >= self._settings.healthy_after_seconds * NANOSECONDS:
            self._backoff.reset()
        self._means.inbox.then(
            lambda: pipeline.disconnect(plan.feed, plan.symbols, plan.streams, now)
        )

    async def _successor(self, socket: Socket) -> Socket | None:
        """Wait until this socket must be replaced, and for the one to replace it.

        None where it ended before.
        """
        hours = float(self._settings.renew_after_hours)
        until = hours * (1 + self._means.random.uniform(0, _RENEWAL_SPREAD)) * 3600
        await _first(socket.ended, socket.leaving, timeout=until)
        while not socket.ended.done():
            successor = await self._prepared(socket)
            if successor is not None:
                return successor
            await _first(socket.ended, timeout=self._backoff.next() / NANOSECONDS)
        return None

    async def _prepared(self, socket: Socket) -> Socket | None:
        """A new socket whose streams all speak; None where there was none to be had."""
        try:
            successor = await self._open()
        except UnreachableError:
            return None
        holding = self._holding = Holding(successor)
        successor.start()
        await _first(
            holding.ready,
            successor.ended,
            socket.ended,
            timeout=float(self._settings.answer_timeout_seconds),
        )
        if successor.settled.is_set() and not successor.ended.done():
            return successor
        self._holding = None
        await successor.close()
        return None

    async def _change(self, socket: Socket, successor: Socket) -> None:
        """From now on the successor's frames count; those held so far come first."""
        plan, means, holding = self.plan, self._means, self._holding
        self.socket, self.down_since, self._holding = successor, None, None
        means.inbox.then(lambda: means.pipeline.rejoin(plan.feed, plan.symbols, plan.streams))
        if holding is not None:
            for frame, received in holding.frames:
                means.inbox.put(successor, frame, received)
        means.report.replaced(plan)
        await socket.close()

    def _deliver(self, socket: Socket, frame: bytes, received: int) -> None:
        if socket is self.socket:
            self._means.inbox.put(socket, frame, received)
        elif self._holding is not None and self._holding.socket is socket:
            self._holding.take(frame, received)


async def _first(*events: "asyncio.Future[Any]", timeout: float) -> None:  # noqa: ASYNC109
    """Wait until one of these is done, or for so many seconds."""
    await asyncio.wait(events, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
