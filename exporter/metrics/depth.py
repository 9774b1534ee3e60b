"""Depth in quote currency within bands, how it changed in a minute, and how it leans.

Two conventions, under two names: from mid (the default; a band of N bps holds the levels with
|price - mid| <= N bps of mid) and from touch (the same around the side's own best price).
`complete` travels with each figure: without it the figure is a lower bound.
"""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from exporter.book.orderbook import Band, Top, mid
from exporter.config.features import Features
from exporter.families import Family, Reading
from exporter.market import Market
from exporter.metrics.metric import MARKET, MarketMetric, number

_CHANGE_SECONDS = 60
_BAND = (*MARKET, "band_bps")
_SIDE = (*MARKET, "side", "band_bps")

_QUOTE = Family(
    "market_depth_quote",
    "gauge",
    _SIDE,
    "quote",
    "Value of the levels within band_bps of mid, in quote currency (side: bid, ask, total). A "
    "lower bound where market_depth_complete is 0.",
)
_COMPLETE = Family(
    "market_depth_complete",
    "gauge",
    _SIDE,
    "",
    "1 if the whole band around mid lies within the price range in which the book is known.",
)
_TOUCH_QUOTE = Family(
    "market_depth_touch_quote",
    "gauge",
    _SIDE,
    "quote",
    "Value of the levels within band_bps of the side's own best price, in quote currency.",
)
_TOUCH_COMPLETE = Family(
    "market_depth_touch_complete",
    "gauge",
    _SIDE,
    "",
    "1 if the whole band around the best price lies where the book is known.",
)
_IMBALANCE = Family(
    "market_depth_imbalance",
    "gauge",
    _BAND,
    "",
    "(bid - ask) / (bid + ask) of the depth within band_bps of mid, from -1 to 1; only where both "
    "sides are complete.",
)
_CHANGE = Family(
    "market_depth_change_percent",
    "gauge",
    _BAND,
    "percent",
    "Total depth within band_bps of mid at the last whole second against 60 seconds before it; "
    "only where both were complete.",
)


class Depth(MarketMetric):
    """Depth of one market within the configured bands."""

    families = (_QUOTE, _COMPLETE, _TOUCH_QUOTE, _TOUCH_COMPLETE, _IMBALANCE, _CHANGE)
    switch = "depth"

    def __init__(self, market: Market, features: Features) -> None:
        super().__init__(market, features)
        self._bands = [_Band(market, band) for band in features.depth.bands_bps]

    def sample(self, now: int) -> None:
        top = self.market.top(now)
        for band in self._bands:
            band.sample(top)

    def readings(self, now: int) -> Iterator[Reading]:
        top = self.market.top(now)
        if top is not None and self.market.contract is not None:
            for band in self._bands:
                yield from band.readings(top)


class _Band:
    """One band of one market."""

    def __init__(self, market: Market, bps: Decimal) -> None:
        label = number(bps)
        self._market = market
        self._bps = Fraction(bps)
        self._totals: deque[Fraction | None] = deque(maxlen=_CHANGE_SECONDS + 1)
        sides = ("bid", "ask", "total")
        self._quote = {side: _QUOTE.series(*market.id, side, label) for side in sides}
        self._complete = {side: _COMPLETE.series(*market.id, side, label) for side in sides}
        self._touch_quote = {s: _TOUCH_QUOTE.series(*market.id, s, label) for s in sides[:2]}
        self._touch_complete = {s: _TOUCH_COMPLETE.series(*market.id, s, label) for s in sides[:2]}
        self._imbalance = _IMBALANCE.series(*market.id, label)
        self._change = _CHANGE.series(*market.id, label)

    def sample(self, top: Top | None) -> None:
        total = None
        if top is not None:
            bid, ask = self._around_mid(top)
            if bid.complete and ask.complete:
                total = self._total(bid, ask)
        self._totals.append(total)

    def readings(self, top: Top) -> Iterator[Reading]:
        market, book = self._market, self._market.sync.book
        bid, ask = self._around_mid(top)
        both = bid.complete and ask.complete
        bids, asks = market.worth(bid), market.worth(ask)
        if bids is None or asks is None:
            return
        for side, value, complete in (
            ("bid", bids, bid.complete),
            ("ask", asks, ask.complete),
            ("total", bids + asks, both),
        ):
            yield self._quote[side], value
            yield self._complete[side], int(complete)
        for side, levels, best in (("bid", book.bids, top.bid), ("ask", book.asks, top.ask)):
            band = book.band(levels, Fraction(best), self._bps)
            touch = market.worth(band)
            if touch is not None:
                yield self._touch_quote[side], touch
                yield self._touch_complete[side], int(band.complete)
        if both and bids + asks:
            yield self._imbalance, (bids - asks) / (bids + asks)
        if (change := self.change()) is not None:
            yield self._change, change

    def change(self) -> Fraction | None:
        """Percent by which the last sample differs from the one 60 seconds before it."""
        if len(self._totals) <= _CHANGE_SECONDS:
            return None
        before, last = self._totals[0], self._totals[-1]
        return 100 * (last - before) / before if before and last is not None else None

    def _total(self, bid: Band, ask: Band) -> Fraction | None:
        bids, asks = self._market.worth(bid), self._market.worth(ask)
        return None if bids is None or asks is None else bids + asks

    def _around_mid(self, top: Top) -> tuple[Band, Band]:
        book, reference = self._market.sync.book, mid(top)
        return (
            book.band(book.bids, reference, self._bps),
            book.band(book.asks, reference, self._bps),
        )
