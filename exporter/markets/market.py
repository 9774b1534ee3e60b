"""One market as it is known now: its book, its clocks, its reference prices, its contract."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, Protocol

from exporter.book.orderbook import Band, Top, mid
from exporter.book.sync import BookSync
from exporter.errors import LevelError
from exporter.feeds.feed import Feed
from exporter.markets.clocks import SkewClock, StreamClock
from exporter.model import (
    NANOSECONDS,
    BestQuote,
    BookSnapshot,
    BookUpdate,
    Event,
    GapMarker,
    GapReason,
    HealthStatus,
    Listing,
    MarketId,
    Stream,
    Ticker,
    Trade,
)
from exporter.observer import Observer
from exporter.scale import decimals_of, unit

_SETTLED = 2 * NANOSECONDS
"""Trades print before the batched difference that they cause: so long after it, none should."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What one size unit is worth: `multiplier` base currency, or quote currency if inverse."""

    multiplier: Fraction
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """What the configuration says of a market; None where the exchange is to be asked.

    `stale_after` is nanoseconds by stream; `unchanged_after` nanoseconds after which a book that
    does not change is compared with no other price. `kind` is SPOT, PERP, or "" where neither is
    known.
    """

    id: MarketId
    feed: Feed
    symbol: str
    kind: str
    stale_after: Mapping[Stream, int]
    unchanged_after: int
    contract: Contract | None = None
    price_step: Decimal | None = None
    quantity_step: Decimal | None = None
    funding_interval: int | None = None


class Reference(NamedTuple):
    """A value that the exchange said: until when it is fresh, its stream, when it was sent.

    `polled`: by REST, because the stream is down.
    """

    value: Decimal
    until: int
    stream: Stream
    sent: int
    polled: bool


class Watcher(Protocol):
    """Something that integrates over time between book changes."""

    def settle(self, until: int) -> None:
        """Count the time up to `until` under the value that held."""

    def restart(self, now: int) -> None:
        """What lies between the last settlement and now was unknown."""

    def update(self, now: int) -> None:
        """The book is another one from now on."""


