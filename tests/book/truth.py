"""An exchange that knows the true book at every id, for tests of how one is kept.

Spot's ids follow one another. The ids of futures are shared by all symbols, so most of them change
nothing here, and a snapshot may bear any of them.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import NamedTuple

import pytest

from exporter.book.side import Side
from exporter.book.sync import BookSync
from exporter.feeds import binance_spot, binance_usdm
from exporter.feeds.feed import Feed
from exporter.model import BookSnapshot, BookUpdate, MarketId
from exporter.scale import DECIMALS, unit

MARKET = MarketId("x", "Y")
SPOT, USDM = binance_spot.FEED, binance_usdm.FEED
BOTH = pytest.mark.parametrize("feed", [SPOT, USDM], ids=lambda feed: feed.name)
FIRST = 1000
_DEEPEST = 40
_MID = 100


class Change(NamedTuple):
    """After this id so many lots rest at this price; bids are below 100, asks above."""

    number: int
    price: int
    lots: int


class Exchange:
    """One symbol from `FIRST` on; `last` is its newest id."""

    def __init__(self, feed: Feed, draw: Random, changes: int = 80) -> None:
        self.feed = feed
        self._draw = draw
        steps = [1 if feed is SPOT else draw.randint(1, 6) for _ in range(changes)]
        first = [self._change(FIRST, price) for price in range(_MID - _DEEPEST, _MID + _DEEPEST)]
        later = [
            self._change(number, _MID + draw.randint(-_DEEPEST, _DEEPEST))
            for number in accumulate(steps, initial=FIRST)
        ][1:]
        self._changes = [*first, *later]
        self._numbers = [change.number for change in self._changes]
        self.last = self._numbers[-1]

    def state(self, number: int) -> dict[int, int]:
        """Lots by price after this id."""
        lots = {c.price: c.lots for c in self._changes[: self._after(number)]}
        return {price: size for price, size in lots.items() if size}

    def snapshot(self, number: int, levels: int = 1000) -> BookSnapshot:
        """The best levels of either side after this id."""
        state = self.state(number)
        bids = sorted((price for price in state if price < _MID), reverse=True)[:levels]
        asks = sorted(price for price in state if price > _MID)[:levels]
        bid_rows, ask_rows = ([(str(p), str(state[p])) for p in side] for side in (bids, asks))
        return BookSnapshot("Y", 1, None, number, bid_rows, ask_rows, limit=levels)

    def stream(self, after: int = FIRST) -> Iterator[BookUpdate]:
        """The changes after this id, cut into updates at random."""
        while after < self.last:
            update = self._update(after)
            yield update
            after = update.last_id or 0

    def sync(self) -> BookSync:
        """A book of this symbol that has seen nothing yet."""
        return BookSync(MARKET, self.feed)

    def assert_true(self, sync: BookSync) -> None:
        """What the book says it knows is what the exchange has at its last id."""
        assert sync.live
        assert sync.last_id is not None
        state = self.state(sync.last_id)
        assert known(sync.book.bids) == self._seen(state, sync.book.bids, below=True)
        assert known(sync.book.asks) == self._seen(state, sync.book.asks, below=False)

    def _change(self, number: int, price: int) -> Change:
        price += price == _MID
        return Change(number, price, self._draw.choice((0, 1, 2, 3, 4)))

    def _after(self, number: int) -> int:
        return bisect_right(self._numbers, number)

    def _update(self, previous: int) -> BookUpdate:
        start = self._after(previous)
        part = self._changes[start : start + self._draw.randint(1, 6)]
        first, last = previous + 1, part[-1].number
        if self.feed is USDM:
            first = self._draw.randint(first, part[0].number)
            following = self._numbers[start + len(part) :][:1] or [last + 3]
            last = self._draw.randint(last, following[0] - 1)
        lots = {change.price: change.lots for change in part}
        bids, asks = (
            [(str(p), str(size)) for p, size in lots.items() if (p < _MID) is below]
            for below in (True, False)
        )
        before = previous if self.feed is USDM else None
        return BookUpdate("Y", 2, None, first, last, before, bids, asks)

    def _seen(self, state: dict[int, int], side: Side, *, below: bool) -> dict[int, int]:
        """What a side that knows so much would show of the state."""
        worst = -_MID * 10 * unit(DECIMALS) if side.known_from is None else side.known_from
        return {
            price: lots
            for price, lots in state.items()
            if (price < _MID) is below and side.sign * price * unit(DECIMALS) >= worst
        }


def known(side: Side) -> dict[int, int]:
    """Lots by price of a side, as far as every level is known."""
    worst = side.keys[0] if side.known_from is None and side.keys else side.known_from
    return {
        side.sign * key // unit(DECIMALS): side.quantities[key] // unit(DECIMALS)
        for key in side.keys
        if worst is not None and key >= worst
    }


def snapshot(number: int, *bids: str) -> BookSnapshot:
    """One ask, and a bid of size 1 at each of these prices (99 if there are none)."""
    levels = tuple((price, "1") for price in bids or ("99",))
    return BookSnapshot("Y", 1, None, number, levels, (("101", "1"),))


def update(first: int, last: int, previous: int, size: str = "2", price: str = "99") -> BookUpdate:
    """A bid changes."""
    return BookUpdate("Y", 2, None, first, last, previous, ((price, size),), ())


def live(feed: Feed) -> BookSync:
    """A live book at id 100."""
    sync = BookSync(MARKET, feed)
    sync.snapshot(snapshot(90))
    assert sync.update(update(91, 100, 90))
    return sync


def best_bid(sync: BookSync) -> tuple[float, float]:
    """Price and size."""
    (level,) = sync.book.levels(sync.book.bids, 1)
    return float(level.price), float(level.quantity)


def counted(sync: BookSync) -> int:
    """All updates that are accounted for."""
    return sum(sync.updates.values()) + sync.waiting
