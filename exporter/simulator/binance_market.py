"""One market on Binance's streams: what each happening becomes, and what is sent by the clock."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from exporter.simulator.binance_messages import Messages, mark_price
from exporter.simulator.faults import BookFaults
from exporter.simulator.market import Best, Change, Happening, Market, Trade
from exporter.simulator.publication import Differences, Levels, Update
from exporter.simulator.situation import Situation, following

Publish = Callable[[str, str], None]
"""Sends a payload to all who subscribed to a stream."""

_SNAPSHOT_SPEED = 100
_MARKS = {"markPrice@1s": 1000, "markPrice": 3000}


@dataclass(slots=True)
class _Depth:
    """A difference stream of one speed (ms)."""

    stream: str
    speed: int
    phase: int
    differences: Differences
    faults: BookFaults
    due: int = 0


class BinanceMarket:
    """The streams of a market; `wanted` are those that somebody is subscribed to.

    `bids` and `asks` are the book as the 100 ms difference stream has told it up to the id `last`:
    that is the book of REST snapshots. `speeds` are the difference streams with their ms.
    """

    def __init__(
        self,
        market: Market,
        wire: Messages,
        speeds: Mapping[str, int],
        situation: Situation,
        publish: Publish,
        wanted: Container[str],
    ) -> None:
        self.market = market
        self.wire = wire
        self.bids, self.asks = dict(market.bids), dict(market.asks)
        self.last = market.number
        self._situation = situation
        self._publish = publish
        self._wanted = wanted
        prefix = f"{market.symbol.name.lower()}@"
        self._best, self._trade, self._aggregate = (
            prefix + kind for kind in ("bookTicker", "trade", "aggTrade")
        )
        self._depths = [self._depth(prefix + kind, speed) for kind, speed in speeds.items()]
        self._marks = (
            {(prefix + kind, span): 0 for kind, span in _MARKS.items()}
            if market.symbol.kind == "PERP"
            else {}
        )

    @property
    def streams(self) -> list[str]:
        """The names of all streams of this market."""
        depths = [depth.stream for depth in self._depths]
        marks = [stream for stream, _ in self._marks]
        return [self._best, self._trade, self._aggregate, *depths, *marks]

    def take(self, happenings: Sequence[Happening]) -> None:
        """What happened in the market: quotes and trades at once, changes when they are due."""
        now, shift = self._situation.now, self._situation.shift
        for happening in happenings:
            if isinstance(happening, Change):
                for depth in self._depths:
                    depth.differences.add(happening)
            elif isinstance(happening, Best):
                if self._best in self._wanted:
                    self._publish(self._best, self.wire.best(happening, now, shift))
            else:
                self._tell(happening, now, shift)

    def tick(self) -> None:
        """Send what is due by the clock."""
        now = self._situation.now
        for depth in self._depths:
            if now >= depth.due:
                depth.due = following(now, depth.speed, depth.phase)
                self._flush(depth)
        for (stream, span), due in self._marks.items():
            if now >= due:
                self._marks[stream, span] = following(now, span)
                self._tell_mark(stream, now - now % span)

    def settle(self) -> None:
        """Send all changes that are pending, due or not, and what is held back."""
        for depth in self._depths:
            self._flush(depth)
            self._send(depth, depth.faults.drain())

    def levels(self, most: int | None = None) -> tuple[Levels, Levels]:
        """Bids and asks as published, best first."""
        bids = sorted(self.bids.items(), reverse=True)
        return bids[:most], sorted(self.asks.items())[:most]

    def _depth(self, stream: str, speed: int) -> _Depth:
        symbol = self.market.symbol
        return _Depth(
            stream,
            speed,
            crc32(stream.encode()) % speed,
            Differences(self.market.number),
            BookFaults(self._situation, symbol.exchange, symbol.instrument),
        )

    def _tell(self, trade: Trade, now: int, shift: int) -> None:
        if self._trade in self._wanted:
            self._publish(self._trade, self.wire.trade(trade, now, shift))
        if self._aggregate in self._wanted:
            self._publish(self._aggregate, self.wire.aggregate(trade, now, shift))

    def _tell_mark(self, stream: str, sent: int) -> None:
        market = self.market
        known = (market.mark, market.index, market.funding_rate, market.next_funding)
        if stream in self._wanted and None not in known:
            self._publish(stream, mark_price(market, sent))

    def _flush(self, depth: _Depth) -> None:
        differences, faults = depth.differences, depth.faults
        update = differences.take_ids() if faults.frozen else differences.take()
        if update is None:
            self._send(depth, faults.rest())
            return
        if depth.speed == _SNAPSHOT_SPEED:
            self._apply(update)
        if depth.stream in self._wanted:
            payload = self.wire.depth(update, self._situation.now)
            self._send(depth, faults.through(payload))

    def _send(self, depth: _Depth, payloads: Sequence[str]) -> None:
        for payload in payloads:
            self._publish(depth.stream, payload)

    def _apply(self, update: Update) -> None:
        self.last = update.last
        for side, levels in ((self.bids, update.bids), (self.asks, update.asks)):
            for ticks, lots in levels:
                if lots:
                    side[ticks] = lots
                else:
                    side.pop(ticks, None)
