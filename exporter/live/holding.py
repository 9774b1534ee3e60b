"""What the successor of a socket brings before it takes over."""

import asyncio
from collections import deque

from exporter.errors import DecodeError
from exporter.live.socket import Socket
from exporter.model import Notice, Stream

_MOST = 20_000


class Holding:
    """Frames of a socket that is not used yet, the newest `_MOST` of them.

    `ready` is done once all its subscriptions are answered and, where it carries books, every
    symbol has spoken.
    """

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.frames: deque[tuple[bytes, int]] = deque(maxlen=_MOST)
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._silent = set(socket.plan.symbols) if Stream.BOOK in socket.plan.streams else set()

    def take(self, frame: bytes, received: int) -> None:
        """Keep a frame, or hear what it says about the connection."""
        feed = self.socket.feed
        symbol = feed.symbol_of(frame)
        if symbol is None:
            self._hear(frame, received)
        else:
            self._silent.discard(symbol)
            self.frames.append((frame, received))
        if self.socket.settled.is_set() and not self._silent and not self.ready.done():
            self.ready.set_result(None)

    def _hear(self, frame: bytes, received: int) -> None:
        try:
            events = self.socket.feed.decode(frame, received)
        except DecodeError:
            self.frames.append((frame, received))  # counted when its turn comes
            return
        for event in events:
            if isinstance(event, Notice):
                self.socket.told(event)
