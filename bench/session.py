"""A made session: two recordings of BTCUSDT that no exchange ever sent, on USD-M and on spot.

Everything is drawn from one seeded generator, so the same seed gives the same bytes. One fair price
wanders; on each market trades follow it and orders refill the book behind them, the perpetual a few
dollars of basis away. The frames have the shape and the id rules of Binance's streams:

- depth every 100 ms, with `pu` and ids far apart on USD-M, `U` = previous `u` + 1 on spot
- a bookTicker for every change of the top, with the id of that change (no event time on spot)
- aggTrade, and on USD-M mark price, index and funding every second
- one REST snapshot of 1,000 levels a side, in the place where it would have arrived
"""

import gzip
import math
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec

from exporter.model import MILLISECOND, NANOSECONDS

START = 1_790_553_000 * NANOSECONDS
"""When the made sessions begin, in Unix time."""

_ZERO = START // MILLISECOND
_FUNDING = START // NANOSECONDS // 28_800 * 28_800_000 + 28_800_000
_STEP, _DEPTH_EVERY, _SNAPSHOT_AT, _MARK_EVERY = 10, 100, 350, 1000  # milliseconds
_LEVELS, _LIMIT = 1200, 1000
_FAIR = 61_800.0
_BID, _ASK = 1, -1


def write(folder: Path, seconds: int, seed: int) -> tuple[Path, Path]:
    """Write `usdm__btcusdt.gz` and `spot__btcusdt.gz` (times in ns); returns their paths."""
    random = Random(seed)  # noqa: S311 - made prices, no secret
    perp, spot = _Exchange(_USDM, random), _Exchange(_SPOT, random)
    fair, basis = _FAIR, 0.0
    for now in range(_STEP, seconds * 1000 + 1, _STEP):
        fair += random.gauss(0, 0.2)
        basis += random.gauss(0, 0.05) - basis / 2000
        perp.step(now, fair + basis)
        spot.step(now, fair)
        if now % _MARK_EVERY == 0:
            perp.mark(now, fair + basis / 2, fair)
    paths = folder / "usdm__btcusdt.gz", folder / "spot__btcusdt.gz"
    for path, exchange in zip(paths, (perp, spot), strict=True):
        path.write_bytes(gzip.compress(b"".join(exchange.lines), 6, mtime=0))
    return paths


@dataclass(frozen=True)
class _Kind:
    """What differs: ticks and lots a unit, padding of the text, ticks between resting orders."""

    ticks: int
    lots: int
    price_decimals: int
    size_decimals: int
    grid: int
    id_gap: int
    futures: bool


_USDM = _Kind(10, 1000, 2, 3, 1, 200, futures=True)
_SPOT = _Kind(100, 100_000, 8, 8, 10, 1, futures=False)


