"""One side of an order book: sorted integer prices and the quantities resting there."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from operator import mul

from exporter.scale import KeyMemo, Memo


class Side:
    """Prices and quantities as scaled integers, the best price last.

    `sign` is +1 for bids and -1 for asks: a level is kept under `key = sign x price`, so that on
    both sides a greater key is a better price and `keys[-1]` is the best.
    """

    __slots__ = ("_keys_of", "_quantities_of", "keys", "known_from", "quantities", "sign")

    def __init__(self, sign: int, price_decimals: int, quantities: Memo) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.quantities: dict[int, int] = {}
        self.known_from: int | None = None
        """The worst key down to which every level is known; None where the whole side is."""
        self._quantities_of = quantities
        self._keys_of = KeyMemo(price_decimals, sign)

    def replace(self, levels: Iterable[Sequence[str]], limit: int | None) -> None:
        """Take a snapshot's levels, which were cut to `limit` (None: not known).

        Raises LevelError for a level that cannot be held, and leaves the side as it was.
        """
        keys_of, quantities_of = self._keys_of, self._quantities_of
        quantities = {keys_of[level[0]]: quantities_of[level[1]] for level in levels}
        kept = {key: quantity for key, quantity in quantities.items() if quantity}
        self.quantities = kept
        self.keys = sorted(kept)
        whole = limit is not None and len(kept) < limit
        self.known_from = None if whole or not kept else self.keys[0]

    def update(self, levels: Iterable[Sequence[str]]) -> None:
        """Set absolute quantities, in the order given; zero removes, also what is not there.

        Raises LevelError for a level that cannot be held; the levels before it are applied, so
        the book is no longer true and its owner must drop it.
        """
        keys, quantities = self.keys, self.quantities
        keys_of, quantities_of = self._keys_of, self._quantities_of
        for level in levels:
            key = keys_of[level[0]]
            quantity = quantities_of[level[1]]
            if quantity:
                if key not in quantities:
                    insort(keys, key)
                quantities[key] = quantity
            elif quantities.pop(key, None) is not None:
                del keys[bisect_left(keys, key)]

    def clear(self) -> None:
        """Forget every level."""
        self.keys = []
        self.quantities = {}
        self.known_from = None

    def price_of(self, text: str) -> int:
        """A price in text as a scaled integer. Raises LevelError."""
        return self.sign * self._keys_of[text]

    def quantity_of(self, text: str) -> int:
        """A quantity in text as a scaled integer. Raises LevelError."""
        return self._quantities_of[text]

    def notionals(self, firsts: Iterable[int]) -> Iterator[int]:
        """Sum of price x quantity at each of these keys or better; the keys must not rise."""
        total = 0
        for keys in self._rings(firsts):
            total += sum(map(mul, keys, map(self.quantities.__getitem__, keys)))
            yield self.sign * total

    def amounts(self, firsts: Iterable[int]) -> Iterator[int]:
        """Sum of quantity at each of these keys or better; the keys must not rise."""
        total = 0
        for keys in self._rings(firsts):
            total += sum(map(self.quantities.__getitem__, keys))
            yield total

    def _rings(self, firsts: Iterable[int]) -> Iterator[Sequence[int]]:
        """The keys between one of `firsts` and the one before it, best first."""
        end = len(self.keys)
        for first in firsts:
            start = bisect_left(self.keys, first, 0, end)
            yield self.keys[start:end]
            end = start

    def best_quantity(self, levels: int) -> int:
        """Sum of the quantities of the best `levels` levels (fewer where there are fewer)."""
        return sum(map(self.quantities.__getitem__, self.keys[-levels:]))
