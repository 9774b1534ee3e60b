"""How long to wait before trying again."""

from random import Random


class Backoff:
    """Waits that double from `first` to `limit` (nanoseconds), each with chance in it.

    A wait is uniform between the half and the whole of its step, so that what broke together does
    not come back together.
    """

    def __init__(self, first: int, limit: int, random: Random) -> None:
        self._first = min(first, limit)
        self._limit = limit
        self._random = random
        self._step = self._first

    def next(self) -> int:
        """Nanoseconds to wait now; the step after it is twice as long."""
        step = self._step
        self._step = min(2 * step, self._limit)
        return self._random.randint(step // 2, step)

    def reset(self) -> None:
        """It worked: the next wait is the first again."""
        self._step = self._first
