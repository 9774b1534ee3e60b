"""When something that did not help may be tried again: pure."""

from collections.abc import Hashable
from random import Random

from exporter.live.backoff import Backoff
from exporter.model import NANOSECONDS

_CALM = NANOSECONDS
"""A shorter time without a need is the time between two looks, not calm."""


class Patience:
    """For each of many things, when it may be tried next: at once, then ever more rarely.

    A thing that has needed nothing for as long as its last wait, and a second at least, starts
    anew. Waits run from `first` to `limit` seconds.
    """

    def __init__(self, first: float, limit: float, random: Random) -> None:
        self._first = round(first * NANOSECONDS)
        self._limit = round(limit * NANOSECONDS)
        self._random = random
        self._waits: dict[Hashable, Backoff] = {}
        self._next: dict[Hashable, int] = {}
        self._last: dict[Hashable, int] = {}

    def ready(self, thing: Hashable, now: int) -> bool:
        """Whether it may be tried now; if so, that counts as a try."""
        due = self._next.get(thing, 0)
        if now < due:
            return False
        if now - due > max(due - self._last.get(thing, 0), _CALM):
            self._waits.pop(thing, None)
        wait = self._waits.setdefault(thing, Backoff(self._first, self._limit, self._random))
        self._last[thing] = now
        self._next[thing] = now + wait.next()
        return True

    def tried(self, thing: Hashable, now: int) -> None:
        """The try that was made is over: its wait begins now."""
        wait = self._next[thing] - self._last[thing]
        self._last[thing], self._next[thing] = now, now + wait

    def put_off(self, thing: Hashable, until: int) -> None:
        """It may not be tried before then."""
        self._next[thing] = max(self._next.get(thing, 0), until)
