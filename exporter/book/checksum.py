"""The levels of a book in their original text, for exchanges that send a checksum of it."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation

from exporter.errors import QuantityError

Texts = Sequence[tuple[str, str]]
_DEPTH = 25


class ChecksumKeeper:
    """Keeps price and quantity text a level and compares the exchange's checksum of the best.

    It stands apart from the book in scaled integers, so that digits are never rebuilt from
    numbers and a checksum can be verified even where the book cannot hold a price exactly.
    """

    def __init__(self, compute: Callable[[Texts, Texts], int]) -> None:
        self._compute = compute
        self._bids: dict[Decimal, tuple[str, str]] = {}
        self._asks: dict[Decimal, tuple[str, str]] = {}

    def replace(self, bids: Iterable[Sequence[str]], asks: Iterable[Sequence[str]]) -> None:
        """Take a snapshot. Raises QuantityError for text that is no number."""
        self._bids, self._asks = {}, {}
        self.update(bids, asks)

    def update(self, bids: Iterable[Sequence[str]], asks: Iterable[Sequence[str]]) -> None:
        """Apply changed levels. Raises QuantityError for text that is no number."""
        _apply(self._bids, bids)
        _apply(self._asks, asks)

    def matches(self, checksum: int) -> bool:
        """Whether the exchange's checksum is that of these levels."""
        best_bids = sorted(self._bids, reverse=True)[:_DEPTH]
        best_asks = sorted(self._asks)[:_DEPTH]
        return checksum == self._compute(
            [self._bids[price] for price in best_bids], [self._asks[price] for price in best_asks]
        )


def _apply(side: dict[Decimal, tuple[str, str]], levels: Iterable[Sequence[str]]) -> None:
    try:
        for level in levels:
            price, quantity = Decimal(level[0]), level[1]
            if Decimal(quantity):
                side[price] = (level[0], quantity)
            else:
                side.pop(price, None)
    except InvalidOperation as error:
        raise QuantityError("a level that is no number") from error