class Market:
    """The state of one market. Every change comes from an event, every time is an argument."""

    def __init__(
        self,
        spec: MarketSpec,
        latency_bounds: Sequence[float],
        skew_window: int,
        observer: Observer,
    ) -> None:
        self.spec = spec
        self._observer = observer
        self._gap: GapMarker | None = None
        self.id = spec.id
        self.sync = BookSync(spec.id, spec.feed)
        self.clocks = {stream: StreamClock(latency_bounds) for stream in Stream}
        self.skew = SkewClock(skew_window)
        self.contract = spec.contract
        self.decode_errors = 0
        self.last_change: int | None = None
        self.references: dict[str, Reference] = {}
        """The newest `mark`, `index` and `funding_rate`."""
        self.next_funding_time: int | None = None
        self.funding_interval = spec.funding_interval or spec.feed.funding_interval
        self.spot: Market | None = None
        """The same exchange's spot market of the same base and quote."""
        self.watchers: list[Watcher] = []
        self.live_until = 0
        """When the book goes stale unless another message of its stream arrives."""
        self.crossed_since: int | None = None
        self.tick: Fraction | None = None
        """The least change of a price, in quote currency; None where it is not known."""
        self.outside = 0
        """Trades beyond the book since a message last changed it."""
        self._changed: int | None = None
        self.awaited: int | None = None
        """Since when its streams are subscribed to; None where nobody does."""
        self.trading: bool | None = None
        """Whether the exchange's list says that it trades; None before it was read."""
        self._limit = spec.stale_after[Stream.BOOK]
        self._book_clock = self.clocks[Stream.BOOK]
        self._seen: tuple[Top | None, bool] = (None, False)
        """The top that watchers know, and whether it was polled: from the stream it is another."""
        self._use_steps(spec.price_step, spec.quantity_step)

    def on(self, event: Event, size: int) -> None:
        """Take an event of this market that came in `size` bytes."""
        match event:
            case BestQuote():
                self.on_quote(event, size)
            case BookUpdate() | BookSnapshot():
                self.on_book(event, size)
            case Ticker():
                self.on_ticker(event, size)
            case Trade():
                self._arrive(self.clocks[Stream.TRADE], event, size)
                self._compare(event)

    def on_book(self, event: BookSnapshot | BookUpdate, size: int) -> None:
        """A message of the book stream, or a snapshot from REST."""
        now = event.received
        lapsed = self._lapse(now)
        if isinstance(event, BookUpdate):
            taken = self.sync.update(event)
        else:
            taken = self.sync.snapshot(event)
        streamed = isinstance(event, BookUpdate) or self.spec.feed.snapshot_on_stream
        if taken or streamed:  # an old snapshot from REST is no sign of the stream's life
            self._arrive(self._book_clock, event, size)
        if taken:  # what is dropped does not make the book any fresher
            self.live_until = now + self._limit
            if event.bids or event.asks:
                self.last_change = now
                self._changed, self.outside = event.exchange_time or now, 0
        self._look(now, lapsed and taken)

    def on_poll(self, event: Event) -> None:
        """What was polled because a stream is down: known now, for as long as any is.

        It counts as no message of the stream. Watchers are not told: they know that the book was
        lost, and learn nothing from it.
        """
        match event:
            case BookSnapshot():
                if self.sync.poll(event):
                    self.live_until = event.received + self._limit
            case Ticker():
                self._refer(event, polled=True)

    def on_quote(self, event: BestQuote, size: int) -> None:
        """The exchange's own best bid and ask."""
        self._arrive(self.clocks[Stream.QUOTE], event, size)
        if event.id is not None:
            quote = (event.bid, event.bid_quantity, event.ask, event.ask_quantity)
            self.sync.tops.quote(event.id, quote)

    def on_ticker(self, event: Ticker, size: int) -> None:
        """Reference prices and funding."""
        self._arrive(self.clocks[event.stream], event, size)
        self._refer(event)

    def _refer(self, event: Ticker, *, polled: bool = False) -> None:
        """Take reference prices; what was polled only where it is no older than what is known."""
        sent = event.exchange_time or event.received
        until = event.received + self.spec.stale_after[event.stream]
        for name in ("mark", "index", "funding_rate"):
            value, known = getattr(event, name), self.references.get(name)
            if value is not None and not (polled and known is not None and sent < known.sent):
                self.references[name] = Reference(value, until, event.stream, sent, polled)
        if event.next_funding_time is not None:
            self.next_funding_time = event.next_funding_time
        if event.funding_interval is not None and self.spec.funding_interval is None:
            self.funding_interval = event.funding_interval

    def on_listing(self, listing: Listing) -> None:
        """The exchange's instrument list; what the configuration says stands above it."""
        given = self.spec.contract
        multiplier = Fraction(listing.multiplier) if given is None else given.multiplier
        self.contract = Contract(multiplier, listing.inverse)
        self.trading = listing.trading
        self._use_steps(
            self.spec.price_step or listing.price_step,
            self.spec.quantity_step or listing.quantity_step,
        )

    def lose(self, now: int, reason: GapReason) -> None:
        """The feed broke: the book is unknown from now on."""
        self.sync.lose(now, reason)
        self._look(now, lapsed=True)

    def disconnect(self, now: int, streams: Collection[Stream]) -> None:
        """The connection with these streams broke: what they said is unknown from now on."""
        if Stream.BOOK in streams:
            self.lose(now, GapReason.DISCONNECT)
        lost = [name for name, known in self.references.items() if known.stream in streams]
        for name in lost:
            del self.references[name]

    @property
    def degraded(self) -> bool:
        """Whether the book is polled: known at points, and nothing to learn from."""
        return self.sync.polled

    def top(self, now: int) -> Top | None:
        """Best bid and ask where the book is live or polled, fresh, two-sided, not crossed."""
        top = self.sync.top
        return None if top is None or top.crossed or now > self.live_until else top

    def price(self, scaled: int | Fraction) -> Fraction:
        """A price of the book's scale as the number it stands for."""
        return Fraction(scaled) / unit(self.sync.book.price_decimals)

    def mid(self, now: int) -> Fraction | None:
        """(bid + ask) / 2 in quote currency; None where `top` is."""
        top = self.top(now)
        return None if top is None else self.price(Fraction(top.bid + top.ask, 2))

    def moving_mid(self, now: int) -> Fraction | None:
        """`mid` to compare with another price: None where the book has not changed for so long
        that it may be frozen."""
        changed = self.last_change
        frozen = changed is None or now - changed > self.spec.unchanged_after
        return None if frozen and not self.degraded else self.mid(now)

    def worth(self, bands: Sequence[Band]) -> list[Fraction]:
        """What rests in each band, all of one side, in quote currency.

        Raises LookupError where the size of a contract is not known.
        """
        contract, book = self.contract, self.sync.book
        if contract is None:
            raise LookupError(f"{self.id}: the size of a contract is not known")
        firsts = sorted({band.first for band in bands}, reverse=True)
        if contract.inverse:
            sums, one = bands[0].side.amounts(firsts), unit(book.quantity_decimals)
        else:
            one = unit(book.price_decimals + book.quantity_decimals)
            sums = bands[0].side.notionals(firsts)
        worths = {
            f: contract.multiplier * total / one for f, total in zip(firsts, sums, strict=True)
        }
        return [worths[band.first] for band in bands]

    def knows(self, bps: Fraction, now: int) -> bool:
        """Whether all levels within `bps` of mid are known; True where there is no mid to tell."""
        top, book = self.top(now), self.sync.book
        if top is None:
            return True
        middle = mid(top)
        return all(book.band(side, middle, bps).complete for side in (book.bids, book.asks))

    def reference(self, name: str, now: int) -> Fraction | None:
        """`mark`, `index` or `funding_rate` if its last message is no older than its limit."""
        known = self.references.get(name)
        return None if known is None or now > known.until else Fraction(known.value)

    def health(self, now: int) -> HealthStatus:
        """Whether the book can be trusted now, and if not, why."""
        return HealthStatus(
            self.id,
            up=not (reason := self._ill(now)),
            reason=reason,
            last_message=self._book_clock.last,
            last_change=self.last_change,
        )

    def _ill(self, now: int) -> str:
        sync = self.sync
        if sync.polled:
            return "polled" if now <= self.live_until else "stale"
        if self._book_clock.last is None:
            return "silent"
        if not sync.live:
            return "gap" if sync.gap is not None else "no_snapshot"
        if now > self.live_until:
            return "stale"
        if sync.top is None:
            return "one_sided"
        return "crossed" if sync.top.crossed else ""

    def _lapse(self, now: int) -> bool:
        """Whether the book was unknown until now because it had gone stale."""
        lapsed = now > self.live_until
        if lapsed:
            for watcher in self.watchers:
                watcher.settle(self.live_until)
                watcher.restart(now)
        return lapsed

    def _arrive(self, clock: StreamClock, event: Event, size: int) -> None:
        received, sent = event.received, event.exchange_time
        if sent is None:
            clock.stamp(received, size)
        else:
            clock.stamp(received, size, received - sent)
            self.skew.observe(received, received - sent)

    def _look(self, now: int, lapsed: bool) -> None:
        gap = self.sync.gap
        if gap is not None and gap is not self._gap:
            self._gap = gap
            self._observer.gap(gap)
        seen = (self.sync.top, self.sync.polled)
        if seen != self._seen or lapsed:
            self._seen = seen
            self._follow_crossing(now)
            for watcher in self.watchers:
                watcher.update(now)

    def _follow_crossing(self, now: int) -> None:
        """A book that was lost is still crossed if it comes back so."""
        top = self.sync.top
        if top is None:
            return
        if not top.crossed:
            self.crossed_since = None
        elif self.crossed_since is None:
            self.crossed_since = now

    def _compare(self, trade: Trade) -> None:
        """Count a trade that printed beyond the opposite best quote, long after the last change."""
        top, changed = self.sync.top, self._changed
        sent = trade.exchange_time or trade.received
        if top is None or changed is None or sent - changed <= _SETTLED or not self.sync.live:
            return
        try:
            price = self.sync.book.bids.price_of(trade.price)
        except LevelError:
            return  # finer than any price of the book: no order of this market
        self.outside += price > top.ask if trade.buyer_initiated else price < top.bid

    def _use_steps(self, price: Decimal | None, quantity: Decimal | None) -> None:
        if price is not None:
            self.tick = Fraction(price)
        if price is not None and quantity is not None:
            self.sync.use_decimals(decimals_of(price), decimals_of(quantity))
