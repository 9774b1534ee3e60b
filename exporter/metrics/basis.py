"""Basis of a perpetual: its mid against what it should follow.

    basis = 10^4 (perp mid - reference) / reference, bps

against the same exchange's spot mid, its index and its mark. A leg that is older than its limit
gives no basis, never an old one.
"""

from collections.abc import Iterator
from fractions import Fraction

from exporter.config.features import Features
from exporter.families import Family, Reading
from exporter.markets.market import Market
from exporter.metrics.integral import TimeIntegral
from exporter.metrics.metric import MARKET, MarketMetric, in_seconds, number
from exporter.metrics.sample import LEG_MISSING, Gauge, Sample, half_tick_bps, missing
from exporter.model import Target
from exporter.scale import unit
from exporter.signals import SignalKey

_REFERENCE = (*MARKET, "reference")
_BPS = Family(
    "market_basis_bps",
    "gauge",
    _REFERENCE,
    "bps",
    "Perpetual mid against its reference (spot mid of the same exchange, index, mark): "
    "10^4 (perp - reference) / reference.",
)
_QUOTE = Family(
    "market_basis_quote",
    "gauge",
    _REFERENCE,
    "quote",
    "Perpetual mid minus its reference, in quote currency.",
)
_OBSERVED = Family(
    "market_basis_observed_seconds_total",
    "counter",
    MARKET,
    "seconds",
    "Seconds in which the basis against spot was known.",
)
_BEYOND = Family(
    "market_basis_beyond_seconds_total",
    "counter",
    (*MARKET, "limit_bps"),
    "seconds",
    "Seconds in which the basis against spot was beyond the limit in either direction, integrated "
    "between changes of the two books.",
)
_REFERENCES = ("spot", "index", "mark")


def relative_bps(value: Fraction, reference: Fraction) -> Fraction:
    """10^4 (value - reference) / reference."""
    return 10_000 * (value - reference) / reference


class _BasisTime(TimeIntegral):
    """Time beyond limits of perp mid against spot mid."""

    def __init__(self, perp: Market, spot: Market, limits: list[Fraction]) -> None:
        super().__init__((perp, spot), limits)

    def read(self, now: int) -> tuple[int, int] | None:
        perp, spot = (leg.top(now) for leg in self.legs)
        if perp is None or spot is None:
            return None
        perp_decimals, spot_decimals = (leg.sync.book.price_decimals for leg in self.legs)
        perp_sum = (perp.bid + perp.ask) * unit(spot_decimals)
        spot_sum = (spot.bid + spot.ask) * unit(perp_decimals)
        return 10_000 * (perp_sum - spot_sum), spot_sum


class Basis(MarketMetric):
    """Basis of one perpetual."""

    families = (_BPS, _QUOTE, _OBSERVED, _BEYOND)
    switch = "basis"

    def __init__(self, market: Market, features: Features) -> None:
        super().__init__(market, features)
        self._series = {
            name: (_BPS.series(*market.id, name), _QUOTE.series(*market.id, name))
            for name in _REFERENCES
        }
        limits = features.basis.limits_bps
        self._observed = _OBSERVED.series(*market.id)
        self._beyond = [_BEYOND.series(*market.id, number(limit)) for limit in limits]
        self._time = None
        self._spot = market.spot
        if market.spot is not None:
            self._time = _BasisTime(market, market.spot, [Fraction(limit) for limit in limits])

    @classmethod
    def applies(cls, market: Market) -> bool:
        return market.spec.kind != "SPOT"

    def fits(self, features: Features) -> bool:
        return super().fits(features) and self._spot is self.market.spot

    def retire(self) -> None:
        if self._time is not None:
            self._time.retire()

    def gauges(self, key: SignalKey) -> Iterator[Gauge]:
        if key.name == "basis_bps" and self.market.spot is not None:
            yield Gauge(Target(*self.market.id), self.market, self._signal)

    def _signal(self, now: int) -> Sample:
        market = self.market
        perp, spot = market.moving_mid(now), self.reference("spot", now)
        if perp is None:
            return missing(market, now)
        if spot is None or market.spot is None:
            return LEG_MISSING
        return Sample(
            relative_bps(perp, spot),
            resolution=half_tick_bps(market, spot),
            degraded=market.degraded or market.spot.degraded,
        )

    def readings(self, now: int) -> Iterator[Reading]:
        perp = self.market.moving_mid(now)
        if perp is not None:
            for name, (bps, quote) in self._series.items():
                reference = self.reference(name, now)
                if reference is not None:
                    yield bps, relative_bps(perp, reference)
                    yield quote, perp - reference
        if self._time is not None:
            self._time.settle(now)
            yield self._observed, in_seconds(self._time.observed)
            for series, beyond in zip(self._beyond, self._time.beyond, strict=True):
                yield series, in_seconds(beyond)

    def reference(self, name: str, now: int) -> Fraction | None:
        """What the perpetual is compared with; None where it is missing or too old."""
        if name != "spot":
            return self.market.reference(name, now)
        return None if self.market.spot is None else self.market.spot.moving_mid(now)
