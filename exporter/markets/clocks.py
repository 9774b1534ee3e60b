"""Two clocks a stream: when it last said anything, and how late what it says arrives."""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence

from exporter.families import Histogram
from exporter.model import NANOSECONDS


class StreamClock:
    """Counts the messages of one stream of a market and remembers when the last one came.

    Latency is exchange time to receive time, never below zero: a negative one is clock skew.
    `bounds` are the histogram's upper bounds in seconds.
    """

    __slots__ = ("_bounds", "_counts", "_limits", "_sum", "bytes", "last", "messages")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.messages = 0
        self.bytes = 0
        self.last: int | None = None
        self._bounds = bounds
        self._limits = [round(bound * NANOSECONDS) for bound in bounds]
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0

    def stamp(self, received: int, size: int, latency: int | None = None) -> None:
        """A message of `size` bytes arrived, `latency` nanoseconds old by two clocks."""
        self.messages += 1
        self.bytes += size
        self.last = received
        if latency is None:
            return
        if latency > 0:
            self._counts[bisect_left(self._limits, latency)] += 1
            self._sum += latency
        else:
            self._counts[0] += 1

    def latency(self) -> Histogram | None:
        """Latencies so far in seconds; None where the stream carries no exchange time."""
        total, cumulative = 0, []
        for count in self._counts:
            total += count
            cumulative.append(total)
        return Histogram(self._bounds, cumulative, self._sum / NANOSECONDS) if total else None


class SkewClock:
    """The least (receive time - exchange time) over the last `window` whole seconds.

    The quickest message took nearly no time, so this is how far the local clock is ahead of the
    exchange's, plus that message's true delay; below zero the local clock is certainly slow.
    """

    __slots__ = ("_least", "_window")

    def __init__(self, window: int) -> None:
        self._window = window
        self._least: deque[tuple[int, int]] = deque()  # (second, offset), offsets rising

    def __len__(self) -> int:
        """How many offsets are remembered: at most one a second of the window."""
        return len(self._least)

    def observe(self, received: int, offset: int) -> None:
        """A message received then was `offset` nanoseconds from its exchange time."""
        least = self._least
        if least and offset >= least[-1][1] and received // NANOSECONDS == least[-1][0]:
            return
        while least and least[-1][1] >= offset:
            least.pop()
        least.append((received // NANOSECONDS, offset))
        self._expire(received)

    def skew(self, now: int) -> int | None:
        """Nanoseconds, over the window that ends now; None where nothing was seen in it."""
        self._expire(now)
        return self._least[0][1] if self._least else None

    def _expire(self, now: int) -> None:
        first = now // NANOSECONDS - self._window
        while self._least and self._least[0][0] <= first:
            self._least.popleft()
