"""The exchange's mark and index price, and how they stand to each other and to the market.

A mark follows index plus a moving average of the basis (30 s on Binance), so perpetual against
mark decays to zero by construction; only mark against index is fit for a rule that must hold.
"""

from collections.abc import Iterator

from exporter.config.features import Features
from exporter.families import Family, Reading
from exporter.markets.market import Market
from exporter.metrics.basis import relative_bps
from exporter.metrics.metric import MARKET, MarketMetric
from exporter.metrics.sample import LEG_MISSING, Gauge, Sample, half_tick_bps
from exporter.model import Target
from exporter.signals import SignalKey

_MARK = Family("market_mark_price", "gauge", MARKET, "", "The exchange's mark price.")
_INDEX = Family("market_index_price", "gauge", MARKET, "", "The exchange's index price.")
_MARK_INDEX = Family(
    "market_mark_index_bps",
    "gauge",
    MARKET,
    "bps",
    "Mark against index: 10^4 (mark - index) / index.",
)
_MARK_MID = Family(
    "market_mark_mid_bps",
    "gauge",
    MARKET,
    "bps",
    "Mark against the mid of the rebuilt book: 10^4 (mark - mid) / mid.",
)


class Mark(MarketMetric):
    """Mark and index of one perpetual or future."""

    families = (_MARK, _INDEX, _MARK_INDEX, _MARK_MID)
    switch = "mark"

    def __init__(self, market: Market, features: Features) -> None:
        super().__init__(market, features)
        self._mark = _MARK.series(*market.id)
        self._index = _INDEX.series(*market.id)
        self._mark_index = _MARK_INDEX.series(*market.id)
        self._mark_mid = _MARK_MID.series(*market.id)

    @classmethod
    def applies(cls, market: Market) -> bool:
        return market.spec.kind != "SPOT"

    def gauges(self, key: SignalKey) -> Iterator[Gauge]:
        if key.name == "mark_index_bps":
            yield Gauge(Target(*self.market.id), self.market, self._signal)

    def _signal(self, now: int) -> Sample:
        market = self.market
        mark, index = market.reference("mark", now), market.reference("index", now)
        if mark is None:
            return Sample(None, "stale" if "mark" in market.references else "leg_missing")
        if index is None:
            return LEG_MISSING
        return Sample(
            relative_bps(mark, index),
            resolution=half_tick_bps(market, index),
            degraded=any(market.references[name].polled for name in ("mark", "index")),
        )

    def readings(self, now: int) -> Iterator[Reading]:
        market = self.market
        mark, index = market.reference("mark", now), market.reference("index", now)
        if mark is not None:
            yield self._mark, mark
            if (mid := market.mid(now)) is not None:
                yield self._mark_mid, relative_bps(mark, mid)
        if index is not None:
            yield self._index, index
        if mark is not None and index is not None:
            yield self._mark_index, relative_bps(mark, index)
