"""One instrument on several exchanges: do they agree on its price?

best gap   = 10^4 (highest bid - lowest ask) / middle of the two, over exchanges; above 0 one
             could buy on one and sell on the other
divergence = 10^4 (mid of one - mid of other) / mid of other, once for each unordered pair
deviation  = 100 (mid - median of the others' mids) / that median, from three exchanges up;
             with two there is a difference but nobody to say whose it is
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import combinations

from exporter.config.features import Features
from exporter.families import Family, Reading
from exporter.markets.market import Market
from exporter.metrics.basis import relative_bps
from exporter.metrics.metric import MARKET, InstrumentMetric
from exporter.metrics.sample import LEG_MISSING, Gauge, Sample, missing
from exporter.model import Target
from exporter.signals import SignalKey

_GAP = Family(
    "market_cross_exchange_gap_bps",
    "gauge",
    ("instrument",),
    "bps",
    "Best bid over exchanges minus best ask over exchanges, in bps of their middle; above 0 the "
    "exchanges cross each other.",
)
_GAP_QUOTE = Family(
    "market_cross_exchange_gap_quote",
    "gauge",
    ("instrument",),
    "quote",
    "Best bid over exchanges minus best ask over exchanges, in quote currency.",
)
_DIVERGENCE = Family(
    "market_divergence_bps",
    "gauge",
    (*MARKET, "other"),
    "bps",
    "Mid of exchange against mid of other: 10^4 (mid - other) / other, once for each pair "
    "(exchange before other in the alphabet).",
)
_DEVIATION = Family(
    "market_price_deviation_percent",
    "gauge",
    MARKET,
    "percent",
    "Mid against the median mid of the other exchanges, where at least three are fresh.",
)
_BEYOND = Family(
    "market_price_deviation_beyond",
    "gauge",
    MARKET,
    "",
    "1 if the deviation from the median of the others is beyond "
    "cross_exchange.deviation_limit_percent in either direction, 0 if not.",
)


class CrossExchange(InstrumentMetric):
    """Agreement of all exchanges on one instrument."""

    families = (_GAP, _GAP_QUOTE, _DIVERGENCE, _DEVIATION, _BEYOND)
    switch = "cross_exchange"

    def __init__(self, instrument: str, markets: Sequence[Market], features: Features) -> None:
        super().__init__(instrument, markets, features)
        self._limit = Fraction(features.cross_exchange.deviation_limit_percent)
        self._gap = _GAP.series(instrument)
        self._gap_quote = _GAP_QUOTE.series(instrument)
        self._pairs = [
            (one, other, _DIVERGENCE.series(*one.id, other.id.exchange))
            for one, other in combinations(markets, 2)
        ]
        self._deviations = [
            (market, _DEVIATION.series(*market.id), _BEYOND.series(*market.id))
            for market in markets
        ]

    def gauges(self, key: SignalKey) -> Iterator[Gauge]:
        if key.name == "exchange_divergence_bps":
            for one, other, _ in self._pairs:
                target = Target(*one.id, other.id.exchange)
                yield Gauge(target, one, partial(_divergence, one, other))
        if key.name == "exchange_deviation_percent" and len(self.markets) > 2:
            for market, _, _ in self._deviations:
                yield Gauge(Target(*market.id), market, partial(self._deviation, market))

    def _deviation(self, market: Market, now: int) -> Sample:
        own = market.moving_mid(now)
        if own is None:
            return missing(market, now)
        others = [other for other in self.markets if other is not market]
        fresh = [(other, mid) for other in others if (mid := other.moving_mid(now)) is not None]
        if len(fresh) < 2:
            return LEG_MISSING
        percent = relative_bps(own, median([mid for _, mid in fresh])) / 100
        degraded = market.degraded or any(other.degraded for other, _ in fresh)
        return Sample(percent, degraded=degraded)

    def readings(self, now: int) -> Iterator[Reading]:
        mids = {m.id: mid for m in self.markets if (mid := m.moving_mid(now)) is not None}
        if (best := self.best(now)) is not None:
            bid, ask = best
            yield self._gap, 20_000 * (bid - ask) / (bid + ask)
            yield self._gap_quote, bid - ask
        for one, other, series in self._pairs:
            if one.id in mids and other.id in mids:
                yield series, relative_bps(mids[one.id], mids[other.id])
        for market, deviation, beyond in self._deviations:
            others = [mid for other, mid in mids.items() if other != market.id]
            if market.id in mids and len(others) >= 2:
                percent = relative_bps(mids[market.id], median(others)) / 100
                yield deviation, percent
                yield beyond, int(abs(percent) > self._limit)

    def best(self, now: int) -> tuple[Fraction, Fraction] | None:
        """Highest bid and lowest ask over fresh exchanges; None for fewer than two of them."""
        tops = [(m, top) for m in self.markets if (top := m.top(now)) is not None]
        if len(tops) < 2:
            return None
        return (
            max(market.price(top.bid) for market, top in tops),
            min(market.price(top.ask) for market, top in tops),
        )


def _divergence(one: Market, other: Market, now: int) -> Sample:
    own, against = one.moving_mid(now), other.moving_mid(now)
    if own is None:
        return missing(one, now)
    if against is None:
        return LEG_MISSING
    return Sample(relative_bps(own, against), degraded=one.degraded or other.degraded)


def median(values: Sequence[Fraction]) -> Fraction:
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
