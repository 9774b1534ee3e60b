"""One simulated market with all that moves it: its fair price, its crowd, what it refers to."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random

from exporter.simulator.crowd import Crowd
from exporter.simulator.effects import CALM, Strain
from exporter.simulator.fair import FairPrice, Offset
from exporter.simulator.incidents import Incident
from exporter.simulator.market import FUNDING_INTERVAL, Market
from exporter.simulator.reference import Funding, Mark, next_funding
from exporter.simulator.shape import shape_of
from exporter.simulator.symbols import Symbol

_OFFSET_MOVES_A_CHANGE = 0.025
_DEVIATION_BPS = {"PERP": 0.3, "SPOT": 0.2}
_PREMIUMS_BPS = (0.5, 1.5)
_FINE = Decimal("1e-8")


class Desk:
    """Moves one market in slices of `seconds`, at about `rate` book changes a second.

    `ids` are the numbers of its changes; `astray` as in `Strain`.
    """

    def __init__(
        self,
        symbol: Symbol,
        coin: FairPrice,
        ids: Iterator[int],
        rate: float,
        seconds: float,
        astray: bool,
        rng: Random,
    ) -> None:
        self.symbol = symbol
        self.market = Market(symbol, ids)
        self._coin = coin
        self._seconds = seconds
        self._tick = float(symbol.tick)
        self._effects = CALM
        premium = rng.uniform(*_PREMIUMS_BPS) if symbol.kind == "PERP" else 0.0
        pace = rate * _OFFSET_MOVES_A_CHANGE
        self._offset = Offset(premium, _DEVIATION_BPS[symbol.kind], pace, seconds, rng)
        shape = shape_of(symbol)
        self._strain = Strain(symbol, shape.reference_spread, astray)
        self._fair = self._fair_ticks()
        self._crowd = Crowd(self.market, shape, self._fair, rate, seconds, rng)
        self._mark, self._funding = Mark(), Funding()
        self._reference_step = _FINE if symbol.exchange == "binance" else symbol.tick

    def act(self, now: int, incidents: Sequence[Incident], moved: bool) -> None:
        """One slice of time; `moved` says that the coin's worth has changed in it."""
        effects = self._strain.read(now, incidents, self._seconds)
        moved |= self._offset.move()
        if moved or effects is not self._effects:
            self._effects = effects
            self._fair = self._fair_ticks()
        self._crowd.act(now, self._fair, effects)

    def mid(self) -> Decimal:
        """Between best bid and best ask, in quote currency."""
        market = self.market
        return (market.bid_side.best() + market.ask_side.best()) * self.symbol.tick / 2

    def refer(self, now: int, index: Decimal, sample: bool) -> None:
        """Renew what a perpetual refers to; `sample` at whole seconds, for the averages."""
        market, step = self.market, self._reference_step
        if sample:
            mid = self.mid()
            self._mark.sample(mid, index)
            self._funding.sample(mid, index)
        market.index = index.quantize(step)
        market.funding_rate = rate = self._funding.rate()
        market.next_funding = next_funding(now)
        left = Decimal(market.next_funding - now) / FUNDING_INTERVAL
        mark = self._mark.price(index, market.last * self.symbol.tick, rate, left)
        away = Decimal(self._effects.mark) / 10_000
        market.mark = (mark * (1 + away)).quantize(step)

    def _fair_ticks(self) -> float:
        effects = self._effects
        factor = (1 + (self._offset.bps + effects.shift) / 10_000) * effects.scale
        return self._coin.price * factor / self._tick
