"""Keeps one order book true: snapshot, buffered updates, sequence, checksum, gaps.

A book is live only while every change since its snapshot is known to be in it. Anything else makes
it unknown until a snapshot: a break in the sequence, a wrong checksum, a level it cannot hold. A
book that is not live may be polled: what a REST answer said then, no more.
"""

from collections import Counter, deque
from collections.abc import Sequence

from exporter.book.checksum import ChecksumKeeper
from exporter.book.orderbook import OrderBook, Top
from exporter.book.tops import TopsCheck
from exporter.errors import LevelError, PrecisionError
from exporter.feeds.feed import Feed, Verdict
from exporter.model import BookSnapshot, BookUpdate, GapMarker, GapReason, MarketId
from exporter.scale import DECIMALS

_BUFFERED = 2048


class BookSync:
    """The book of one market and the state of its synchronisation.

    `updates` counts updates by what became of them (applied, old, dropped, refused), which together
    with those `waiting` are all that came; `snapshots` likewise (applied, old, early, polled,
    refused).
    `gaps` counts by reason how often a live book became unknown, `resyncs` how often it came back.
    """

    def __init__(self, market: MarketId, feed: Feed) -> None:
        self.market = market
        self.live = False
        self.polled = False
        """Not live, and the book is what was polled last."""
        self.top: Top | None = None
        """Best bid and ask while the book is live or polled and has both; crossed ones too."""
        self.updates: Counter[str] = Counter()
        self.snapshots: Counter[str] = Counter()
        self.gaps: Counter[str] = Counter()
        self.checksums: Counter[str] = Counter()
        self.resyncs = 0
        self.crossed = 0
        self.locked = 0
        self.gap: GapMarker | None = None
        """The open gap, or the last one closed; None where there was none."""
        self.tops = TopsCheck(self._same)
        self._feed = feed
        self._price_decimals = DECIMALS
        self._quantity_decimals = DECIMALS
        self.book = self._new_book(feed.bounded_levels)
        self._keeper: ChecksumKeeper | None = None
        self._buffer: deque[BookUpdate] = deque(maxlen=_BUFFERED)
        self._recent: deque[BookUpdate] | None = None
        """Updates applied since a new snapshot of the live book was asked for."""
        self._now = 0
        self._snapshot_id: int | None = None
        self._last_id: int | None = None
        self._rule = feed.joins

    @property
    def last_id(self) -> int | None:
        """The exchange's id of the last change applied."""
        return self._last_id

    def use_decimals(self, price: int, quantity: int) -> None:
        """Hold prices and quantities with these decimals, from the next snapshot on."""
        self._price_decimals, self._quantity_decimals = price, quantity

    @property
    def waiting(self) -> int:
        """Updates buffered until a snapshot comes."""
        return len(self._buffer)

    def refresh(self) -> None:
        """A new snapshot of the live book is on its way: keep what it will have to be joined to."""
        if self.live and self._recent is None:
            self._recent = deque(maxlen=_BUFFERED)

    def stay(self) -> None:
        """The snapshot that `refresh` was for will not come: the live book stays what it is."""
        self._recent = None

    def rejoin(self) -> None:
        """The stream goes on over another connection, whose first update may overlap the last.

        What waits is dropped: the new connection brings its own, cut elsewhere.
        """
        self._rule = self._feed.joins
        self._drop_waiting()

    def poll(self, snapshot: BookSnapshot) -> bool:
        """Show what was polled while the book is not live. Returns whether it was taken."""
        if self.live:
            self.snapshots["old"] += 1
            return False
        self._keeper = None
        self.book = self._new_book(bounded=None)  # nobody keeps it complete: it is what was sent
        try:
            self.book.replace(snapshot)
        except LevelError:
            self.snapshots["refused"] += 1
            self._forget()
            return False
        self.snapshots["polled"] += 1
        self.polled = True
        self._look()
        return True

    def snapshot(self, snapshot: BookSnapshot) -> bool:
        """Start again from a snapshot, then apply what was buffered meanwhile.

        One that is older than the live book (unless it was asked for by `refresh`), or than the
        first buffered update, changes nothing; nor does one that was asked for and is refused.
        Returns whether the snapshot was taken.
        """
        self._now = max(self._now, snapshot.received)
        if not self._recent and self._is_old(snapshot):
            self.snapshots["old"] += 1
            return False
        if self._is_early(snapshot):
            self.snapshots["early"] += 1
            return False
        reason = self._replace(snapshot)
        if reason is not None:
            self.snapshots["refused"] += 1
            if self._recent is not None:
                return False  # the book is as true as it was
            self._fail(reason)
        self.tops.forget()
        self._follow(snapshot.last_id)
        self._snapshot_id = snapshot.last_id
        self._rule = self._feed.joins
        if reason is not None:
            return False
        self.snapshots["applied"] += 1
        self._revive()
        if not self._catch_up():
            return False
        self._look()
        self._compare()
        waiting, self._buffer = self._buffer, deque(maxlen=_BUFFERED)
        for update in waiting:
            self.update(update)
        return True

    def update(self, update: BookUpdate) -> bool:
        """Apply an update, drop it as old, keep it for a snapshot, or find the gap before it.

        Returns whether it was applied.
        """
        self._now = max(self._now, update.received)  # a buffered one was received before
        if not self.live:
            self._wait(update)
            return False
        verdict = self._rule(update, self._last_id)
        if verdict is Verdict.APPLY:
            return self._apply(update)
        if verdict is Verdict.OLD:
            self.updates["old"] += 1
        else:
            self._keeper = None
            self._fail(GapReason.SEQUENCE, update.first_id or update.last_id)
            self._hold(update)
        return False

    def lose(self, now: int, reason: GapReason) -> None:
        """The stream broke: a live book is unknown from now on; a polled one stays what it is."""
        self._now = max(self._now, now)
        self._keeper = None
        self._drop_waiting()
        if not self.polled:
            self._fail(reason)

    def _apply(self, update: BookUpdate) -> bool:
        reason = self._change(update)
        if reason is not None:
            self.updates["refused"] += 1
            self._fail(reason)
        self._follow(update.last_id)
        self._rule = self._feed.follows
        if reason is not None:
            return False
        self.updates["applied"] += 1
        if self._recent is not None:
            self._recent.append(update)
        self._look()
        self._compare()
        return True

    def _catch_up(self) -> bool:
        """After a refresh: what was applied since is applied to the new book as well.

        It was in sequence when it was applied the first time; only what the snapshot contains is
        left out.
        """
        recent, self._recent = self._recent, None
        for update in recent or ():
            if self._rule(update, self._last_id) is Verdict.OLD:
                continue
            reason = self._change(update)
            if reason is not None:
                self._fail(reason)
                return False
            self._follow(update.last_id)
        return True

    def _replace(self, snapshot: BookSnapshot) -> GapReason | None:
        """Take the levels of a snapshot; the reason where they cannot be the book."""
        book = self._new_book(self._feed.bounded_levels)
        right = self._keep_texts(snapshot)
        try:
            book.replace(snapshot)
        except LevelError as error:
            return _reason(error)
        if not right:
            return GapReason.CHECKSUM
        self.book = book
        return None

    def _change(self, update: BookUpdate) -> GapReason | None:
        """Take the levels of an update; the reason where the book is no longer true."""
        right = self._texts_match(update)
        try:
            self.book.update(update)
        except LevelError as error:
            return _reason(error)
        return None if right else GapReason.CHECKSUM

    def _follow(self, last_id: int | None) -> None:
        """The book is at this id now; quotes from before a fall of ids compare with nothing."""
        if last_id is not None and self._last_id is not None and last_id < self._last_id:
            self.tops.clear()
        self._last_id = last_id

    def _wait(self, update: BookUpdate) -> None:
        if self._keeper is not None:  # the levels are refused, the checksum still speaks
            verdict = self._feed.follows(update, self._last_id)
            if verdict is Verdict.APPLY:
                self._follow(update.last_id)
                self._texts_match(update)
            elif verdict is Verdict.GAP:
                self._keeper = None
        self._hold(update)

    def _hold(self, update: BookUpdate) -> None:
        if self._feed.snapshot_on_stream:
            self.updates["dropped"] += 1  # the next snapshot comes after it, on the same stream
            return
        if len(self._buffer) == _BUFFERED:
            self.updates["dropped"] += 1
        self._buffer.append(update)

    def _drop_waiting(self) -> None:
        self.updates["dropped"] += len(self._buffer)
        self._buffer.clear()

    def _look(self) -> None:
        before, top = self.top, self.book.top()
        if top == before:
            return
        self.top = top
        if top is not None and top.bid >= top.ask:
            self.crossed += top.crossed and not (before is not None and before.crossed)
            self.locked += top.locked and not (before is not None and before.locked)

    def _compare(self) -> None:
        """This state of the book is one to compare with the exchange's own best bid and ask."""
        if self.top is not None and self._snapshot_id is not None and self._last_id is not None:
            self.tops.state(self._snapshot_id, self._last_id, self.top)

    def _fail(self, reason: GapReason, after: int | None = None) -> None:
        if self.live:
            self.gaps[reason] += 1
            self.gap = GapMarker(self.market, self._now, None, reason, self._last_id, after)
        self._forget()

    def _forget(self) -> None:
        self.live = self.polled = False
        self.top = None
        self._recent = None
        self.tops.forget()
        self.book.clear()

    def _revive(self) -> None:
        if not self.live and self.gap is not None and self.gap.end is None:
            self.gap = self.gap._replace(end=self._now)
            self.resyncs += 1
        self.live, self.polled = True, False

    def _is_old(self, snapshot: BookSnapshot) -> bool:
        return (
            self.live
            and not self._feed.snapshot_on_stream
            and snapshot.last_id is not None
            and self._last_id is not None
            and snapshot.last_id < self._last_id
        )

    def _is_early(self, snapshot: BookSnapshot) -> bool:
        for update in self._buffer if self._recent is None else self._recent:
            verdict = self._feed.joins(update, snapshot.last_id)
            if verdict is not Verdict.OLD:
                return verdict is Verdict.GAP
        return False

    def _new_book(self, bounded: int | None) -> OrderBook:
        return OrderBook(bounded, self._price_decimals, self._quantity_decimals)

    def _same(self, top: Top, quote: Sequence[str]) -> bool:
        try:
            return self.book.reads(quote) == top
        except LevelError:
            return False

    def _keep_texts(self, snapshot: BookSnapshot) -> bool:
        """Start keeping original texts; False where they do not bear the snapshot's checksum."""
        self._keeper = None
        if self._feed.checksum is None:
            return True
        keeper = ChecksumKeeper(self._feed.checksum)
        try:
            keeper.replace(snapshot.bids, snapshot.asks)
        except LevelError:
            return True  # refused as levels, not as a checksum
        self._keeper = keeper
        return self._verified(snapshot.checksum)

    def _texts_match(self, update: BookUpdate) -> bool:
        """Keep the texts of an update; False where they do not bear its checksum."""
        if self._keeper is None:
            return True
        if not update.checksum and not self.checksums:
            self._keeper = None  # this exchange sends no checksums any more
            return True
        try:
            self._keeper.update(update.bids, update.asks)
        except LevelError:
            self._keeper = None
            return True
        return self._verified(update.checksum)

    def _verified(self, checksum: int) -> bool:
        """Whether the texts bear this checksum; 0 stands for none and proves nothing."""
        if not checksum or self._keeper is None:
            return True
        matches = self._keeper.matches(checksum)
        self.checksums["ok" if matches else "failed"] += 1
        if not matches:
            self._keeper = None
        return matches


def _reason(error: LevelError) -> GapReason:
    return GapReason.PRECISION if isinstance(error, PrecisionError) else GapReason.VALUE
