"""The people of one market: they quote around its fair price, trade, and change their minds.

Each slice of time the book is brought after the fair price by ordinary changes: orders on the wrong
side of it go (some are taken), better ones come, and levels far behind are withdrawn. What remains
of the market's rate of changes is turnover: orders changed, added and cancelled all over the book.
"""

from math import ceil, exp, floor
from random import Random

from exporter.simulator.effects import CALM, Effects
from exporter.simulator.market import Market
from exporter.simulator.shape import EVENLY, LIVELY, Shape
from exporter.simulator.side import Side

_TRADES_A_CHANGE = 0.05  # spontaneous ones; each sets off half a trade more
_ANSWERS = 0.5
_CALMING_SECONDS = 0.5
_SAME_SIDE = 0.75
_TRADE_SIZE = 0.25  # of a usual level
_MOST_TAKEN = 4  # levels

_HOLD_BPS = 0.5  # so far the book follows at once
_GLIDE_SECONDS = 0.2
_QUICK_BPS = 1.0  # a touch so far off is quoted anew at once, others with this chance a slice
_QUOTES = 0.35
_SWEEPS_TRADED = 0.4

_FAR, _TOO_FAR = 1.15, 1.5  # reaches behind mid: withdrawn by and by, and at once
_TOO_FEW = 0.8  # of the usual levels; then so much of what is missing comes each slice
_REFILL = 0.06
_CHANGED = 0.55  # of the turnover: changed; the rest comes or goes
_BURSTS = 0.3
_WITHDRAWN_BPS = 25


