"""Funding of a perpetual: the running rate, a year of it, when it is due, whether it makes sense.

A rate above zero means that longs pay shorts, which goes with a perpetual above its index. Rate
and basis of opposite sign for long is a sign that one of the prices is wrong.
"""

from collections.abc import Iterator

from exporter.config.features import Features
from exporter.families import Family, Reading
from exporter.markets.market import Market
from exporter.metrics.metric import MARKET, MarketMetric, in_seconds
from exporter.model import NANOSECONDS

_YEAR = 365 * 86_400 * NANOSECONDS

_RATE = Family(
    "market_funding_rate_ratio",
    "gauge",
    MARKET,
    "ratio",
    "Current funding rate for one interval, as a fraction of notional (0.0001 is 1 bp).",
)
_YEARLY = Family(
    "market_funding_annualized_ratio",
    "gauge",
    MARKET,
    "ratio",
    "Funding rate times the intervals of 365 days, not compounded.",
)
_NEXT = Family(
    "market_funding_next_timestamp_seconds",
    "gauge",
    MARKET,
    "seconds",
    "Unix time at which funding is settled next.",
)
_INTERVAL = Family(
    "market_funding_interval_seconds",
    "gauge",
    MARKET,
    "seconds",
    "Length of one funding interval.",
)
_DISAGREES = Family(
    "market_funding_basis_disagreement",
    "gauge",
    MARKET,
    "",
    "1 if funding rate and basis against the index have opposite signs, 0 if not.",
)


class Funding(MarketMetric):
    """Funding of one perpetual."""

    families = (_RATE, _YEARLY, _NEXT, _INTERVAL, _DISAGREES)
    switch = "funding"

    def __init__(self, market: Market, features: Features) -> None:
        super().__init__(market, features)
        self._rate = _RATE.series(*market.id)
        self._yearly = _YEARLY.series(*market.id)
        self._next = _NEXT.series(*market.id)
        self._interval = _INTERVAL.series(*market.id)
        self._disagrees = _DISAGREES.series(*market.id)

    @classmethod
    def applies(cls, market: Market) -> bool:
        return market.spec.kind != "SPOT"

    def readings(self, now: int) -> Iterator[Reading]:
        market = self.market
        rate = market.reference("funding_rate", now)
        if rate is None:
            return
        yield self._rate, rate
        if market.funding_interval is not None:
            yield self._interval, in_seconds(market.funding_interval)
            yield self._yearly, rate * _YEAR / market.funding_interval
        if market.next_funding_time is not None:
            yield self._next, in_seconds(market.next_funding_time)
        perp, index = market.mid(now), market.reference("index", now)
        if perp is not None and index is not None:
            yield self._disagrees, int(rate * (perp - index) < 0)
