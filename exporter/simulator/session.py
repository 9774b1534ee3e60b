"""One WebSocket session of a simulated exchange, below what its exchange makes of it."""

from asyncio import Event, Transport
from zlib import crc32

from exporter.simulator import frames


class Session:
    """A client's connection; times are those on the wire, in ms.

    What is sent waits until `flush`, which writes it in one piece. What the client does not read
    then waits in the transport.
    """

    def __init__(self, number: int, transport: Transport, now: int) -> None:
        self.id = f"{crc32(number.to_bytes(8)):08x}"
        """Eight hexadecimal digits, as OKX has them."""
        self.opened = self.heard = self.spoken = now
        """When it was opened, when a text came from the client, when a frame was sent to it."""
        self.dead: int | None = None
        """The number of the incident since which nothing passes, as if the cable were cut."""
        self.close_at: int | None = None
        """When it will be closed, as announced."""
        self.closing_since: int | None = None
        self.over = Event()
        """Set once there is nothing left of the connection."""
        self._transport = transport
        self._waiting: list[bytes] = []

    @property
    def open(self) -> bool:
        """Whether anything can be sent."""
        return self.closing_since is None and self.dead is None

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""
        return self._transport.is_closing()

    @property
    def unread(self) -> int:
        """Bytes that were written and did not leave, because the client does not read."""
        return self._transport.get_write_buffer_size()

    def send(self, frame: bytes, now: int) -> None:
        """Have a frame sent at the next flush."""
        if self.open:
            self.spoken = now
            self._waiting.append(frame)

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            if not self.gone:
                self._transport.write(b"".join(waiting))

    def close(self, code: int, reason: str, now: int) -> None:
        """Send what waits and a close frame; nothing is sent after it."""
        if self.open:
            self.send(frames.close(code, reason), now)
            self.flush()
            self.closing_since = now

    def kill(self, incident: int) -> None:
        """Send and answer nothing from now on; the socket stays open."""
        self.dead = incident
        self._waiting = []

    def cut(self) -> None:
        """End the connection at once, without a word."""
        self._transport.abort()
        self.over.set()

    def end(self) -> None:
        """End the connection once what was written has been read."""
        self._transport.close()
        self.over.set()
