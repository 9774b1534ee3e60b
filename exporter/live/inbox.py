"""The bounded queue between sockets and pipeline.

Sockets put frames with the time at which they came; one pump takes them out in that order, a slice
at a time, so that scrapes and keepalives get their turn. When it is full, frames are dropped and
counted; the sequence of each book shows what is missing, and the book is fetched anew.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from exporter import clock
from exporter.feeds.feed import Feed
from exporter.model import Notice
from exporter.pipeline import Pipeline

_TICK = 0.1
"""Seconds after which time moves on although nothing came."""


class Source(Protocol):
    """Where frames come from."""

    @property
    def feed(self) -> Feed:
        """Whose frames they are."""

    def told(self, notice: Notice) -> None:
        """Hear what a frame said about the connection."""


class _Arrival(NamedTuple):
    source: Source
    frame: bytes
    received: int


class Inbox:
    """Frames that wait for the pipeline, at most `limit` of them."""

    def __init__(self, pipeline: Pipeline, limit: int) -> None:
        self._pipeline = pipeline
        self._limit = limit
        self._waiting: deque[_Arrival | Callable[[], None]] = deque()
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """How many frames wait."""
        return len(self._waiting)

    def put(self, source: Source, frame: bytes, received: int) -> None:
        """A frame came; it is dropped, and counted as such, where too many wait."""
        if len(self._waiting) >= self._limit:
            self._pipeline.drop(source.feed)
            return
        self._waiting.append(_Arrival(source, frame, received))
        self._filled.set()

    def then(self, action: Callable[[], None]) -> None:
        """Do this once all that came before has been processed."""
        self._waiting.append(action)
        self._filled.set()

    async def pump(self) -> None:
        """Feed the pipeline, for ever."""
        while True:
            self._drain()
            if self._waiting:
                await asyncio.sleep(0)
                continue
            self._filled.clear()
            self._pipeline.advance(clock.now())
            try:
                async with asyncio.timeout(_TICK):
                    await self._filled.wait()
            except TimeoutError:
                continue

    def _drain(self) -> None:
        """Process what waits, for one slice of time."""
        pipeline, waiting = self._pipeline, self._waiting
        end = clock.monotonic() + clock.SLICE
        while waiting and clock.monotonic() < end:
            item = waiting.popleft()
            if not isinstance(item, _Arrival):
                item()
                continue
            source, frame, received = item
            for notice in pipeline.ingest(source.feed, frame, received):
                source.told(notice)
