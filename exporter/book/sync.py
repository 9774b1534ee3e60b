"""Keeps one order book true: snapshot, buffered updates, sequence, checksum, gaps.

A book is live only while every change since its snapshot is known to be in it. Anything else makes
it unknown until a snapshot: a break in the sequence, a wrong checksum, a level it cannot hold.
"""

from collections import Counter, deque
from collections.abc import Sequence

from exporter.book.checksum import ChecksumKeeper
from exporter.book.orderbook import OrderBook, Top
from exporter.book.tops import TopsCheck
from exporter.errors import LevelError, PrecisionError
from exporter.feeds.feed import Feed, Verdict
from exporter.model import BookSnapshot, BookUpdate, GapMarker, MarketId
from exporter.scale import DECIMALS

_BUFFERED = 2048


class BookSync:
    """The book of one market and the state of its synchronisation.

    `updates` counts updates by what became of them (applied, old, waiting, overflow, refused), so
    that they add up to those received; `snapshots` likewise (applied, old, early, refused).
    `gaps` counts by reason how often a live book became unknown, `resyncs` how often it came back.
    """

    def __init__(self, market: MarketId, feed: Feed) -> None:
        self.market = market
        self.live = False
        self.top: Top | None = None
        """Best bid and ask while the book is live and has both; crossed ones too."""
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
        self.book = self._new_book()
        self._keeper: ChecksumKeeper | None = None
        self._buffer: deque[BookUpdate] = deque(maxlen=_BUFFERED)
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

    def snapshot(self, snapshot: BookSnapshot) -> None:
        """Start again from a snapshot, then apply what was buffered meanwhile.

        One that is older than the live book, or than the first buffered update, changes nothing.
        """
        if self._is_old(snapshot):
            self.snapshots["old"] += 1
            return
        if self._is_early(snapshot):
            self.snapshots["early"] += 1
            return
        self._snapshot_id = self._last_id = snapshot.last_id
        self._rule = self._feed.joins
        self.tops.forget()
        self.book = self._new_book()
        try:
            self.book.replace(snapshot)
        except LevelError as error:
            self.snapshots["refused"] += 1
            self._fail(snapshot.received, _reason(error), None)
            self._keep_texts(snapshot)
            return
        self.snapshots["applied"] += 1
        self._revive(snapshot.received)
        self._look()
        self._compare()
        self._keep_texts(snapshot)
        waiting, self._buffer = self._buffer, deque(maxlen=_BUFFERED)
        self.updates["waiting"] -= len(waiting)
        for update in waiting:
            self.update(update)

    def update(self, update: BookUpdate) -> None:
        """Apply an update, drop it as old, keep it for a snapshot, or find the gap before it."""
        if not self.live:
            self._wait(update)
            return
        verdict = self._rule(update, self._last_id)
        if verdict is Verdict.OLD:
            self.updates["old"] += 1
        elif verdict is Verdict.APPLY:
            self._apply(update)
        else:
            self._keeper = None
            self._fail(update.received, "sequence", update.first_id or update.last_id)
            self._hold(update)

    def lose(self, now: int, reason: str) -> None:
        """The book became unknown for a reason outside the stream (a disconnect, say)."""
        self._keeper = None
        self._buffer.clear()
        self._fail(now, reason, None)

    def _apply(self, update: BookUpdate) -> None:
        self._rule = self._feed.follows
        self._last_id = update.last_id
        try:
            self.book.update(update)
        except LevelError as error:
            self.updates["refused"] += 1
            self._update_texts(update)
            self._fail(update.received, _reason(error), None)
            return
        self.updates["applied"] += 1
        self._look()
        if self._keeper is not None:
            self._update_texts(update)
        self._compare()

    def _wait(self, update: BookUpdate) -> None:
        if self._keeper is not None:  # the levels are refused, the checksum still speaks
            if self._feed.follows(update, self._last_id) is Verdict.APPLY:
                self._last_id = update.last_id
                self._update_texts(update)
            else:
                self._keeper = None
        self._hold(update)

    def _hold(self, update: BookUpdate) -> None:
        self.updates["waiting"] += 1
        if self._feed.bounded_levels is not None:
            return  # the next snapshot comes on the stream itself, after these
        if len(self._buffer) == _BUFFERED:
            self.updates["waiting"] -= 1
            self.updates["overflow"] += 1
        self._buffer.append(update)

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

    def _fail(self, now: int, reason: str, after: int | None) -> None:
        if self.live:
            self.gaps[reason] += 1
            self.gap = GapMarker(self.market, now, None, reason, self._last_id, after)
        self.live = False
        self.top = None
        self.tops.forget()
        self.book.clear()

    def _revive(self, now: int) -> None:
        if not self.live and self.gap is not None and self.gap.end is None:
            self.gap = self.gap._replace(end=now)
            self.resyncs += 1
        self.live = True

    def _is_old(self, snapshot: BookSnapshot) -> bool:
        return (
            self.live
            and self._feed.bounded_levels is None
            and snapshot.last_id is not None
            and self._last_id is not None
            and snapshot.last_id < self._last_id
        )

    def _is_early(self, snapshot: BookSnapshot) -> bool:
        for update in self._buffer:
            verdict = self._feed.joins(update, snapshot.last_id)
            if verdict is not Verdict.OLD:
                return verdict is Verdict.GAP
        return False

    def _new_book(self) -> OrderBook:
        return OrderBook(self._feed.bounded_levels, self._price_decimals, self._quantity_decimals)

    def _same(self, top: Top, quote: Sequence[str]) -> bool:
        try:
            return self.book.reads(quote) == top
        except LevelError:
            return False

    def _keep_texts(self, snapshot: BookSnapshot) -> None:
        self._keeper = None
        if snapshot.checksum and self._feed.checksum is not None:
            keeper = ChecksumKeeper(self._feed.checksum)
            try:
                keeper.replace(snapshot.bids, snapshot.asks)
            except LevelError:
                return
            self._keeper = keeper
            if not self._verified(snapshot.checksum):
                self._lose_texts(snapshot.received)

    def _update_texts(self, update: BookUpdate) -> None:
        if self._keeper is None:
            return
        try:
            self._keeper.update(update.bids, update.asks)
        except LevelError:
            self._keeper = None
            return
        if not self._verified(update.checksum):
            self._lose_texts(update.received)

    def _verified(self, checksum: int) -> bool:
        """Whether the levels bear this checksum; 0 stands for none and proves nothing."""
        if not checksum or self._keeper is None:
            return True
        matches = self._keeper.matches(checksum)
        self.checksums["ok" if matches else "failed"] += 1
        return matches

    def _lose_texts(self, now: int) -> None:
        self._keeper = None
        self._fail(now, "checksum", None)


def _reason(error: LevelError) -> str:
    return "precision" if isinstance(error, PrecisionError) else "value"