class Crowd:
    """Acts on one market, about `rate` book changes a second, in slices of `seconds`."""

    def __init__(
        self, market: Market, shape: Shape, fair: float, rate: float, seconds: float, rng: Random
    ) -> None:
        self._market = market
        self._sides = ((True, market.bid_side), (False, market.ask_side))
        self._shape = shape
        self._rng = rng
        self._centre = fair
        self._seconds = seconds
        self._earned = rate * seconds
        self._debt = rate
        self._credit = 0.0
        self._trades = rate * _TRADES_A_CHANGE * seconds
        self._answers = _ANSWERS * seconds / _CALMING_SECONDS
        self._calming = exp(-seconds / _CALMING_SECONDS)
        self._excited = 0.0
        self._buying = True
        self._effects = CALM
        self._stray: int | None = None
        self._tended = 0
        self._open()

    def act(self, at: int, fair: float, effects: Effects) -> None:
        """One slice of time, which ends at `at` (ms), with this fair price (ticks)."""
        before = self._market.changes
        if effects is not self._effects:
            self._take_in(effects, at)
        if self._stray is None:
            self._glide(fair)
            self._follow(at)
            self._trade(at)
        self._tend(at)
        self._credit += self._earned - (self._market.changes - before)
        self._credit = max(self._credit, -self._debt)
        if self._credit >= 1 and self._rng.random() < _BURSTS:
            self._turn_over(at)

    def _open(self) -> None:
        """The book with which the market begins."""
        for bid, side in self._sides:
            ticks = side.sign * self._limit(side)
            for _ in range(3 * self._shape.levels):
                side.put(ticks, self._quantity(bid, ticks))
                if len(side.keys) >= self._shape.levels:
                    break
                ticks = self._place(side, EVENLY)
        self._market.last = self._market.bid_side.best()

    def _take_in(self, effects: Effects, at: int) -> None:
        """Begin and end what changes levels at once: crossing and withdrawal."""
        before, self._effects = self._effects, effects
        for bid in (True, False):
            share = effects.bids if bid else effects.asks
            was = before.bids if bid else before.asks
            if share != was:
                self._rescale(bid, share / was, at)
        if effects.crossed and self._stray is None:
            self._cross(effects.crossed, at)
        elif not effects.crossed and self._stray is not None:
            self._market.put(True, self._stray, 0, at)
            self._stray = None

    def _rescale(self, bid: bool, factor: float, at: int) -> None:
        """Withdraw part of what rests near mid, or put back what usually rests there."""
        side = self._market.side(bid)
        near = self._centre * _WITHDRAWN_BPS / 10_000
        for ticks in side.better(floor(side.sign * self._centre - near)):
            lots = max(1, round(side.lots[ticks] * factor))
            self._market.put(bid, ticks, lots if factor < 1 else self._quantity(bid, ticks), at)

    def _cross(self, bps: float, at: int) -> None:
        """One bid above the best ask; until it goes nobody quotes nearer or trades."""
        ask = self._market.ask_side.best()
        self._stray = max(ask + 1, ceil(ask * (1 + bps / 10_000)))
        self._market.put(True, self._stray, self._quantity(True, self._stray), at)

    def _glide(self, fair: float) -> None:
        """Bring the centre of the book to the fair price: at once, or over a second if far."""
        gap = fair - self._centre
        if gap:
            hold = _HOLD_BPS * fair / 10_000
            step = max(hold, abs(gap) * (1 - exp(-self._seconds / _GLIDE_SECONDS)))
            self._centre = fair if step >= abs(gap) else self._centre + (step if gap > 0 else -step)

    def _limit(self, side: Side) -> int:
        """The best key at which that side quotes now."""
        near = self._near()
        return floor(self._centre - near) if side.sign > 0 else -(floor(self._centre + near) + 1)

    def _follow(self, at: int) -> None:
        """Orders on the wrong side of the centre go, then the touch is quoted anew."""
        sides = [(bid, side, self._limit(side)) for bid, side in self._sides]
        for bid, side, limit in sides:
            if side.keys[-1] > limit:
                self._sweep(bid, limit, at)
        for bid, side, limit in sides:
            gap = limit - side.keys[-1]
            if gap <= 0:
                continue
            quick = gap * 10_000 > self._centre * _QUICK_BPS
            if quick or self._rng.random() < _QUOTES:
                ticks = side.sign * limit
                self._market.put(bid, ticks, self._quantity(bid, ticks), at)

    def _sweep(self, bid: bool, limit: int, at: int) -> None:
        """Remove what is better than the limit; a short way of it is now and then traded away."""
        market = self._market
        side = market.side(bid)
        if side.keys[0] > limit:
            market.put(bid, side.sign * limit, self._quantity(bid, side.sign * limit), at)
        levels = side.better(limit)
        short = (side.keys[-1] - limit) * 10_000 < self._centre * _QUICK_BPS
        traded = short and not self._effects.half_spread and self._rng.random() < _SWEEPS_TRADED
        for ticks in levels:
            if traded:
                market.take(not bid, side.lots[ticks], at)
            else:
                market.put(bid, ticks, 0, at)

    def _trade(self, at: int) -> None:
        """A taker order, perhaps: trades excite trades, mostly of the same side."""
        rng = self._rng
        self._excited *= self._calming
        if rng.random() >= self._trades + self._excited:
            return
        self._excited += self._answers
        if rng.random() >= _SAME_SIDE:
            self._buying = not self._buying
        lots = max(1, round(self._shape.lots * _TRADE_SIZE * exp(rng.gauss(-0.8, 1.2))))
        side = self._market.side(not self._buying)
        for _ in range(_MOST_TAKEN):
            if lots <= 0 or len(side.keys) < 2:
                break
            rest = side.lots[side.best()]
            self._market.take(self._buying, lots, at)
            lots -= rest

    def _tend(self, at: int) -> None:
        """Withdraw what is left far behind, and refill a side that has lost much."""
        if self._market.changes == self._tended:
            return
        self._tended = self._market.changes
        for bid, side in self._sides:
            while self._behind(side, _TOO_FAR):
                self._market.put(bid, side.sign * side.keys[0], 0, at)
            missing = self._room() - len(side.keys)
            if missing > (1 - _TOO_FEW) * self._shape.levels:
                for _ in range(ceil(missing * _REFILL)):
                    self._add(bid, EVENLY, at)

    def _turn_over(self, at: int) -> None:
        """Spend the credit on orders that come, change and go."""
        rng = self._rng
        while self._credit >= 1:
            self._credit -= 1
            bid = rng.random() < 0.5
            side = self._market.side(bid)
            if self._behind(side, _FAR):
                self._market.put(bid, side.sign * side.keys[0], 0, at)
            elif rng.random() < _CHANGED:
                self._change(bid, at)
            elif len(side.keys) < self._room():
                self._add(bid, LIVELY, at)
            else:
                self._cancel(bid, at)

    def _change(self, bid: bool, at: int) -> None:
        side = self._market.side(bid)
        ticks = side.sign * side.keys[-1 - self._shape.rank(self._rng, len(side.keys))]
        self._market.put(bid, ticks, self._quantity(bid, ticks), at)

    def _add(self, bid: bool, how: float, at: int) -> None:
        ticks = self._place(self._market.side(bid), how)
        self._market.put(bid, ticks, self._quantity(bid, ticks), at)

    def _cancel(self, bid: bool, at: int) -> None:
        """Remove a level, never the best."""
        side = self._market.side(bid)
        if rank := self._shape.rank(self._rng, len(side.keys)):
            self._market.put(bid, side.sign * side.keys[-1 - rank], 0, at)

    def _behind(self, side: Side, reaches: float) -> bool:
        """Whether the worst level lies further behind than that and can be spared."""
        far = self._near() + reaches * self._shape.reach
        return side.keys[0] < side.sign * self._centre - far and len(side.keys) > 1

    def _room(self) -> float:
        return self._shape.room(self._near())

    def _near(self) -> float:
        """Ticks on either side of the centre without orders."""
        return self._centre * self._effects.half_spread / 10_000

    def _place(self, side: Side, how: float) -> int:
        """A price for a new order, in ticks."""
        distance = self._shape.distance(self._rng, self._near(), how)
        return side.sign * min(self._limit(side), floor(side.sign * self._centre - distance))

    def _quantity(self, bid: bool, ticks: int) -> int:
        """Lots for a new order at that price."""
        effects = self._effects
        away = abs(ticks - self._centre)
        near = away * 10_000 <= _WITHDRAWN_BPS * self._centre
        share = (effects.bids if bid else effects.asks) if near else 1.0
        return self._shape.quantity(self._rng, away, share)
