"""One market's book and what it tells; what the people of a market do with it; index and mark."""

from decimal import Decimal
from itertools import count
from random import Random

import pytest

from exporter.simulator.crowd import Crowd
from exporter.simulator.effects import CALM
from exporter.simulator.fair import FairPrice, Offset
from exporter.simulator.market import EARLIER_TRADES, Best, Change, Market, Trade
from exporter.simulator.reference import Funding, Index, Mark, next_funding
from exporter.simulator.shape import shape_of
from exporter.simulator.symbols import symbols

SPOT, PERP, *_ = symbols(1)
AT = 1_790_000_000_000
HOUR = 3_600_000


@pytest.fixture
def market() -> Market:
    market = Market(SPOT, count(10))
    market.put(True, 99, 5, AT)
    market.put(False, 101, 4, AT)
    market.told()
    return market


def test_a_market_has_a_best_only_with_both_sides() -> None:
    market = Market(SPOT, count(10))
    assert (market.number, market.best()) == (10, None)
    market.put(True, 99, 5, AT)
    assert market.best() is None
    market.put(False, 101, 4, AT)
    assert (market.best(), market.number, market.changes) == ((99, 101), 12, 2)
    assert market.told() == [Change(11, True, 99, 5), Change(12, False, 101, 4), best(12, 99, 5)]


def best(number: int, bid: int, bid_lots: int, ask: int = 101, ask_lots: int = 4) -> Best:
    return Best(number, AT, bid, bid_lots, ask, ask_lots)


def test_every_change_of_the_touch_is_followed_by_the_best_after_it(market: Market) -> None:
    market.put(True, 99, 6, AT)
    market.put(True, 100, 1, AT)
    market.put(True, 100, 0, AT)
    assert market.told() == [
        Change(13, True, 99, 6),
        best(13, 99, 6),
        Change(14, True, 100, 1),
        best(14, 100, 1),
        Change(15, True, 100, 0),
        best(15, 99, 6),
    ]


def test_a_change_behind_the_touch_has_no_best(market: Market) -> None:
    market.put(True, 98, 7, AT)
    market.put(False, 102, 7, AT)
    assert market.told() == [Change(13, True, 98, 7), Change(14, False, 102, 7)]


def test_what_changes_nothing_does_not_happen(market: Market) -> None:
    market.put(True, 99, 5, AT)
    market.put(True, 50, 0, AT)
    assert (market.told(), market.number) == ([], 12)


def test_a_buyer_takes_the_best_ask_and_the_last_price_follows(market: Market) -> None:
    market.take(True, 3, AT)
    assert market.told() == [
        Trade(EARLIER_TRADES + 1, AT, 101, 3, True),
        Change(13, False, 101, 1),
        best(13, 99, 5, 101, 1),
    ]
    assert market.last == 101


def test_a_taker_who_takes_all_moves_the_touch(market: Market) -> None:
    market.put(True, 97, 2, AT)
    market.told()
    market.take(False, 50, AT)
    assert market.told() == [
        Trade(EARLIER_TRADES + 1, AT, 99, 5, False),
        Change(14, True, 99, 0),
        best(14, 97, 2),
    ]


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311


def crowd(seed: int = 1) -> tuple[Market, Crowd]:
    """A BTC spot market that opens around 6,180,000.5 ticks, at 20 changes a second."""
    market = Market(SPOT, count(1))
    return market, Crowd(market, shape_of(SPOT), 6_180_000.5, 20, 0.02, dice(seed))


def test_a_book_opens_with_hundreds_of_levels_denser_near_the_touch() -> None:
    market, _ = crowd()
    assert market.best() == (6_180_000, 6_180_001)
    for side in (market.bids, market.asks):
        distances = sorted(abs(ticks - 6_180_000.5) / 618 for ticks in side)
        assert len(distances) == 600
        near, far = (sum(lo < d < hi for d in distances) for lo, hi in ((0, 5), (30, 35)))
        assert near > 1.5 * far
        assert distances[399] > 15
        assert 30 < distances[-1] <= 35
    assert market.told() == []


