"""What the book of a market usually looks like: how many levels where, and how much rests there.

Within a distance d of mid there are levels x (d / reach)^0.75 levels a side: dense near the touch,
thinner behind. What rests at a level grows with the distance.
"""

from dataclasses import dataclass
from math import exp
from random import Random

from exporter.simulator.symbols import Symbol

_LEVELS = 600
_REACH_BPS = 35.0
_BAND_BPS = 10.0
_DENSITY = 0.75
_FEWEST_TICKS = 20.0
EVENLY, LIVELY = 1.0, 2.0
"""How orders are placed: as levels lie, or nearer: orders come and go quicker near the touch."""
_DEPTH = {
    "BTC": {"PERP": 8_000_000, "SPOT": 5_600_000},
    "ETH": {"PERP": 3_200_000, "SPOT": 2_400_000},
}
_OTHER_DEPTH = {"PERP": 1_600_000, "SPOT": 1_200_000}
_SHARE = {"binance": 1.0, "okx": 0.95}
_SPREAD_BPS = {"BTC": 0.8, "ETH": 1.5}
_OTHER_SPREAD_BPS = 3.0


@dataclass(frozen=True, slots=True)
class Shape:
    """The usual book of one market.

    `levels` a side within `reach` ticks of mid; `lots` is the mean quantity of a level and `spread`
    how much single ones differ from it (the sigma of a log-normal). `reference_spread` is bps.
    """

    levels: int
    reach: float
    lots: float
    spread: float
    reference_spread: float

    def room(self, near: float) -> float:
        """How many levels a side has when there are none within `near` ticks of mid."""
        return self.levels * (1 - self._within(near))

    def distance(self, rng: Random, near: float, how: float) -> float:
        """Where an order is placed, `EVENLY` or `LIVELY`: ticks from mid, not within `near`."""
        start = self._within(near)
        share: float = start + (1 - start) * rng.random() ** how
        return self.reach * float(share ** (1 / _DENSITY))

    def rank(self, rng: Random, count: int) -> int:
        """Which of `count` levels an order is taken from; 0 is the best, and near ones lead."""
        return int(count * rng.random() ** LIVELY)

    def quantity(self, rng: Random, distance: float, share: float) -> int:
        """Lots for a level so many ticks from mid, times `share`; at least one."""
        weight = 0.5 + min(distance / self.reach * _REACH_BPS / _BAND_BPS, 2.5)
        skew = exp(rng.gauss(0, self.spread) - self.spread**2 / 2)
        return max(1, round(self.lots * weight * skew * share))

    def _within(self, distance: float) -> float:
        return float(min(0.9, (max(distance, 0.0) / self.reach) ** _DENSITY))


def shape_of(symbol: Symbol) -> Shape:
    """The usual book of a market: as deep as its coin and kind ask for, on its own steps."""
    reach = max(_FEWEST_TICKS, float(symbol.start / symbol.tick) * _REACH_BPS / 10_000)
    levels = min(_LEVELS, int(0.95 * reach))
    near = levels * (_BAND_BPS / _REACH_BPS) ** _DENSITY  # levels of a side within 10 bps
    depth = _DEPTH.get(symbol.base, _OTHER_DEPTH)[symbol.kind] * _SHARE.get(symbol.exchange, 1.0)
    worth = float(symbol.start * symbol.lot * symbol.multiplier)
    mean_weight = 0.5 + _DENSITY / (1 + _DENSITY)
    spread = min(0.7, 0.05 * (2 * near) ** 0.5)  # the band as a whole stays steady
    return Shape(
        levels,
        reach,
        depth / (2 * near * mean_weight) / worth,
        spread,
        _SPREAD_BPS.get(symbol.base, _OTHER_SPREAD_BPS),
    )
