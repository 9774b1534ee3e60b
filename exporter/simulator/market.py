"""One market as its exchange sees it: the book, the ids of its changes, and what happened.

Nothing here decides anything: the crowd trades and quotes, the market keeps the books and tells.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from exporter.simulator.side import Side
from exporter.simulator.symbols import Symbol

FUNDING_INTERVAL = 8 * 3_600_000
EARLIER_TRADES = 5_000_000_000
"""Ids of trades are beyond 32 bits, as they are on the exchanges."""


@dataclass(frozen=True, slots=True)
class Change:
    """A level has this quantity from now on; `lots` 0 removes it. `number` is the change id."""

    number: int
    bid: bool
    ticks: int
    lots: int


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade at `at` (ms); its number rises by one a trade of the market."""

    number: int
    at: int
    ticks: int
    lots: int
    buyer_initiated: bool


@dataclass(frozen=True, slots=True)
class Best:
    """The best bid and ask after change `number`, at `at` (ms)."""

    number: int
    at: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


Happening = Change | Trade | Best


class Market:
    """A market with its book; what happened waits until it is `told`.

    `bids` and `asks` map ticks to lots, `last` is the last trade's price in ticks, `number` the id
    of the last change, `changes` how many there were. The prices that a perpetual follows are None
    for spot; `next_funding` and `funding_interval` are ms.
    """

    def __init__(self, symbol: Symbol, ids: Iterator[int]) -> None:
        self.symbol = symbol
        self.number = next(ids)
        self.changes = 0
        self.last = 0
        self.mark: Decimal | None = None
        self.index: Decimal | None = None
        self.funding_rate: Decimal | None = None
        self.next_funding: int | None = None
        self.funding_interval = FUNDING_INTERVAL
        self.bid_side, self.ask_side = Side(1), Side(-1)
        self.bids, self.asks = self.bid_side.lots, self.ask_side.lots
        self._ids = ids
        self._trades = EARLIER_TRADES
        self._happened: list[Happening] = []

    def best(self) -> tuple[int, int] | None:
        """Best bid and ask in ticks; None where a side is empty."""
        if not (self.bids and self.asks):
            return None
        return self.bid_side.best(), self.ask_side.best()

    def side(self, bid: bool) -> Side:
        """The bids or the asks."""
        return self.bid_side if bid else self.ask_side

    def put(self, bid: bool, ticks: int, lots: int, at: int) -> None:
        """This quantity rests there from now on; nothing happens where it did already."""
        side = self.side(bid)
        if side.lots.get(ticks, 0) == lots:
            return
        touches = not side.keys or side.sign * ticks >= side.keys[-1]
        side.put(ticks, lots)
        self.number = next(self._ids)
        self.changes += 1
        self._happened.append(Change(self.number, bid, ticks, lots))
        if touches and self.bids and self.asks:
            self._happened.append(self._touch(at))

    def take(self, buyer: bool, lots: int, at: int) -> None:
        """A taker order takes so much, or what there is, from the best price of the other side."""
        side = self.side(not buyer)
        ticks = side.best()
        rest = side.lots[ticks]
        taken = min(lots, rest)
        self._trades += 1
        self.last = ticks
        self._happened.append(Trade(self._trades, at, ticks, taken, buyer))
        self.put(not buyer, ticks, rest - taken, at)

    def told(self) -> Sequence[Happening]:
        """What happened since this was last asked, in order."""
        happened, self._happened = self._happened, []
        return happened

    def _touch(self, at: int) -> Best:
        bid, ask = self.bid_side.best(), self.ask_side.best()
        return Best(self.number, at, bid, self.bids[bid], ask, self.asks[ask])