def test_the_book_follows_a_fair_price_that_jumps_within_a_second_and_never_crosses() -> None:
    market, people = crowd()
    fair = 6_180_000.5 * 1.015
    for slice_ in range(50):
        people.act(AT + 20 * slice_, fair, CALM)
        assert all(h.bid < h.ask for h in market.told() if isinstance(h, Best))
    assert market.best() == (int(fair), int(fair) + 1)
    for _ in range(250):
        people.act(AT, fair, CALM)
    assert all(abs(ticks / fair - 1) < 0.006 for ticks in (*market.bids, *market.asks))
    assert min(len(market.bids), len(market.asks)) > 450


def test_trades_come_in_clusters() -> None:
    market, people = crowd()
    counts = []
    for _ in range(500):
        for _ in range(50):
            people.act(AT, 6_180_000.5, CALM)
        counts.append(sum(isinstance(happening, Trade) for happening in market.told()))
    mean = sum(counts) / len(counts)
    assert 1 < mean < 5
    assert sum((n - mean) ** 2 for n in counts) / len(counts) > 1.5 * mean


def test_changes_come_at_the_rate_that_was_asked_for() -> None:
    market, people = crowd()
    for _ in range(50 * 120):
        people.act(AT, 6_180_000.5, CALM)
    assert market.changes == pytest.approx(120 * 20, rel=0.05)


def test_the_fair_price_moves_both_ways_in_spells() -> None:
    fair = FairPrice(100.0, 1.5, 0.02, dice(3))
    moves = [sum(fair.move() for _ in range(50 * 60)) for _ in range(100)]
    mean = sum(moves) / len(moves)
    assert mean == pytest.approx(90, rel=0.2)
    assert sum((n - mean) ** 2 for n in moves) / len(moves) > 1.5 * mean
    assert 99 < fair.price < 101


def test_an_offset_stays_near_its_mean() -> None:
    offset = Offset(1.0, 0.3, 50, 0.02, dice(3))
    seen = []
    for _ in range(20_000):
        offset.move()
        seen.append(offset.bps)
    mean = sum(seen) / len(seen)
    assert mean == pytest.approx(1.0, abs=0.15)
    assert max(abs(bps - 1.0) for bps in seen) < 1.5


PERP_MINUS_MARK = {1: "24.1667", 10: "16.6667", 18: "10.0000", 30: "0.0000"}


def test_perp_minus_mark_decays_within_30_seconds_of_a_jump_of_25_bps() -> None:
    mark, index, perp = Mark(), Decimal(10_000), Decimal(10_025)
    for _ in range(30):
        mark.sample(index, index)
    found = {}
    for second in range(1, 31):
        mark.sample(perp, index)
        found[second] = perp - mark.price(index, perp, Decimal(0), Decimal(1))
    assert {s: format(found[s], ".4f") for s in PERP_MINUS_MARK} == PERP_MINUS_MARK


def test_the_mark_is_the_median_of_carry_average_and_last() -> None:
    mark, index = Mark(), Decimal("60100")
    rate, left = Decimal("0.0001"), Decimal(2) / 8
    for _ in range(30):
        mark.sample(index - 5, index)
    prices = [mark.price(index, Decimal(last), rate, left) for last in (60090, 60100, 60200)]
    assert prices == [Decimal(60095), Decimal(60100), Decimal("60101.5025")]


def test_the_index_disbelieves_a_market_far_from_the_fair_price() -> None:
    index = Index(100.0)
    index.update([100.01, 101.5], 100.0)
    assert index.price == pytest.approx(100.001)


def test_the_index_takes_the_fair_price_where_there_is_no_spot_market() -> None:
    index = Index(100.0)
    index.update([], 101.0)
    assert index.price == pytest.approx(100.2)


@pytest.mark.parametrize(
    ("premium_bps", "rate"),
    [("1", "0.0001"), ("-3", "0.0001"), ("8", "0.0003"), ("-9", "-0.0004")],
)
def test_funding_is_the_premium_drawn_to_the_interest_by_5_bps_at_most(
    premium_bps: str, rate: str
) -> None:
    funding = Funding()
    funding.sample(10_000 + Decimal(premium_bps), Decimal(10_000))
    assert format(funding.rate(), "f") == format(Decimal(rate), ".8f")


def test_funding_is_settled_at_0_8_and_16_o_clock() -> None:
    midnight = 1_790_035_200_000  # 2026-09-22 00:00 UTC
    assert midnight % (24 * HOUR) == 0
    times = [next_funding(midnight + after) - midnight for after in (-1, 0, 1, 8 * HOUR, 16 * HOUR)]
    assert times == [0, 8 * HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR]
