"""One side of an order book: sorted integer prices and the quantities resting there."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from operator import mul

from exporter.errors import QuantityError
from exporter.scale import Memo, scaled


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
        self._keys_of = Memo(lambda text: sign * _price(text, price_decimals))

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

    def notional_from(self, key: int) -> int:
        """Sum of price x quantity over the levels at `key` or better."""
        keys = self.keys[bisect_left(self.keys, key) :]
        total: int = sum(map(mul, keys, map(self.quantities.__getitem__, keys)))
        return self.sign * total

    def quantity_from(self, key: int) -> int:
        """Sum of the quantities at `key` or better."""
        keys = self.keys[bisect_left(self.keys, key) :]
        return sum(map(self.quantities.__getitem__, keys))

    def best_quantity(self, levels: int) -> int:
        """Sum of the quantities of the best `levels` levels (fewer where there are fewer)."""
        return sum(map(self.quantities.__getitem__, self.keys[-levels:]))


def _price(text: str, decimals: int) -> int:
    price = scaled(text, decimals)
    if not price:
        raise QuantityError(f"a price of zero: {text[:40]!r}")
    return price
