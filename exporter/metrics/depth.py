"""Depth in quote currency within bands, how it changed in a minute, and how it leans.

Two conventions, under two names: from mid (the default; a band of N bps holds the levels with
|price - mid| <= N bps of mid) and from touch (the same around the side's own best price).
`complete` travels with each figure: without it the figure is a lower bound.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import NamedTuple

from exporter.book.orderbook import Top, mid
from exporter.book.side import Side
from exporter.config.features import Features
from exporter.families import Family, Reading
from exporter.markets.market import Market
from exporter.metrics.metric import MARKET, MarketMetric, number
from exporter.metrics.sample import LEG_MISSING, Gauge, Sample, missing
from exporter.model import MarketId, Target
from exporter.signals import SignalKey

_CHANGE_SECONDS = 60
_SIDES = ("bid", "ask", "total")
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


class _Rest(NamedTuple):
    """What rests in a band of one side, in quote currency; a lower bound unless complete."""

    worth: Fraction
    complete: bool


class Depth(MarketMetric):
    """Depth of one market within the configured bands."""

    families = (_QUOTE, _COMPLETE, _TOUCH_QUOTE, _TOUCH_COMPLETE, _IMBALANCE, _CHANGE)
    switch = "depth"

    def __init__(self, market: Market, features: Features) -> None:
        super().__init__(market, features)
        bands = features.depth.bands_bps
        self._widths = [Fraction(bps) for bps in bands]
        self._bands = [_Band(market.id, number(bps)) for bps in bands]

    def sample(self, now: int) -> None:
        top = self._top(now)
        if top is None:
            for band in self._bands:
                band.past.append(None)
            return
        book = self.market.sync.book
        (bids,), (asks,) = self._rests(book.bids, mid(top)), self._rests(book.asks, mid(top))
        for band, bid, ask in zip(self._bands, bids, asks, strict=True):
            band.past.append({"bid": bid, "ask": ask, "total": _total(bid, ask)})

    def gauges(self, key: SignalKey) -> Iterator[Gauge]:
        read = {"depth_quote": self._signal, "depth_change_percent": self._change}.get(key.name)
        for width, band in zip(self.features.depth.bands_bps, self._bands, strict=True):
            if read is not None and width == key.band_bps:
                target = Target(*self.market.id)
                yield Gauge(target, self.market, partial(read, band, key.side))

    def _signal(self, band: "_Band", side: str, now: int) -> Sample:
        """What rested in the band at the last whole second, which is now."""
        rests = band.past[-1]
        if rests is None:
            return self._missing(now)
        rest = rests[side]
        return Sample(rest.worth, bound=not rest.complete, degraded=self.market.degraded)

    def _change(self, band: "_Band", side: str, now: int) -> Sample:
        before, last = band.past[0], band.past[-1]
        if last is None:
            return self._missing(now)
        if before is None or len(band.past) <= _CHANGE_SECONDS:
            return LEG_MISSING
        if not before[side].worth:
            return LEG_MISSING
        change = _change(before[side], last[side])
        if change is None:
            return Sample(None, "incomplete_depth")
        return Sample(change, degraded=self.market.degraded)

    def _missing(self, now: int) -> Sample:
        return LEG_MISSING if self.market.contract is None else missing(self.market, now)

    def readings(self, now: int) -> Iterator[Reading]:
        top = self._top(now)
        if top is None:
            return
        book = self.market.sync.book
        bids = self._rests(book.bids, mid(top), Fraction(top.bid))
        asks = self._rests(book.asks, mid(top), Fraction(top.ask))
        for band, *rests in zip(self._bands, bids[0], asks[0], bids[1], asks[1], strict=True):
            yield from band.readings(*rests)

    def _top(self, now: int) -> Top | None:
        """Best bid and ask where depth can be told in quote currency."""
        return None if self.market.contract is None else self.market.top(now)

    def _rests(self, side: Side, *references: Fraction) -> list[list[_Rest]]:
        """What rests on a side within each band of each of these prices."""
        book = self.market.sync.book
        bands = [
            [book.band(side, reference, width) for width in self._widths]
            for reference in references
        ]
        worths = iter(self.market.worth(list(chain.from_iterable(bands))))
        return [[_Rest(next(worths), band.complete) for band in row] for row in bands]


class _Band:
    """The series of one band of one market, and what rested in it at the last 61 whole seconds."""

    def __init__(self, market: MarketId, label: str) -> None:
        self.past: deque[Mapping[str, _Rest] | None] = deque(maxlen=_CHANGE_SECONDS + 1)
        self._mid = [
            (_QUOTE.series(*market, side, label), _COMPLETE.series(*market, side, label))
            for side in _SIDES
        ]
        self._touch = [
            (
                _TOUCH_QUOTE.series(*market, side, label),
                _TOUCH_COMPLETE.series(*market, side, label),
            )
            for side in _SIDES[:2]
        ]
        self._imbalance = _IMBALANCE.series(*market, label)
        self._change = _CHANGE.series(*market, label)

    def readings(
        self, bid: _Rest, ask: _Rest, touch_bid: _Rest, touch_ask: _Rest
    ) -> Iterator[Reading]:
        """What the band reads, given what rests in it around mid and around the best prices."""
        total = _total(bid, ask)
        rests = (bid, ask, total, touch_bid, touch_ask)
        for (worth, complete), rest in zip((*self._mid, *self._touch), rests, strict=True):
            yield worth, rest.worth
            yield complete, int(rest.complete)
        if total.complete and total.worth:
            yield self._imbalance, (bid.worth - ask.worth) / total.worth
        if (change := self.change()) is not None:
            yield self._change, change

    def change(self) -> Fraction | None:
        """Percent by which the last total differs from the one 60 seconds before it."""
        if len(self.past) <= _CHANGE_SECONDS:
            return None
        before, last = self.past[0], self.past[-1]
        return None if before is None or last is None else _change(before["total"], last["total"])


def _total(bid: _Rest, ask: _Rest) -> _Rest:
    return _Rest(bid.worth + ask.worth, bid.complete and ask.complete)


def _change(before: _Rest, last: _Rest) -> Fraction | None:
    """Percent; None where one of them is a lower bound, or there was nothing before."""
    if not (before.complete and last.complete and before.worth):
        return None
    return 100 * (last.worth - before.worth) / before.worth
