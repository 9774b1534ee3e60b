"""Quoted spread: now, on average over time, how much it moves, and how long it was how wide.

spread = 10^4 (ask - bid) / mid, bps; a locked book has 0, a crossed one has none
time-weighted average = sum(spread x dt) / sum(dt) over the window; unknown spans in neither sum
volatility = standard deviation (n - 1) of the spread sampled once a second over the window
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate

from exporter.book.orderbook import Top, mid
from exporter.config.features import Features
from exporter.detection.window import SampleWindow
from exporter.families import Family, Histogram, Reading
from exporter.markets.market import Market
from exporter.metrics.integral import NANO_BPS, TimeIntegral
from exporter.metrics.metric import MARKET, MarketMetric, in_seconds, number
from exporter.metrics.sample import Gauge, Sample, half_tick_bps, missing
from exporter.model import MILLISECOND, Target
from exporter.signals import SignalKey

_MID = Family(
    "market_mid_price", "gauge", MARKET, "", "Mid of best bid and ask, in quote currency."
)
_BEST = Family(
    "market_best_price",
    "gauge",
    (*MARKET, "side"),
    "",
    "Best bid or ask price of the rebuilt book, in quote currency.",
)
_BPS = Family(
    "market_spread_bps",
    "gauge",
    MARKET,
    "bps",
    "Quoted spread of the rebuilt book: 10^4 (ask - bid) / mid.",
)
_QUOTE = Family(
    "market_spread_quote", "gauge", MARKET, "quote", "Best ask minus best bid, in quote currency."
)
_AVERAGE = Family(
    "market_spread_average_bps",
    "gauge",
    MARKET,
    "bps",
    "Time-weighted average spread over the window (spread.average_window_seconds) before the last "
    "whole second; unknown spans are left out.",
)
_VOLATILITY = Family(
    "market_spread_volatility_bps",
    "gauge",
    MARKET,
    "bps",
    "Standard deviation (n-1) of the spread sampled once a second over "
    "spread.volatility_window_seconds.",
)
_TIME = Family(
    "market_spread_time_weighted_bps",
    "histogram",
    MARKET,
    "bps",
    "Whole milliseconds that the spread spent in each bucket of bps, integrated between book "
    "changes; the sum is in bps x milliseconds.",
)
_OBSERVED = Family(
    "market_spread_observed_seconds_total",
    "counter",
    MARKET,
    "seconds",
    "Seconds in which the spread was known.",
)
_BEYOND = Family(
    "market_spread_beyond_seconds_total",
    "counter",
    (*MARKET, "limit_bps"),
    "seconds",
    "Seconds in which the spread was above the limit, integrated between book changes.",
)


_TICKS = Fraction(102, 100)
"""Halves of a tick that count as one deviation: just above one, so that a widening by one tick is
never decided by rounding at z = 2."""


def spread_bps(top: Top) -> tuple[int, int]:
    """Spread in bps as (numerator, denominator): 20000 (ask - bid) / (ask + bid)."""
    return 20_000 * (top.ask - top.bid), top.ask + top.bid


class _SpreadTime(TimeIntegral):
    """Adds the histogram of time by spread to the time beyond limits."""

    def __init__(
        self, market: Market, limits: Sequence[Fraction], buckets: Sequence[Fraction]
    ) -> None:
        super().__init__((market,), limits)
        self._bounds = [float(bound) for bound in buckets]
        self._edges = [int(bound * NANO_BPS) for bound in buckets]
        self._spent = [0] * (len(buckets) + 1)

    def read(self, now: int) -> tuple[int, int] | None:
        top = self.legs[0].top(now)
        return None if top is None else spread_bps(top)

    def spent(self, span: int) -> None:
        """Count `span` in the bucket of the value that held."""
        self._spent[bisect_left(self._edges, self.value or 0)] += span

    def histogram(self) -> Histogram:
        """Cumulative whole milliseconds; the remainders stay and count once they are whole."""
        cumulative = [total // MILLISECOND for total in accumulate(self._spent)]
        return Histogram(self._bounds, cumulative, self.weighted / (NANO_BPS * MILLISECOND))


class Spread(MarketMetric):
    """Spread of one market."""

    families = (_MID, _BEST, _BPS, _QUOTE, _AVERAGE, _VOLATILITY, _TIME, _OBSERVED, _BEYOND)
    switch = "spread"

    def __init__(self, market: Market, features: Features) -> None:
        super().__init__(market, features)
        settings = features.spread
        limits = [Fraction(limit) for limit in settings.limits_bps]
        buckets = [Fraction(bound) for bound in settings.buckets_bps]
        self._time = _SpreadTime(market, limits, buckets)
        self._totals: deque[tuple[int, int]] = deque(maxlen=settings.average_window_seconds + 1)
        self._window = SampleWindow(settings.volatility_window_seconds)
        self._mid = _MID.series(*market.id)
        self._bid = _BEST.series(*market.id, "bid")
        self._ask = _BEST.series(*market.id, "ask")
        self._bps = _BPS.series(*market.id)
        self._quote = _QUOTE.series(*market.id)
        self._average = _AVERAGE.series(*market.id)
        self._volatility = _VOLATILITY.series(*market.id)
        self._histogram = _TIME.series(*market.id)
        self._observed = _OBSERVED.series(*market.id)
        self._beyond = [_BEYOND.series(*market.id, number(limit)) for limit in settings.limits_bps]

    def sample(self, now: int) -> None:
        self._time.settle(now)
        self._totals.append((self._time.weighted, self._time.observed))
        top = None if self.market.degraded else self.market.top(now)
        if top is None:
            self._window.push(None)
        else:
            numerator, denominator = spread_bps(top)
            self._window.push(numerator * NANO_BPS // denominator)

    def retire(self) -> None:
        self._time.retire()

    def gauges(self, key: SignalKey) -> Iterator[Gauge]:
        if key.name == "spread_bps":
            yield Gauge(Target(*self.market.id), self.market, self._signal)

    def _signal(self, now: int) -> Sample:
        market = self.market
        top = market.top(now)
        if top is None:
            return missing(market, now)
        resolution = _TICKS * half_tick_bps(market, market.price(mid(top)))
        return Sample(Fraction(*spread_bps(top)), resolution=resolution, degraded=market.degraded)

    def readings(self, now: int) -> Iterator[Reading]:
        market = self.market
        top = market.top(now)
        if top is not None:
            yield self._mid, market.price(Fraction(top.bid + top.ask, 2))
            yield self._bid, market.price(top.bid)
            yield self._ask, market.price(top.ask)
            yield self._bps, Fraction(*spread_bps(top))
            yield self._quote, market.price(top.ask - top.bid)
            if (average := self.average()) is not None:
                yield self._average, average
            if (deviation := self._window.deviation()) is not None:
                yield self._volatility, deviation
        self._time.settle(now)
        if self._time.observed:
            yield self._histogram, self._time.histogram()
        yield self._observed, in_seconds(self._time.observed)
        for series, beyond in zip(self._beyond, self._time.beyond, strict=True):
            yield series, in_seconds(beyond)

    def average(self) -> Fraction | None:
        """Time-weighted average in bps over the window of samples; None without known time."""
        if len(self._totals) < 2:
            return None
        (weighted, observed), (weighted_now, observed_now) = self._totals[0], self._totals[-1]
        if observed_now == observed:
            return None
        return Fraction(weighted_now - weighted, (observed_now - observed) * NANO_BPS)
