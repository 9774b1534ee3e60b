"""Imbalance of the best levels: which side holds more, by quantity.

ratio = sum of bid quantity / sum of ask quantity over the best n levels; 1 is balance
normalised = (B - A) / (B + A), from -1 (all ask) to 1 (all bid)
"""

from collections.abc import Iterator
from fractions import Fraction

from exporter.config.features import Features
from exporter.families import Family, Reading
from exporter.markets.market import Market
from exporter.metrics.metric import MARKET, MarketMetric
from exporter.scale import unit

_LEVELS = (*MARKET, "levels")
_QUANTITY = Family(
    "market_top_quantity",
    "gauge",
    (*MARKET, "side", "levels"),
    "",
    "Quantity resting on the best levels of a side, in the exchange's size unit (contracts where "
    "it sends contracts).",
)
_RATIO = Family(
    "market_imbalance_ratio",
    "gauge",
    _LEVELS,
    "ratio",
    "Bid quantity over ask quantity of the best levels; 1 is balance.",
)
_NORMALIZED = Family(
    "market_imbalance_normalized",
    "gauge",
    _LEVELS,
    "",
    "(bid - ask) / (bid + ask) quantity of the best levels, from -1 to 1.",
)


class Imbalance(MarketMetric):
    """Imbalance of one market over the configured numbers of levels."""

    families = (_QUANTITY, _RATIO, _NORMALIZED)
    switch = "imbalance"

    def __init__(self, market: Market, features: Features) -> None:
        super().__init__(market, features)
        self._series = [
            (
                levels,
                _QUANTITY.series(*market.id, "bid", str(levels)),
                _QUANTITY.series(*market.id, "ask", str(levels)),
                _RATIO.series(*market.id, str(levels)),
                _NORMALIZED.series(*market.id, str(levels)),
            )
            for levels in features.imbalance.levels
        ]

    def readings(self, now: int) -> Iterator[Reading]:
        if self.market.top(now) is None:
            return
        book = self.market.sync.book
        one = unit(book.quantity_decimals)
        for levels, bid_series, ask_series, ratio, normalized in self._series:
            quantities = book.quantities(levels)
            if quantities is None:
                continue  # worse levels than the snapshot reached: others may lie between
            bid, ask = quantities
            yield bid_series, Fraction(bid, one)
            yield ask_series, Fraction(ask, one)
            yield ratio, Fraction(bid, ask)
            yield normalized, Fraction(bid - ask, bid + ask)
