"""Which markets are drilled: of one pair, those that the configuration and the simulator have."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from exporter.config import Config
from exporter.drills.table import Drill
from exporter.errors import ExporterError
from exporter.simulator.symbols import Symbol, symbols

_PAIRS = 24
"""Pairs with the names of real ones; those that follow are made up."""


class Ground(NamedTuple):
    """The markets of the sandbox, by exchange and kind of instrument, and the pairs to simulate."""

    markets: Mapping[tuple[str, str], Symbol]
    pairs: int

    @property
    def instruments(self) -> Mapping[str, Mapping[str, str]]:
        """The symbols of each instrument, by exchange."""
        found: dict[str, dict[str, str]] = {}
        for one in self.markets.values():
            found.setdefault(one.instrument, {})[one.exchange] = one.name
        return found

    def place(self, drill: Drill) -> Symbol:
        """The market of a drill. Raises ExporterError where there is none."""
        market = self.markets.get((drill.exchange, drill.instrument))
        if market is None:
            raise ExporterError(
                f"{drill.kind} needs a {drill.instrument} on {drill.exchange} that both the "
                "configuration and the simulated exchanges have"
            )
        return market


def ground(config: Config) -> Ground:
    """The pair of which most markets are watched. Raises ExporterError where there is none."""
    watched = [symbol for symbol in symbols(_PAIRS) if _is_watched(config, symbol)]
    if not watched:
        raise ExporterError(
            "the configuration watches no market that the simulated exchanges have, such as "
            "BTC-USDT-PERP on binance"
        )
    pairs = [symbol.pair for symbol in watched]
    chosen = max(pairs, key=pairs.count)
    markets = {(one.exchange, one.kind): one for one in watched if one.pair == chosen}
    return Ground(markets, _place_of(chosen, symbols(_PAIRS)))


def _is_watched(config: Config, symbol: Symbol) -> bool:
    exchange = config.exchanges.exchanges.get(symbol.exchange)
    instrument = config.instruments.instruments.get(symbol.instrument)
    if exchange is None or not exchange.enabled or instrument is None:
        return False
    known = instrument.symbols.get(symbol.exchange)
    return known is not None and known.symbol == symbol.name


def _place_of(pair: str, listed: Sequence[Symbol]) -> int:
    """Which pair of the simulator it is, from 1."""
    return list(dict.fromkeys(symbol.pair for symbol in listed)).index(pair) + 1
