"""One market on OKX's channels: what each happening becomes, and what is sent by the clock."""

from collections.abc import Callable, Container, Sequence
from zlib import crc32

from exporter.simulator.faults import FROZEN_HEARTBEAT, BookFaults
from exporter.simulator.market import Best, Change, Happening, Market, Trade
from exporter.simulator.okx_messages import OkxMessages, message
from exporter.simulator.publication import Levels, Window
from exporter.simulator.situation import Situation, following

Key = tuple[str, str]
"""Channel and instrument id: what is subscribed to."""
Publish = Callable[[Key, str], None]
"""Sends a payload to all who subscribed."""

BOOK_LEVELS = 400
_BOOK_SPEED = 100
_MARK_SPEED, _MARK_SILENCE = 200, 10_000
_FUNDING_SHORTEST, _FUNDING_SPREAD = 30_000, 60_001


class OkxMarket:
    """The channels of a market; `wanted` are those that somebody is subscribed to.

    The book is published to its best 400 levels, up to the id `last`. After `heartbeat` ms without
    a message of the book an empty one is sent.
    """

    def __init__(
        self,
        market: Market,
        heartbeat: int,
        situation: Situation,
        publish: Publish,
        wanted: Container[Key],
    ) -> None:
        symbol = market.symbol
        self.market = market
        self.wire = OkxMessages(symbol)
        self.last = market.number
        self.faults = BookFaults(situation, symbol.exchange, symbol.instrument)
        self._situation = situation
        self._publish = publish
        self._wanted = wanted
        self._heartbeat = heartbeat
        self._bids = Window(True, market.bids, BOOK_LEVELS)
        self._asks = Window(False, market.asks, BOOK_LEVELS)
        self._changes: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._number = market.number
        self._best: Best | None = None
        self._phase = crc32(symbol.name.encode()) % _BOOK_SPEED
        self._book_due = self._mark_due = self._funding_due = 0
        self._book_told = self._mark_told = situation.now
        self._mark = market.mark
        self._keys = {kind: (kind, symbol.name) for kind in ("books", "bbo-tbt", "trades")}
        if symbol.kind == "PERP":
            self._keys |= {kind: (kind, symbol.name) for kind in ("mark-price", "funding-rate")}

    @property
    def keys(self) -> list[Key]:
        """All channels of this market."""
        return list(self._keys.values())

    def first(self, channel: str) -> str | None:
        """What a new subscriber is sent at once; None for nothing, or nothing yet."""
        if channel == "books":
            return None if self.faults.stale else self._snapshot()
        if channel == "bbo-tbt":
            return self._touch()
        row = self.reference_row(channel)
        return None if row is None else message(channel, self.market.symbol.name, row)

    def reference_row(self, channel: str) -> str | None:
        """The row of `mark-price` or `funding-rate` now; None for what spot has not."""
        market, now = self.market, self._situation.now
        if channel == "mark-price" and market.mark is not None:
            return self.wire.mark_row(market.mark, now)
        if channel == "funding-rate" and market.funding_rate is not None:
            return self.wire.funding_row(market, market.funding_rate, now)
        return None

    def take(self, happenings: Sequence[Happening]) -> None:
        """What happened in the market: trades and the last best quote now, changes when due."""
        for happening in happenings:
            if isinstance(happening, Change):
                self._number = happening.number
                self._changes[happening.bid][happening.ticks] = happening.lots
            elif isinstance(happening, Best):
                self._best = happening
            else:
                self._tell_trade(happening)

    def tick(self) -> None:
        """Send what is due by the clock, and the best quote if it is new."""
        now = self._situation.now
        if self._best is not None and not self.faults.frozen:
            self._tell_best(self._best)
        if now >= self._book_due:
            self._book_due = following(now, _BOOK_SPEED, self._phase)
            self._flush()
        if self.market.symbol.kind == "PERP":
            self._tick_references(now)

    def settle(self) -> None:
        """Send all changes that are pending, due or not, and what is held back."""
        self._flush()
        for payload in self.faults.drain():
            self._tell("books", payload)

    def levels(self, most: int | None = None) -> tuple[Levels, Levels]:
        """Bids and asks as published, best first."""
        return self._bids.levels(most), self._asks.levels(most)

    def _snapshot(self) -> str:
        bids, asks = self.levels()
        return self.wire.book("snapshot", bids, asks, self._situation.now, self.last, -1)

    def _touch(self) -> str | None:
        bids, asks = self.levels(1)
        if not (bids and asks):
            return None
        best = Best(self.last, self._situation.now, *bids[0], *asks[0])
        return self.wire.best(best, best.at)

    def _flush(self) -> None:
        if self.faults.frozen:
            self._beat(FROZEN_HEARTBEAT)
            return
        (asks, bids), self._changes = self._changes, ({}, {})
        below, above = self._bids.update(bids), self._asks.update(asks)
        if below or above:
            self._tell_book(below, above, self._number)
        else:
            self._beat(self._heartbeat)

    def _beat(self, silence: int) -> None:
        """A heartbeat after so many ms of silence; otherwise what has waited long enough."""
        if self._situation.now - self._book_told >= silence:
            self._tell_book([], [], self.last)
        else:
            for payload in self.faults.rest():
                self._tell("books", payload)

    def _tell_book(self, bids: Levels, asks: Levels, number: int) -> None:
        now, previous = self._situation.now, self.last
        self._book_told, self.last = now, number
        if self._keys["books"] in self._wanted:
            payload = self.wire.book("update", bids, asks, now, number, previous)
            for one in self.faults.through(payload):
                self._tell("books", one)

    def _tell_best(self, best: Best) -> None:
        self._best = None
        if self._keys["bbo-tbt"] in self._wanted:
            self._tell("bbo-tbt", self.wire.best(best, best.at + self._situation.shift))

    def _tell_trade(self, trade: Trade) -> None:
        if self._keys["trades"] in self._wanted:
            at = trade.at + self._situation.shift
            self._tell("trades", self.wire.trade(trade, at, self._number))

    def _tick_references(self, now: int) -> None:
        if now >= self._mark_due:
            self._mark_due = following(now, _MARK_SPEED, self._phase)
            if self.market.mark != self._mark or now - self._mark_told >= _MARK_SILENCE:
                self._mark, self._mark_told = self.market.mark, now
                self._tell_reference("mark-price")
        if now >= self._funding_due:
            self._funding_due = now + _FUNDING_SHORTEST + crc32(str(now).encode()) % _FUNDING_SPREAD
            self._tell_reference("funding-rate")

    def _tell_reference(self, channel: str) -> None:
        payload = self.first(channel) if self._keys[channel] in self._wanted else None
        if payload is not None:
            self._tell(channel, payload)

    def _tell(self, channel: str, payload: str) -> None:
        self._publish(self._keys[channel], payload)
