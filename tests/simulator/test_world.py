"""All markets together in calm: books that replay, ids, prices that agree, sizes that stay."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from statistics import median

import pytest

from exporter.simulator.market import EARLIER_TRADES, Best, Change, Happening, Market, Trade
from exporter.simulator.symbols import symbols
from exporter.simulator.world import World

START = 1_790_000_000_000
HOUR = 3_600_000
Key = tuple[str, str]
KEYS: list[Key] = [(s.exchange, s.instrument) for s in symbols(1)]


def bps(value: float | Decimal, reference: float | Decimal) -> float:
    return (float(value) / float(reference) - 1) * 10_000


def mid(market: Market) -> float:
    best = market.best()
    assert best is not None
    return sum(best) * float(market.symbol.tick) / 2


def spread(market: Market) -> float:
    best = market.best()
    assert best is not None
    return bps(best[1], best[0])


def depth(market: Market) -> float:
    """Quote currency within 10 bps of mid, both sides."""
    symbol = market.symbol
    centre = mid(market) / float(symbol.tick)
    rests = [*market.bids.items(), *market.asks.items()]
    near = sum(ticks * lots for ticks, lots in rests if abs(ticks - centre) <= centre / 1000)
    return near * float(symbol.tick * symbol.lot * symbol.multiplier)


@dataclass
class Watched:
    """What was seen of one market, second by second and happening by happening."""

    happened: list[Happening] = field(default_factory=list)
    spreads: list[float] = field(default_factory=list)
    depths: list[float] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    basis: list[float] = field(default_factory=list)
    premiums: list[float] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)
    lasts: list[float] = field(default_factory=list)


@dataclass
class Session:
    """Ten calm minutes of BTC-USDT at 20 changes a second and market."""

    first: dict[Key, tuple[dict[int, int], dict[int, int], int]]
    world: World
    seen: dict[Key, Watched]
    divergence: list[float]


@pytest.fixture(scope="module")
def calm() -> Session:
    world = World(symbols(1), 11, START)
    first = {k: (dict(m.bids), dict(m.asks), m.number) for k, m in world.markets.items()}
    session = Session(first, world, {key: Watched() for key in KEYS}, [])
    for second in range(1, 601):
        for key, happened in world.step(START + 1000 * second).items():
            watch(world, key, session.seen[key], happened)
        for kind in ("SPOT", "PERP"):
            mids = [mid(world.markets[exchange, f"BTC-USDT-{kind}"]) for exchange, _ in KEYS[::2]]
            session.divergence.append(bps(*mids))
    return session


def watch(world: World, key: Key, seen: Watched, happened: Sequence[Happening]) -> None:
    market = world.markets[key]
    seen.happened.extend(happened)
    seen.spreads.append(spread(market))
    seen.depths.append(depth(market))
    seen.levels.extend((len(market.bids), len(market.asks)))
    seen.lasts.append(bps(market.last * market.symbol.tick, mid(market)))
    if market.mark is not None and market.index is not None:
        spot = world.markets[key[0], key[1].replace("PERP", "SPOT")]
        seen.basis.append(bps(mid(market), mid(spot)))
        seen.premiums.append(bps(mid(market), market.index))
        seen.marks.append(bps(market.mark, market.index))


@pytest.mark.parametrize("key", KEYS)
def test_the_changes_over_the_first_book_give_the_last_one_with_each_best_between(
    calm: Session, key: Key
) -> None:
    bids, asks, number = deepcopy(calm.first[key])
    market = calm.world.markets[key]
    for happening in calm.seen[key].happened:
        if isinstance(happening, Change):
            number = happening.number
            side = bids if happening.bid else asks
            if happening.lots:
                side[happening.ticks] = happening.lots
            else:
                del side[happening.ticks]
        elif isinstance(happening, Best):
            bid, ask = max(bids), min(asks)
            best = (happening.bid, happening.bid_lots, happening.ask, happening.ask_lots)
            assert (happening.number, *best) == (number, bid, bids[bid], ask, asks[ask])
    assert (bids, asks, number) == (market.bids, market.asks, market.number)
    assert all(lots > 0 for lots in (*bids.values(), *asks.values()))


@pytest.mark.parametrize("key", KEYS)
def test_a_calm_book_is_never_crossed_or_locked(calm: Session, key: Key) -> None:
    bests = [h for h in calm.seen[key].happened if isinstance(h, Best)]
    assert len(bests) > 1000
    assert all(best.bid < best.ask for best in bests)


@pytest.mark.parametrize("key", KEYS)
def test_no_change_of_the_touch_goes_without_its_best(calm: Session, key: Key) -> None:
    bid, ask = (max(calm.first[key][0]), min(calm.first[key][1]))
    happened = calm.seen[key].happened
    for happening, following in pairwise(happened):
        if isinstance(happening, Best):
            bid, ask = happening.bid, happening.ask
        elif isinstance(happening, Change):
            touches = happening.ticks >= bid if happening.bid else happening.ticks <= ask
            assert isinstance(following, Best) == touches


@pytest.mark.parametrize("key", KEYS)
def test_change_ids_rise_as_each_exchange_counts_them(calm: Session, key: Key) -> None:
    numbers = [h.number for h in calm.seen[key].happened if isinstance(h, Change)]
    steps = [after - before for before, after in pairwise(numbers)]
    if key == ("binance", "BTC-USDT-SPOT"):
        assert set(steps) == {1}
    elif key[0] == "okx":
        assert set(steps) == set(range(1, 31))
    else:
        assert min(steps) >= 1
        assert median(steps) > 10


def test_usd_m_symbols_share_one_counter() -> None:
    world = World(symbols(2), 5, START)
    happened = world.step(START + 20_000)
    perps = [("binance", f"{base}-USDT-PERP") for base in ("BTC", "ETH")]
    numbers = [[h.number for h in happened[key] if isinstance(h, Change)] for key in perps]
    assert not set(numbers[0]) & set(numbers[1])
    assert numbers[0][0] < numbers[1][-1]
    assert numbers[1][0] < numbers[0][-1]


@pytest.mark.parametrize("key", KEYS)
def test_a_calm_market_stays_below_every_threshold(calm: Session, key: Key) -> None:
    seen = calm.seen[key]
    assert median(seen.spreads) < 0.2
    assert sorted(seen.spreads)[594] < 1
    assert max(seen.spreads) < 2
    assert min(seen.depths) > 3_000_000
    drops = [after / before for before, after in zip(seen.depths, seen.depths[60:], strict=False)]
    assert min(drops) > 0.7
    assert all(abs(value) < 5 for value in seen.basis + seen.premiums + seen.marks + seen.lasts)
    assert max(abs(value) for value in calm.divergence) < 5


def test_a_perpetual_usually_has_a_small_premium(calm: Session) -> None:
    for exchange in ("binance", "okx"):
        seen = calm.seen[exchange, "BTC-USDT-PERP"]
        assert 0.2 < median(seen.premiums) < 2


@pytest.mark.parametrize("key", KEYS)
def test_trades_print_at_the_touch_and_are_numbered(calm: Session, key: Key) -> None:
    bid, ask = max(calm.first[key][0]), min(calm.first[key][1])
    trades: list[Trade] = []
    for happening in calm.seen[key].happened:
        if isinstance(happening, Best):
            bid, ask = happening.bid, happening.ask
        elif isinstance(happening, Trade):
            trades.append(happening)
            assert happening.ticks == (ask if happening.buyer_initiated else bid)
    assert [trade.number for trade in trades] == [
        EARLIER_TRADES + n + 1 for n in range(len(trades))
    ]
    assert calm.world.markets[key].last == trades[-1].ticks
    buys = sum(trade.buyer_initiated for trade in trades)
    assert 0.2 < buys / len(trades) < 0.8
    sizes = sorted(trade.lots for trade in trades)
    assert sum(sizes) / len(sizes) > 1.5 * sizes[len(sizes) // 2]


@pytest.mark.parametrize("key", KEYS)
def test_times_rise_and_lie_within_the_steps(calm: Session, key: Key) -> None:
    times = [h.at for h in calm.seen[key].happened if not isinstance(h, Change)]
    assert times == sorted(times)
    assert times[0] > START
    assert times[-1] <= START + 600_000


def test_the_same_seed_gives_the_same_happenings_however_often_the_world_is_asked() -> None:
    one, two, other = (World(symbols(2), seed, START) for seed in (3, 3, 4))
    once = one.step(START + 5000)
    often: dict[Key, list[Happening]] = {key: [] for key in two.markets}
    for now in range(START, START + 5001, 7):
        for key, happened in two.step(now).items():
            often[key].extend(happened)
    for key, happened in two.step(START + 5000).items():
        often[key].extend(happened)
    assert {key: list(happened) for key, happened in once.items()} == often
    assert one.indices == two.indices
    assert other.step(START + 5000) != once


def test_the_levels_stay_bounded_over_an_hour_in_which_the_price_wanders() -> None:
    world = World(symbols(1)[2:3], 2, START, rate=5)
    market = world.markets["okx", "BTC-USDT-SPOT"]
    wandered = []
    for minute in range(1, 61):
        world.step(START + 60_000 * minute)
        wandered.append(mid(market))
        for side in (market.bids, market.asks):
            reach = max(abs(bps(ticks * 0.1, wandered[-1])) for ticks in side)
            assert 500 < len(side) < 660
            assert 30 < reach < 53
            assert sorted(abs(bps(t * 0.1, wandered[-1])) for t in side)[399] > 15
    assert max(wandered) / min(wandered) > 1.0003


def test_references_have_the_decimals_that_each_exchange_sends(calm: Session) -> None:
    binance, okx = (calm.world.markets[name, "BTC-USDT-PERP"] for name in ("binance", "okx"))
    assert binance.index == calm.world.indices["BTC-USDT"]
    for market, decimals in ((binance, 8), (okx, 1)):
        assert market.mark is not None
        assert market.index is not None
        assert market.mark.as_tuple().exponent == market.index.as_tuple().exponent == -decimals
        assert market.funding_rate == Decimal("0.00010000")
        assert market.funding_rate.as_tuple().exponent == -8


def test_spot_has_no_references(calm: Session) -> None:
    market = calm.world.markets["okx", "BTC-USDT-SPOT"]
    found = (market.mark, market.index, market.funding_rate, market.next_funding)
    assert found == (None, None, None, None)


def test_references_are_there_from_the_start_and_the_next_funding_moves_on() -> None:
    before = START // (8 * HOUR) * 8 * HOUR + 8 * HOUR
    world = World(symbols(1), 1, before - 1000, rate=1)
    market = world.markets["okx", "BTC-USDT-PERP"]
    assert market.mark is not None
    assert (market.next_funding, market.funding_interval) == (before, 8 * HOUR)
    world.step(before)
    assert market.next_funding == before + 8 * HOUR


def test_a_hundred_markets_can_be_listed_and_move() -> None:
    world = World(symbols(25), 1, START, rate=5)
    happened = world.step(START + 400)
    assert len(world.markets) == len(happened) == 100
    assert sum(map(len, happened.values())) > 100
    assert len(world.indices) == 25
