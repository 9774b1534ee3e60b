"""One market's order book in exact integers: top of book, levels, depth within a band of mid."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from exporter.book.side import Side
from exporter.model import BookSnapshot, BookUpdate, PriceLevel
from exporter.scale import DECIMALS, Memo, unscaled


class Top(NamedTuple):
    """Best bid and ask and what rests there, as the book's scaled integers."""

    bid: int
    bid_quantity: int
    ask: int
    ask_quantity: int

    @property
    def crossed(self) -> bool:
        """Best bid above best ask: no market can look like that, so nothing is derived from it."""
        return self.bid > self.ask

    @property
    def locked(self) -> bool:
        """Best bid equal to best ask: a spread of zero."""
        return self.bid == self.ask


class Band(NamedTuple):
    """A band of prices on one side: all levels of `side` at the key `first` or better.

    `complete` says that the whole band lies where the book is known; otherwise what rests in it
    is a lower bound.
    """

    side: Side
    first: int
    complete: bool


class OrderBook:
    """Bids and asks, rebuilt from snapshots and updates.

    Prices are integers scaled by 10^`price_decimals`, quantities by 10^`quantity_decimals`.
    `bounded` is the number of levels that the exchange keeps complete for its clients, None for a
    difference stream over a snapshot. There the known range is what the snapshot covered,
    whatever levels differences bring later from outside it.
    """

    def __init__(
        self,
        bounded: int | None = None,
        price_decimals: int = DECIMALS,
        quantity_decimals: int = DECIMALS,
    ) -> None:
        self.price_decimals = price_decimals
        self.quantity_decimals = quantity_decimals
        self._bounded = bounded
        memo = Memo(quantity_decimals)
        self.bids = Side(1, price_decimals, memo)
        self.asks = Side(-1, price_decimals, memo)

    def replace(self, snapshot: BookSnapshot) -> None:
        """Become the snapshot. Raises LevelError for a level that cannot be held exactly."""
        limit = snapshot.limit if self._bounded is None else self._bounded
        self.bids.replace(snapshot.bids, limit)
        self.asks.replace(snapshot.asks, limit)

    def update(self, update: BookUpdate) -> None:
        """Apply changed levels. Raises LevelError; the book is then no longer true."""
        self.bids.update(update.bids)
        self.asks.update(update.asks)

    def clear(self) -> None:
        """Forget every level."""
        self.bids.clear()
        self.asks.clear()

    def top(self) -> Top | None:
        """Best bid and ask; None where a side is empty."""
        bids, asks = self.bids, self.asks
        if not bids.keys or not asks.keys:
            return None
        bid, ask = bids.keys[-1], asks.keys[-1]
        return Top(bid, bids.quantities[bid], -ask, asks.quantities[ask])

    def reads(self, quote: Sequence[str]) -> Top:
        """A quote `(bid, bid quantity, ask, ask quantity)` in text, in the scale of this book.

        Raises LevelError where it is no number of that scale.
        """
        bid, bid_quantity, ask, ask_quantity = quote
        price, quantity = self.bids.price_of, self.bids.quantity_of
        return Top(
            price(bid), quantity(bid_quantity), self.asks.price_of(ask), quantity(ask_quantity)
        )

    def levels(self, side: Side, count: int) -> Iterator[PriceLevel]:
        """The best `count` levels of a side, best first, as decimal numbers."""
        for key in reversed(side.keys[-count:]):
            yield PriceLevel(
                unscaled(side.sign * key, self.price_decimals),
                unscaled(side.quantities[key], self.quantity_decimals),
            )

    def band(self, side: Side, reference: Fraction, bps: Fraction) -> Band:
        """The levels with |price - reference| <= bps of reference, boundary included.

        `reference` is a price in the book's scale (mid, or the side's own best price).
        """
        parts = 10_000 * bps.denominator
        edge = side.sign * reference.numerator * (parts - side.sign * bps.numerator)
        scale = reference.denominator * parts  # the band ends at the key edge / scale
        worst = self._known_from(side)
        return Band(side, -(-edge // scale), worst is None or edge >= worst * scale)

    def quantities(self, levels: int) -> tuple[int, int] | None:
        """Bid and ask quantity of the best `levels` levels; None where not all are known."""
        if not (self._knows(self.bids, levels) and self._knows(self.asks, levels)):
            return None
        return self.bids.best_quantity(levels), self.asks.best_quantity(levels)

    def _knows(self, side: Side, levels: int) -> bool:
        """Whether the best `levels` levels (all, where there are fewer) are certainly the best."""
        worst = self._known_from(side)
        return worst is None or (len(side.keys) >= levels and side.keys[-levels] >= worst)

    def _known_from(self, side: Side) -> int | None:
        """The worst key down to which every level is known; None where all of them are."""
        if self._bounded is None:
            return side.known_from
        return side.keys[0] if len(side.keys) >= self._bounded else None


def mid(top: Top) -> Fraction:
    """(bid + ask) / 2, in the book's price scale."""
    return Fraction(top.bid + top.ask, 2)
