"""Is our data true: state of a market's feed, its gaps, its checks, its clocks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial

from exporter.config.features import Features
from exporter.families import Family, Reading
from exporter.markets.market import Market
from exporter.metrics.metric import MARKET, MarketMetric, in_seconds
from exporter.metrics.sample import NOT_TRADING, Gauge, Sample, missing
from exporter.model import NANOSECONDS, GapReason, Stream, Target
from exporter.signals import SignalKey

_STREAM = (*MARKET, "stream")

_UP = Family(
    "market_feed_up",
    "gauge",
    MARKET,
    "",
    "1 if the market's book is live, fresh, two-sided and not crossed, 0 if not.",
)
_DEGRADED = Family(
    "market_feed_degraded",
    "gauge",
    MARKET,
    "",
    "1 while the book is polled by REST because its stream is down: known at points, not learnt "
    "from; 0 if not.",
)
_TRADING = Family(
    "market_instrument_trading",
    "gauge",
    MARKET,
    "",
    "1 if the exchange's instrument list has the instrument as trading, 0 if halted or not listed; "
    "absent until the list was read.",
)
_MESSAGES = Family(
    "market_feed_messages_total", "counter", _STREAM, "", "Messages received, by stream."
)
_BYTES = Family(
    "market_feed_received_bytes_total", "counter", _STREAM, "bytes", "Bytes received, by stream."
)
_LAST = Family(
    "market_feed_last_message_timestamp_seconds",
    "gauge",
    _STREAM,
    "seconds",
    "Unix time at which the stream's last message was received, whatever it said.",
)
_LIMIT = Family(
    "market_feed_silence_limit_seconds",
    "gauge",
    MARKET,
    "seconds",
    "Silence of the book stream after which the book is stale (stale_after_seconds.book).",
)
_CHANGED = Family(
    "market_book_last_change_timestamp_seconds",
    "gauge",
    MARKET,
    "seconds",
    "Unix time at which a message last changed the content of the book.",
)
_LATENCY = Family(
    "market_feed_latency_seconds",
    "histogram",
    _STREAM,
    "seconds",
    "Exchange time to receive time, by two clocks; below zero counts as zero (see the clock skew).",
)
_SKEW = Family(
    "market_feed_clock_skew_seconds",
    "gauge",
    MARKET,
    "seconds",
    "Least receive time minus exchange time over feed.clock_skew_window_seconds; below zero the "
    "local clock is slow.",
)
_UPDATES = Family(
    "market_book_updates_total",
    "counter",
    (*MARKET, "result"),
    "",
    "Book updates by what became of them: applied, old (already contained), dropped (before a "
    "snapshot, from a full buffer), refused (a level that cannot be held, a wrong checksum).",
)
_WAITING = Family(
    "market_book_updates_waiting",
    "gauge",
    MARKET,
    "",
    "Book updates buffered until a snapshot comes.",
)
_SNAPSHOTS = Family(
    "market_book_snapshots_total",
    "counter",
    (*MARKET, "result"),
    "",
    "Book snapshots by what became of them: applied, old, early (before the first buffered "
    "update), polled (shown while the stream is down), refused.",
)
_GAPS = Family(
    "market_feed_gaps_total",
    "counter",
    (*MARKET, "reason"),
    "",
    f"How often a live book became unknown, by reason: {', '.join(GapReason)}.",
)
_RESYNCS = Family(
    "market_feed_resyncs_total",
    "counter",
    MARKET,
    "",
    "How often a book came back to life after a gap.",
)
_CHECKSUMS = Family(
    "market_book_checksums_total",
    "counter",
    (*MARKET, "result"),
    "",
    "Checksums of the exchange compared with the book (result: ok, failed).",
)
_TOPS = Family(
    "market_book_tops_total",
    "counter",
    (*MARKET, "result"),
    "",
    "Comparisons of the rebuilt top of book with the exchange's own best bid and ask of the same "
    "id (result: equal, different).",
)
_CROSSED = Family(
    "market_book_crossed_total", "counter", MARKET, "", "How often best bid came above best ask."
)
_LOCKED = Family(
    "market_book_locked_total", "counter", MARKET, "", "How often best bid came to equal best ask."
)
_DECODE = Family(
    "market_feed_decode_errors_total",
    "counter",
    MARKET,
    "",
    "Frames of this market that were refused because they could not be read.",
)


class FeedState(MarketMetric):
    """Feed and book checks of one market."""

    families = (
        _UP,
        _DEGRADED,
        _TRADING,
        _MESSAGES,
        _BYTES,
        _LAST,
        _LIMIT,
        _CHANGED,
        _LATENCY,
        _SKEW,
        _UPDATES,
        _WAITING,
        _SNAPSHOTS,
        _GAPS,
        _RESYNCS,
        _CHECKSUMS,
        _TOPS,
        _CROSSED,
        _LOCKED,
        _DECODE,
    )

    def __init__(self, market: Market, features: Features) -> None:
        super().__init__(market, features)
        name = market.id
        self._up = _UP.series(*name)
        self._degraded = _DEGRADED.series(*name)
        self._trading = _TRADING.series(*name)
        self._streams = [
            (
                market.clocks[stream],
                _MESSAGES.series(*name, stream),
                _BYTES.series(*name, stream),
                _LAST.series(*name, stream),
                _LATENCY.series(*name, stream),
            )
            for stream in Stream
        ]
        self._limit = _LIMIT.series(*name)
        self._changed = _CHANGED.series(*name)
        self._skew = _SKEW.series(*name)
        sync = market.sync
        counted: list[tuple[Family, Mapping[str, int], Sequence[str]]] = [
            (_UPDATES, sync.updates, ("applied", "old", "dropped", "refused")),
            (_SNAPSHOTS, sync.snapshots, ("applied", "old", "early", "polled", "refused")),
            (_GAPS, sync.gaps, tuple(GapReason)),
        ]
        if market.spec.feed.checksum is not None:
            counted.append((_CHECKSUMS, sync.checksums, ("ok", "failed")))
        self._by_result = [
            (counter, key, family.series(*name, key))
            for family, counter, keys in counted
            for key in keys
        ]
        self._waiting = _WAITING.series(*name)
        self._equal = _TOPS.series(*name, "equal")
        self._different = _TOPS.series(*name, "different")
        self._resyncs = _RESYNCS.series(*name)
        self._crossed = _CROSSED.series(*name)
        self._locked = _LOCKED.series(*name)
        self._decode = _DECODE.series(*name)

    def gauges(self, key: SignalKey) -> Iterator[Gauge]:
        read = {
            "gap_seconds": self._gap,
            "stale_seconds": self._stale,
            "unchanged_seconds": self._unchanged,
            "crossed_seconds": self._crossing,
            "trades_outside_book": self._outside,
        }.get(key.name)
        if read is not None:
            yield Gauge(Target(*self.market.id), self.market, partial(self._unless_halted, read))

    def _unless_halted(self, read: Callable[[int], Sample], now: int) -> Sample:
        """What the exchange does not trade is silent by right."""
        return NOT_TRADING if self.market.trading is False else read(now)

    def _gap(self, now: int) -> Sample:
        market, sync = self.market, self.market.sync
        if sync.live:
            return Sample(Fraction(0))
        since = market.awaited if sync.gap is None else sync.gap.start
        return missing(market, now) if since is None else Sample(_seconds(now - since))

    def _stale(self, now: int) -> Sample:
        market = self.market
        last = market.clocks[Stream.BOOK].last or market.awaited
        if last is None:
            return missing(market, now)
        return Sample(_seconds(max(0, now - last - market.spec.stale_after[Stream.BOOK])))

    def _unchanged(self, now: int) -> Sample:
        market = self.market
        if not market.sync.live or now > market.live_until or market.last_change is None:
            return missing(market, now)
        return Sample(_seconds(now - market.last_change))

    def _crossing(self, now: int) -> Sample:
        market = self.market
        if not market.sync.live or market.sync.top is None:
            return missing(market, now)
        since = market.crossed_since
        return Sample(_seconds(0 if since is None else now - since))

    def _outside(self, now: int) -> Sample:
        market = self.market
        return Sample(Fraction(market.outside)) if market.sync.live else missing(market, now)

    def readings(self, now: int) -> Iterator[Reading]:
        market = self.market
        sync = market.sync
        yield self._up, int(market.health(now).up)
        yield self._degraded, int(market.degraded and market.top(now) is not None)
        if market.trading is not None:
            yield self._trading, int(market.trading)
        for clock, messages, size, last, latency in self._streams:
            if clock.last is None:
                continue
            yield messages, clock.messages
            yield size, clock.bytes
            yield last, in_seconds(clock.last)
            if (histogram := clock.latency()) is not None:
                yield latency, histogram
        yield self._limit, in_seconds(market.spec.stale_after[Stream.BOOK])
        if market.last_change is not None:
            yield self._changed, in_seconds(market.last_change)
        if (skew := market.skew.skew(now)) is not None:
            yield self._skew, in_seconds(skew)
        for counter, key, series in self._by_result:
            yield series, counter.get(key, 0)
        yield self._waiting, sync.waiting
        yield self._equal, sync.tops.equal
        yield self._different, sync.tops.compared - sync.tops.equal
        yield self._resyncs, sync.resyncs
        yield self._crossed, sync.crossed
        yield self._locked, sync.locked
        yield self._decode, market.decode_errors


def _seconds(nanoseconds: int) -> Fraction:
    return Fraction(nanoseconds, NANOSECONDS)
