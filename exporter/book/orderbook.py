"""One market's order book in exact integers: top of book, levels, depth within a band of mid."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from exporter.book.side import Side
from exporter.model import BookSnapshot, BookUpdate, PriceLevel
from exporter.scale import DECIMALS, Memo, scaled, unscaled


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
        memo = Memo(lambda text: scaled(text, quantity_decimals))
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
        edge = reference * (1 - side.sign * bps / 10_000) * side.sign
        first = -(-edge.numerator // edge.denominator)  # the smallest key not beyond the edge
        return Band(side, first, self._known(side, edge))

    def quantities(self, levels: int) -> tuple[int, int]:
        """Bid and ask quantity of the best `levels` levels."""
        return self.bids.best_quantity(levels), self.asks.best_quantity(levels)

    def _known(self, side: Side, edge: Fraction) -> bool:
        if self._bounded is None:
            return side.known_from is None or edge >= side.known_from
        return len(side.keys) < self._bounded or edge >= side.keys[0]


def mid(top: Top) -> Fraction:
    """(bid + ask) / 2, in the book's price scale."""
    return Fraction(top.bid + top.ask, 2)


def same_top(top: Top, quote: Sequence[str], price_decimals: int, quantity_decimals: int) -> bool:
    """Whether a quote `(bid, bid quantity, ask, ask quantity)` in text says the same as `top`.

    Raises LevelError where the quote's text is no number of that scale.
    """
    bid, bid_quantity, ask, ask_quantity = quote
    return top == (
        scaled(bid, price_decimals),
        scaled(bid_quantity, quantity_decimals),
        scaled(ask, price_decimals),
        scaled(ask_quantity, quantity_decimals),
    )
