"""Books as their streams have told them: what is still to be said, and what was said last."""

from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import NamedTuple

from exporter.simulator.market import Change

Levels = list[tuple[int, int]]
"""Ticks and lots; lots 0 removes."""


class Update(NamedTuple):
    """What a difference stream says at once: ids of its first and last change, id said before."""

    first: int
    last: int
    previous: int
    bids: Levels
    asks: Levels


class Differences:
    """Changes that a difference stream has still to tell; `last` is the id it told last."""

    def __init__(self, last: int) -> None:
        self.last = last
        self._levels: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._first: int | None = None
        self._newest = last
        self._before_newest = last

    def add(self, change: Change) -> None:
        """A change of the book, to be told later."""
        self._levels[change.bid][change.ticks] = change.lots
        if self._first is None:
            self._first = change.number
        self._before_newest, self._newest = self._newest, change.number

    def take(self) -> Update | None:
        """Everything there is to tell."""
        if self._first is None:
            return None
        asks, bids = self._levels
        update = Update(
            self._first, self._newest, self.last, list(bids.items()), list(asks.items())
        )
        self._levels, self._first, self.last = ({}, {}), None, self._newest
        return update

    def take_ids(self) -> Update | None:
        """The ids of all changes but the newest, without levels, which remain to be told.

        The newest stays back so that there is always an id to tell them under.
        """
        if self._first is None or self._first == self._newest:
            return None
        update = Update(self._first, self._before_newest, self.last, [], [])
        self._first, self.last = self._newest, self._before_newest
        return update


class Window:
    """One side of a book of which only the best `most` levels are published."""

    def __init__(self, bid: bool, levels: Mapping[int, int], most: int) -> None:
        self._sign = -1 if bid else 1
        self._most = most
        self._lots = dict(levels)
        self._keys = sorted(self._sign * ticks for ticks in levels)
        best = [self._sign * key for key in self._keys[:most]]
        self.published = {ticks: self._lots[ticks] for ticks in best}
        """Ticks to lots, as subscribers have them."""

    def levels(self, most: int | None = None) -> Levels:
        """The best published levels, best first."""
        ordered = sorted(self.published.items(), key=lambda level: self._sign * level[0])
        return ordered[:most]

    def update(self, changes: Mapping[int, int]) -> Levels:
        """Apply changes (ticks to lots) and publish; the levels that are new or different."""
        edge = self._keys[self._most - 1] if len(self._keys) >= self._most else None
        for ticks, lots in changes.items():
            self._set(ticks, lots)
        rows: Levels = []
        for ticks in (*changes, *self._entering(edge), *self._leaving(edge)):
            self._publish(ticks, rows)
        return rows

    def _set(self, ticks: int, lots: int) -> None:
        key = self._sign * ticks
        if lots and ticks not in self._lots:
            insort(self._keys, key)
        elif not lots and ticks in self._lots:
            del self._keys[bisect_left(self._keys, key)]
        if lots:
            self._lots[ticks] = lots
        else:
            self._lots.pop(ticks, None)

    def _entering(self, edge: int | None) -> list[int]:
        """Levels that were beyond the edge and are among the best now."""
        if edge is None:
            return []
        keys = self._keys[bisect_left(self._keys, edge + 1) : self._most]
        return [self._sign * key for key in keys]

    def _leaving(self, edge: int | None) -> list[int]:
        """Levels that were within the edge and are not among the best now."""
        end = len(self._keys) if edge is None else bisect_left(self._keys, edge + 1)
        return [self._sign * key for key in self._keys[self._most : end]]

    def _publish(self, ticks: int, rows: Levels) -> None:
        key = self._sign * ticks
        inside = bisect_left(self._keys, key) < self._most
        lots = self._lots.get(ticks, 0) if inside else 0
        if lots == self.published.get(ticks, 0):
            return
        rows.append((ticks, lots))
        if lots:
            self.published[ticks] = lots
        else:
            del self.published[ticks]
