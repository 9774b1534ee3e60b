"""What is unknown is absent, and comes back when it is known again."""

import pytest

from exporter.model import NANOSECONDS, GapReason, Stream
from tests.books import BOOK_A, World

PERP, SPOT = "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"
BOOK_FAMILIES = {
    "market_mid_price",
    "market_spread_bps",
    "market_depth_quote",
    "market_imbalance_ratio",
    "market_spread_average_bps",
}


def families(world: World, name: str = PERP) -> set[str]:
    return {key[0] for key in world.readings(name)}


@pytest.fixture
def world() -> World:
    world = World()
    world.book(PERP, *BOOK_A)
    world.later(2.5)
    world.book(PERP, *BOOK_A)
    assert families(world) >= BOOK_FAMILIES
    assert world.readings(PERP)["market_feed_up",] == 1
    return world


def assert_silent(world: World, reason: str) -> None:
    assert not families(world) & BOOK_FAMILIES
    assert world.readings(PERP)["market_feed_up",] == 0
    assert world.market(PERP).health(world.now).reason == reason


def assert_back(world: World) -> None:
    world.book(PERP, *BOOK_A)
    assert families(world) >= BOOK_FAMILIES - {"market_spread_average_bps"}
    assert world.readings(PERP)["market_feed_up",] == 1


def test_a_book_is_known_until_its_limit_and_stale_after_it(world: World) -> None:
    world.later(5)
    assert families(world) >= BOOK_FAMILIES
    world.later(0.001)
    assert_silent(world, "stale")
    assert_back(world)


def test_a_lost_feed_is_silent_at_once(world: World) -> None:
    world.market(PERP).lose(world.now, GapReason.DISCONNECT)
    assert_silent(world, "gap")
    assert_back(world)


def test_a_crossed_book_is_silent_and_counted(world: World) -> None:
    world.top(PERP, "100.2", "100.1")
    assert_silent(world, "crossed")
    assert world.readings(PERP)["market_book_crossed_total",] == 1
    assert_back(world)


def test_a_locked_book_has_a_spread_of_zero_and_is_counted(world: World) -> None:
    world.top(PERP, "100.1", "100.1")
    readings = world.readings(PERP)
    assert readings["market_spread_bps",] == 0
    assert readings["market_book_locked_total",] == 1
    assert readings["market_feed_up",] == 1


def test_a_one_sided_book_is_silent(world: World) -> None:
    world.book(PERP, BOOK_A[0], ())
    assert_silent(world, "one_sided")
    assert_back(world)


def test_nothing_received_is_not_a_gap() -> None:
    world = World()
    assert world.market(PERP).health(world.now).reason == "silent"
    assert not families(world) & BOOK_FAMILIES


def test_depth_without_the_size_of_a_contract_is_absent() -> None:
    world = World()
    world.book("okx/BTC-USDT-PERP", *BOOK_A)
    names = families(world, "okx/BTC-USDT-PERP")
    assert "market_spread_bps" in names
    assert not {name for name in names if name.startswith("market_depth")}


@pytest.mark.parametrize("silent", [PERP, SPOT])
def test_a_basis_needs_both_legs_fresh(silent: str) -> None:
    world = World()
    world.top(PERP, "100.4", "100.6")
    world.top(SPOT, "99.9", "100.1")
    world.later(4)  # the limit of `change`, nearer than that of `book`
    world.top(SPOT if silent == PERP else PERP, "99.9", "100.1")
    assert ("market_basis_bps", "spot") in world.readings(PERP)
    world.later(0.001)
    assert ("market_basis_bps", "spot") not in world.readings(PERP)


def test_mark_index_and_funding_go_when_they_are_too_old() -> None:
    world = World()
    world.reference(PERP, mark="100", index="100", funding_rate="0.0001")
    world.reference(PERP, Stream.FUNDING, funding_rate="0.0001", next_funding_time=1)
    world.later(15.001)
    assert not families(world) & {"market_mark_price", "market_index_price"}
    assert "market_funding_rate_ratio" in families(world)
    world.later(110)
    assert "market_funding_rate_ratio" not in families(world)


def test_one_exchange_alone_has_no_cross_exchange_figures() -> None:
    world = World()
    world.top(PERP, "99.9", "100.1")
    assert not [key for key in world.shared() if key[0].startswith("market_div")]
    world.top("okx/BTC-USDT-PERP", "99.9", "100.1")
    assert [key for key in world.shared() if key[0].startswith("market_div")]
    world.later(5.001)
    assert not [key for key in world.shared() if key[0].startswith("market_div")]


def test_depth_change_needs_a_minute_and_both_ends_complete() -> None:
    world = World()
    for _ in range(60):
        world.book(PERP, *BOOK_A)
        world.later(1)
    key = ("market_depth_change_percent", "10")
    assert key not in world.readings(PERP)
    world.book(PERP, (("99.95", "1"),), (("100.05", "1"),), limit=5)
    world.later(1)
    change = world.readings(PERP)[key]
    assert float(change) == pytest.approx(100 * (200 - 299.9) / 299.9)  # type: ignore[arg-type]
    world.market(PERP).lose(world.now, GapReason.DISCONNECT)
    world.later(1)
    world.book(PERP, *BOOK_A)
    assert key not in world.readings(PERP)


def test_time_in_which_nothing_was_known_counts_nowhere() -> None:
    world = World()
    world.top(PERP, "99.95", "100.05")  # 10 bps
    world.later(30)  # stale after 5 s
    world.top(PERP, "99.95", "100.05")
    world.later(1)
    world.market(PERP).lose(world.now, GapReason.DISCONNECT)
    world.later(10)
    readings = world.readings(PERP)
    assert readings["market_spread_observed_seconds_total",] == 6
    assert readings["market_spread_beyond_seconds_total", "5"] == 6
    assert readings["market_spread_beyond_seconds_total", "10"] == 0
    assert world.now % NANOSECONDS == 0