class _Exchange:
    """One market's book and what its streams say of it.

    A side keeps lots by key = side x tick, so that on both sides the greatest key is the best.
    """

    def __init__(self, kind: _Kind, random: Random) -> None:
        self._kind = kind
        self._random = random
        self.lines: list[bytes] = []
        self._received = START
        self._id = self._last = random.randrange(10**10, 10**11)
        self._first: int | None = None
        self._trades = random.randrange(10**9)
        self._lots: dict[int, dict[int, int]] = {_BID: {}, _ASK: {}}
        self._best: dict[int, int] = {}
        self._changed: dict[int, dict[int, int]] = {_BID: {}, _ASK: {}}
        middle = round(_FAIR * kind.ticks) // kind.grid * kind.grid
        for side, first in ((_BID, middle), (_ASK, -middle - kind.grid)):
            self._best[side] = first
            for key in range(first, first - _LEVELS * kind.grid, -kind.grid):
                self._lots[side][key] = self._size()

    def step(self, now: int, fair: float) -> None:
        """What happens in one step: orders away from the top, trades, orders at the top."""
        random, ticks = self._random, fair * self._kind.ticks
        for _ in range(random.randrange(10)):
            self._rest(random.choice((_BID, _ASK)))
        for side in (_BID, _ASK):  # whoever trades with orders that the fair price has reached
            while self._best[side] > side * ticks + self._kind.grid:
                self._trade(now, side, self._lots[side][self._best[side]])
        if random.random() < 0.2:
            side = random.choice((_BID, _ASK))
            self._trade(now, side, min(self._size(), self._lots[side][self._best[side]]))
        for side in (_BID, _ASK):
            key = min(math.floor(side * ticks), -self._best[-side] - 1)
            if random.random() < 0.5 and key >= self._best[side]:
                self._set(now, side, key, self._size())
        if now % _DEPTH_EVERY == 0:
            self._depth(now)
        if now == _SNAPSHOT_AT:
            self._snapshot(now)

    def mark(self, now: int, mark: float, index: float) -> None:
        """Mark price, index and funding."""
        data = {"p": f"{mark:.8f}", "i": f"{index:.8f}", "r": "0.00008000", "T": _FUNDING}
        self._send(now, "markPrice@1s", {"e": "markPriceUpdate", **self._stamp(now), **data})

    def _size(self) -> int:
        return 1 + int(self._random.expovariate(1) ** 2 * self._kind.lots / 4)

    def _rest(self, side: int) -> None:
        """Someone places, changes or withdraws an order behind the best."""
        distance = 1 + int(self._random.expovariate(1 / 60))
        key = (self._best[side] // self._kind.grid - distance) * self._kind.grid
        gone = key in self._lots[side] and self._random.random() < 0.4
        self._set(0, side, key, 0 if gone else self._size())

    def _trade(self, now: int, side: int, lots: int) -> None:
        """Someone takes `lots` from the best order of `side`."""
        key = self._best[side]
        price, quantity = self._level(side, key, lots)
        self._set(now, side, key, self._lots[side][key] - lots)
        self._trades += 1
        data = {"a": self._trades, "p": price, "q": quantity, "f": self._trades, "l": self._trades}
        data |= {"T": _ZERO + now, "m": side == _BID}
        self._send(now, "aggTrade", {"e": "aggTrade", **self._stamp(now), **data})

    def _set(self, now: int, side: int, key: int, lots: int) -> None:
        """A level changes; where it is the best, a bookTicker says so."""
        self._id += self._random.randint(1, self._kind.id_gap)
        self._first = self._first or self._id
        self._changed[side][key] = lots
        levels = self._lots[side]
        levels[key] = lots
        if not lots:
            del levels[key]
        if key < self._best[side]:
            return
        while key not in levels:
            key -= 1
        self._best[side] = key
        (bid, bids), (ask, asks) = (
            self._level(side, self._best[side], levels[self._best[side]])
            for side, levels in self._lots.items()
        )
        quote = {"u": self._id, "s": "BTCUSDT", "b": bid, "B": bids, "a": ask, "A": asks}
        if self._kind.futures:
            quote = {"e": "bookTicker", **quote, "T": _ZERO + now, **self._stamp(now)}
        self._send(now, "bookTicker", quote)

    def _depth(self, now: int) -> None:
        ids = {"U": self._first or self._id, "u": self._id}
        if self._kind.futures:
            ids = {"T": _ZERO + now, **ids, "pu": self._last}
        bids, asks = (self._levels(side, lots) for side, lots in self._changed.items())
        self._changed = {_BID: {}, _ASK: {}}
        self._last, self._first = self._id, None
        data = {"e": "depthUpdate", **self._stamp(now), **ids, "b": bids, "a": asks}
        self._send(now, "depth@100ms", data)

    def _snapshot(self, now: int) -> None:
        bids, asks = (self._levels(side, lots)[:_LIMIT] for side, lots in self._lots.items())
        stamp = {"E": _ZERO + now, "T": _ZERO + now} if self._kind.futures else {}
        self._receive(now, {"lastUpdateId": self._id, **stamp, "bids": bids, "asks": asks})

    def _send(self, now: int, stream: str, data: object) -> None:
        self._receive(now, {"stream": f"btcusdt@{stream}", "data": data})

    def _receive(self, now: int, message: object) -> None:
        """A line: some milliseconds on the way, in the order sent."""
        delay = 3 * MILLISECOND + int(self._random.expovariate(1 / 4) * MILLISECOND)
        self._received = max(self._received + 1000, START + now * MILLISECOND + delay)
        self.lines.append(b"%d %s\n" % (self._received, msgspec.json.encode(message)))

    def _stamp(self, now: int) -> dict[str, object]:
        return {"E": _ZERO + now, "s": "BTCUSDT"}

    def _levels(self, side: int, lots: dict[int, int]) -> list[tuple[str, str]]:
        return [self._level(side, key, lots[key]) for key in sorted(lots, reverse=True)]

    def _level(self, side: int, key: int, lots: int) -> tuple[str, str]:
        kind = self._kind
        price = _text(side * key, kind.ticks, kind.price_decimals)
        return price, _text(lots, kind.lots, kind.size_decimals)


def _text(value: int, unit: int, decimals: int) -> str:
    """`value` / `unit` in exactly so many decimals."""
    return f"{value // unit}.{value % unit * 10**decimals // unit:0{decimals}d}"
