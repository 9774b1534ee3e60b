"""All simulated markets together: prices, books and references move in small slices of time.

A slice is 20 ms, so what happens does not depend on how often the world is asked. Each coin and
each market has random numbers of its own: an incident in one market changes nothing in those that
it does not concern, but for the ids that all USD-M symbols share.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count
from random import Random

from exporter.simulator.desk import Desk
from exporter.simulator.fair import FairPrice
from exporter.simulator.incidents import Incidents
from exporter.simulator.market import Happening, Market
from exporter.simulator.reference import Index
from exporter.simulator.symbols import Symbol

SLICE = 20
_SECONDS = SLICE / 1000
_REFERENCES_EVERY = 200
_SAMPLES_EVERY = 1000
_MOVES_A_CHANGE = 0.075
_FIRST_USDM_ID = 11_671_659_683_000
_FIRST_IDS = (1_000_000_000, 90_000_000_000)
_USDM_JUMP = 60
_OKX_JUMP = 30
_INDEX_STEP = Decimal("1e-8")


class World:
    """The markets of some symbols, from `start` (ms) on; the same seed makes the same world.

    `rate` is how many book changes a second each market has on average; trades and moves of the
    prices come in proportion to it. `markets` are by (exchange, instrument), `indices` by pair.
    """

    def __init__(self, symbols: Sequence[Symbol], seed: int, start: int, rate: float = 20) -> None:
        self.incidents = Incidents()
        self._now = start
        seeds = _generator(seed)
        starts = {symbol.base: float(symbol.start) for symbol in symbols}
        self._coins = {
            base: FairPrice(price, rate * _MOVES_A_CHANGE, _SECONDS, _generator(_seed(seeds)))
            for base, price in starts.items()
        }
        self._desks = self._open(symbols, rate, seeds)
        self.markets: Mapping[tuple[str, str], Market] = {
            (desk.symbol.exchange, desk.symbol.instrument): desk.market for desk in self._desks
        }
        pairs = {symbol.pair: self._coins[symbol.base] for symbol in symbols}
        self._pairs = {name: _Pair(name, coin, self._desks) for name, coin in pairs.items()}
        self.indices: dict[str, Decimal] = {}
        self._refer(start, sample=True)

    def step(self, now: int) -> Mapping[tuple[str, str], Sequence[Happening]]:
        """What happened in each market from the last step to now, in order; maybe nothing."""
        while self._now + SLICE <= now:
            self._slice(self._now + SLICE)
        return {key: market.told() for key, market in self.markets.items()}

    def _open(self, symbols: Sequence[Symbol], rate: float, seeds: Random) -> list[Desk]:
        usdm = _rising(_FIRST_USDM_ID, _USDM_JUMP, _generator(_seed(seeds)))
        astray = max((symbol.exchange for symbol in symbols), default="")
        desks = []
        for symbol in symbols:
            own = usdm if _shares_ids(symbol) else _ids(symbol, _generator(_seed(seeds)))
            rng = _generator(_seed(seeds))
            coin = self._coins[symbol.base]
            desks.append(Desk(symbol, coin, own, rate, _SECONDS, symbol.exchange == astray, rng))
        return desks

    def _slice(self, now: int) -> None:
        before, self._now = self._now, now
        moved = {base for base, coin in self._coins.items() if coin.move()}
        incidents = self.incidents.under_way(now)
        for desk in self._desks:
            desk.act(now, incidents, desk.symbol.base in moved)
        if now // _REFERENCES_EVERY != before // _REFERENCES_EVERY:
            self._refer(now, sample=now // _SAMPLES_EVERY != before // _SAMPLES_EVERY)

    def _refer(self, now: int, sample: bool) -> None:
        for name, pair in self._pairs.items():
            self.indices[name] = pair.refer(now, sample)


class _Pair:
    """The markets of a pair: the spot ones make its index, which the perpetuals follow."""

    def __init__(self, name: str, coin: FairPrice, desks: Sequence[Desk]) -> None:
        mine = [desk for desk in desks if desk.symbol.pair == name]
        self._coin = coin
        self._spots = [desk for desk in mine if desk.symbol.kind == "SPOT"]
        self._perpetuals = [desk for desk in mine if desk.symbol.kind == "PERP"]
        self._index = Index(coin.price)

    def refer(self, now: int, sample: bool) -> Decimal:
        """Renew the index, then what the perpetuals refer to; the index price."""
        self._index.update([float(desk.mid()) for desk in self._spots], self._coin.price)
        price = Decimal(self._index.price).quantize(_INDEX_STEP)
        for desk in self._perpetuals:
            desk.refer(now, price, sample)
        return price


def _generator(seed: int) -> Random:
    return Random(seed)  # noqa: S311  a simulation keeps no secrets


def _seed(rng: Random) -> int:
    return rng.getrandbits(64)


def _shares_ids(symbol: Symbol) -> bool:
    """Whether its changes are numbered together with those of other symbols."""
    return (symbol.exchange, symbol.kind) == ("binance", "PERP")


def _ids(symbol: Symbol, rng: Random) -> Iterator[int]:
    """Numbers for the changes of a symbol that has its own: one after the other, or rising."""
    first = rng.randint(*_FIRST_IDS)
    return count(first) if symbol.exchange == "binance" else _rising(first, _OKX_JUMP, rng)


def _rising(number: int, jump: int, rng: Random) -> Iterator[int]:
    while True:
        yield number
        number += rng.randint(1, jump)
