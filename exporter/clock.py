"""The only reader of time. Everything else is told what time it is."""

import time

SLICE = 5_000_000
"""Nanoseconds that one piece of work may hold the event loop before others get their turn."""


class WallClock:
    """Unix time that never goes back, whatever is done to the machine's own clock.

    A wall clock that is set forwards is followed at once. One that is set back is waited for: time
    goes on at nine tenths of the monotonic clock's speed until they agree.
    """

    def __init__(self, monotonic: int, wall: int) -> None:
        """Begins at `wall`; both are nanoseconds, read at the same moment."""
        self._monotonic = monotonic
        self._wall = wall

    def read(self, monotonic: int, wall: int) -> int:
        """Unix nanoseconds, never less than before; `monotonic` must never go back."""
        least = self._wall + (monotonic - self._monotonic) * 9 // 10
        if wall < least:
            return least
        self._monotonic = monotonic
        self._wall = wall
        return wall


def monotonic() -> int:
    """Nanoseconds on a clock that never goes back; only differences mean something."""
    return time.monotonic_ns()


def now() -> int:
    """Unix nanoseconds that never go back (see `WallClock`)."""
    wall = time.time_ns()  # read first: a pause before the other reading puts nothing ahead
    return _wall_clock.read(time.monotonic_ns(), wall)


_wall_clock = WallClock(time.monotonic_ns(), time.time_ns())
