"""The metrics, one explicit line each. Adding one is a file beside this and a line here."""

from exporter.metrics.basis import Basis
from exporter.metrics.cross_exchange import CrossExchange
from exporter.metrics.depth import Depth
from exporter.metrics.feed import FeedState
from exporter.metrics.funding import Funding
from exporter.metrics.imbalance import Imbalance
from exporter.metrics.mark import Mark
from exporter.metrics.metric import InstrumentMetric, MarketMetric
from exporter.metrics.spread import Spread

MARKET_METRICS: tuple[type[MarketMetric], ...] = (
    Spread,
    Depth,
    Imbalance,
    Basis,
    Mark,
    Funding,
    FeedState,
)
"""Metrics of one market."""

INSTRUMENT_METRICS: tuple[type[InstrumentMetric], ...] = (CrossExchange,)
"""Metrics of one instrument over all exchanges that list it."""
