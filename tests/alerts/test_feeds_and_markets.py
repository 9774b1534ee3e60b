"""What books that freeze, cross, fall silent or are polled raise on the shipped rules."""

from collections.abc import Sequence

import pytest

from exporter.model import NANOSECONDS, BookSnapshot, BookUpdate, Stream, Trade
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.transition import State, Transition
from tests.books import START, World
from tests.shared import shipped

PERP, SPOT = "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"
SWAP = "okx/BTC-USDT-PERP"
BASIS = ("basis_warning", "basis_critical", "basis_ceiling")
DIVERGENCE = "cross_exchange_divergence"


class Log(Observer):
    """All transitions."""

    def __init__(self) -> None:
        self.changes: list[Transition] = []

    def transitions(self, changes: Sequence[Transition]) -> None:
        self.changes += changes


class Scene(World):
    """A world, and what its alerts do."""

    def __init__(self) -> None:
        self.log = Log()
        super().__init__(Pipeline(shipped(), observer=self.log))

    def changes(self, alert: str, name: str) -> list[tuple[int, State]]:
        """When an alert of a market, or of its pairs, came to which state; seconds from START."""
        return [
            ((one.time - START) // NANOSECONDS, one.after)
            for one in self.log.changes
            if (one.alert, f"{one.target.exchange}/{one.target.instrument}") == (alert, name)
        ]

    def fired(self, alert: str, name: str) -> list[int]:
        """When it began to fire."""
        return [second for second, state in self.changes(alert, name) if state is State.FIRING]

    def unknown(self, name: str) -> dict[str, str]:
        """Why alerts cannot be evaluated now, where they cannot."""
        return {
            str(labels[2]): str(labels[3])
            for labels in self.readings(name)
            if labels[0] == "market_alert_evaluation_unknown"
        }

    def heartbeat(self, name: str) -> None:
        """A message of the book's stream in which nothing changes."""
        market, now = self.market(name), self.now
        last = market.sync.last_id or 0
        update = BookUpdate(market.spec.symbol, now, now, last + 1, last + 1, last, (), ())
        market.on_book(update, 10)

    def poll(self, name: str, bid: str, ask: str) -> None:
        """The stream is lost, and REST shows a book."""
        market = self.market(name)
        market.disconnect(self.now, [Stream.BOOK])
        market.on_poll(self.snapshot(name, 5, bid, ask))

    def snapshot(self, name: str, number: int, bid: str, ask: str) -> BookSnapshot:
        """An answer of REST."""
        symbol, now = self.market(name).spec.symbol, self.now
        return BookSnapshot(symbol, now, now, number, ((bid, "1"),), ((ask, "1"),))

    def trades(self, name: str, *prices: str) -> None:
        """Buyers pay these prices."""
        market = self.market(name)
        for number, price in enumerate(prices):
            trade = Trade(market.spec.symbol, self.now, self.now, str(number), price, "1", True)
            market.on(trade, 10)


def around(scene: Scene, name: str, price: int) -> None:
    scene.top(name, str(price), str(price + 1))


def parted(frozen: str, moving: str) -> Scene:
    """A calm minute; then one book only has heartbeats while the other climbs by 250 bps."""
    scene = Scene()
    for second in range(60):
        around(scene, frozen, 60_000 + second % 3)
        around(scene, moving, 60_000)
        scene.later(1)
    for second in range(150):
        scene.heartbeat(frozen)
        around(scene, moving, 60_000 + min(second, 100) * 15)
        scene.later(1)
    return scene


# --- a book that may be frozen is compared with nothing


@pytest.mark.parametrize(
    ("frozen", "moving", "reason"), [(PERP, SPOT, "stale"), (SPOT, PERP, "leg_missing")]
)
def test_a_frozen_leg_raises_no_basis_alert(frozen: str, moving: str, reason: str) -> None:
    scene = parted(frozen, moving)
    assert [scene.fired(name, PERP) for name in BASIS] == [[], [], []]
    assert {scene.unknown(PERP)[name] for name in BASIS} == {reason}
    assert len(scene.fired("book_frozen", frozen)) == 1
    assert scene.fired("book_frozen", moving) == []


@pytest.mark.parametrize(
    ("frozen", "moving", "reason"), [(PERP, SWAP, "stale"), (SWAP, PERP, "leg_missing")]
)
def test_a_frozen_exchange_raises_no_divergence(frozen: str, moving: str, reason: str) -> None:
    scene = parted(frozen, moving)
    assert scene.fired(DIVERGENCE, PERP) == []
    assert scene.unknown(PERP)[DIVERGENCE] == reason
    assert len(scene.fired("book_frozen", frozen)) == 1


def test_two_books_that_move_apart_do_raise_them() -> None:
    scene = Scene()
    for second in range(60):
        around(scene, PERP, 60_000 + second % 3 + 1_500 * (second >= 40))
        around(scene, SPOT, 60_000 + second % 2)
        around(scene, SWAP, 60_000 + second % 2)
        scene.later(1)
    assert len(scene.fired("basis_ceiling", PERP)) == 1
    assert len(scene.fired(DIVERGENCE, PERP)) == 1


# --- crossed books


def test_single_crossed_messages_over_whole_seconds_raise_nothing() -> None:
    scene = Scene()
    scene.later(0.9)
    for _ in range(6):
        scene.top(PERP, "101", "100")
        scene.later(0.2)
        scene.top(PERP, "99.9", "100")
        scene.later(0.8)
    assert scene.market(PERP).sync.crossed == 6
    assert scene.changes("book_crossed", PERP) == []


def test_a_book_that_stays_crossed_does_within_three_seconds() -> None:
    scene = Scene()
    scene.later(0.9)
    scene.top(PERP, "101", "100")
    scene.later(4)
    scene.top(PERP, "99.9", "100")
    scene.later(2)
    assert scene.changes("book_crossed", PERP) == [(3, State.FIRING), (5, State.INACTIVE)]


def test_a_crossed_book_that_is_then_polled_is_unknown_and_not_cleared() -> None:
    scene = Scene()
    scene.later(0.5)
    scene.top(PERP, "101", "100")
    scene.later(4)
    scene.poll(PERP, "101", "100")
    scene.later(3)
    assert [state for _, state in scene.changes("book_crossed", PERP)] == [State.FIRING]
    assert scene.unknown(PERP)["book_crossed"] == "crossed"


# --- polled books, old snapshots


def test_a_polled_book_says_nothing_of_being_frozen_or_traded_through() -> None:
    scene = Scene()
    scene.top(PERP, "99.9", "100")
    scene.later(1)
    assert not {"book_frozen", "trade_outside_book"} & scene.unknown(PERP).keys()
    scene.poll(PERP, "99.9", "100")
    scene.later(1)
    unknown = scene.unknown(PERP)
    assert (unknown["book_frozen"], unknown["trade_outside_book"]) == ("gap", "gap")


def test_refused_old_snapshots_do_not_make_a_stale_feed_fresh() -> None:
    scene = Scene()
    market = scene.market(PERP)
    scene.top(PERP, "99.9", "100")
    for _ in range(20):
        scene.later(20)
        market.on_book(scene.snapshot(PERP, 0, "99.9", "100"), 10)
    assert market.sync.snapshots["old"] == 20
    assert scene.changes("feed_stale", PERP) == [(6, State.FIRING), (306, State.FIRING)]


# --- trades beyond the book


def test_a_sweep_through_a_quiet_book_raises_nothing() -> None:
    scene = Scene()
    scene.later(0.5)
    scene.book(PERP, (("99", "1"),), [(str(price), "1") for price in range(100, 105)])
    scene.later(4.45)
    scene.trades(PERP, "101", "102", "103")
    scene.later(0.1)
    scene.book(PERP, (("99", "1"),), (("104", "5"),))
    scene.later(5)
    assert scene.changes("trade_outside_book", PERP) == [(5, State.PENDING), (6, State.INACTIVE)]


def test_trades_beyond_a_book_that_does_not_follow_fire_two_seconds_later() -> None:
    scene = Scene()
    scene.later(0.5)
    scene.top(PERP, "99", "100")
    scene.later(4.45)
    scene.trades(PERP, "101", "102", "103")
    scene.later(4)
    assert scene.changes("trade_outside_book", PERP) == [(5, State.PENDING), (7, State.FIRING)]


# --- markets that are silent


def test_an_awaited_market_that_never_speaks_is_stale_and_a_gap() -> None:
    scene = Scene()
    scene.market(PERP).awaited = START
    scene.later(60)
    assert (scene.fired("feed_stale", PERP), scene.fired("data_gap", PERP)) == ([6], [6])


def test_a_market_that_nobody_awaits_is_neither() -> None:
    scene = Scene()
    scene.later(1200)
    assert scene.log.changes == []


def test_feed_rules_do_not_judge_what_is_not_traded() -> None:
    scene = Scene()
    scene.top(PERP, "99.9", "100")
    scene.later(1)
    rules = ("feed_stale", "book_frozen", "data_gap")
    scene.market(PERP).trading = False
    scene.later(320)
    assert {scene.unknown(PERP)[name] for name in rules[:2]} == {"not_trading"}
    scene.market(PERP).disconnect(scene.now, [Stream.BOOK])
    scene.later(320)
    assert {scene.unknown(PERP)[name] for name in rules} == {"not_trading"}
    assert [scene.changes(name, PERP) for name in rules] == [[], [], []]
