"""The worked values of the metric definitions, exactly."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from exporter.markets.market import Contract
from exporter.metrics.basis import relative_bps
from exporter.metrics.cross_exchange import CrossExchange, median
from exporter.model import Stream
from exporter.pipeline import Pipeline
from tests.books import BOOK_A, World, fraction
from tests.shared import shipped

PERP, SPOT = "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"


@pytest.fixture
def book_a() -> World:
    world = World()
    world.book(PERP, *BOOK_A)
    return world


def with_bands(bands: list[str]) -> World:
    """Book A in a pipeline with these depth bands."""
    config = shipped()
    depth = config.features.depth.model_copy(
        update={"bands_bps": tuple(Decimal(band) for band in bands)}
    )
    features = config.features.model_copy(update={"depth": depth})
    world = World(Pipeline(replace(config, features=features)))
    world.book(PERP, *BOOK_A)
    return world


def test_mid_and_quoted_spread_of_book_a(book_a: World) -> None:
    readings = book_a.readings(PERP)
    assert readings["market_mid_price",] == 100
    assert readings["market_spread_bps",] == 20
    assert readings["market_spread_quote",] == Fraction("0.2")
    assert readings["market_best_price", "bid"] == Fraction("99.9")
    assert readings["market_best_price", "ask"] == Fraction("100.1")


def test_time_weighted_spread_of_2_for_700_ms_and_5_for_300_ms_is_2_9() -> None:
    world = World()
    world.top(PERP, "9999", "10001")  # 2 bps of 10000
    world.later(0.7)
    world.top(PERP, "9997.5", "10002.5")  # 5 bps
    world.later(0.3)
    assert world.readings(PERP)["market_spread_average_bps",] == Fraction("2.9")


DEPTH = {
    "5": (("0", "0", "0", 1), ("199.8", "100.1", 1)),
    "10": (("199.8", "100.1", "299.9", 1), ("199.8", "500.9", 1)),
    "20": (("499.2", "500.9", "1000.1", 1), ("499.2", "500.9", 1)),
    "25": (("499.2", "500.9", "1000.1", 1), ("499.2", "500.9", 1)),
    "50": (("996.7", "1003.4", "2000.1", 1), ("996.7", "1003.4", 1)),
    "100": (("1986.7", "2013.4", "4000.1", 1), ("1986.7", "2013.4", 1)),
    "200": (("3946.7", "4053.4", "8000.1", 1), ("3946.7", "4053.4", 0)),
    "300": (("3946.7", "4053.4", "8000.1", 0), ("3946.7", "4053.4", 0)),
}


@pytest.mark.parametrize("band", DEPTH)
def test_depth_of_book_a_from_mid_and_from_touch(band: str) -> None:
    (bid, ask, total, complete), (touch_bid, touch_ask, touch_complete) = DEPTH[band]
    readings = with_bands([band]).readings(PERP)
    sides = {"bid": bid, "ask": ask, "total": total}
    for side, value in sides.items():
        assert readings["market_depth_quote", side, band] == Fraction(value)
        assert readings["market_depth_complete", side, band] == complete
    for side, value in {"bid": touch_bid, "ask": touch_ask}.items():
        assert readings["market_depth_touch_quote", side, band] == Fraction(value)
    completes = [readings["market_depth_touch_complete", side, band] for side in ("bid", "ask")]
    assert min(completes) == touch_complete


def test_the_boundary_of_a_band_belongs_to_it_where_floats_would_say_no() -> None:
    assert not 100.5 <= 100 * (1 + 50 / 1e4)
    readings = with_bands(["20", "50"]).readings(PERP)
    assert readings["market_depth_quote", "ask", "50"] == Fraction("1003.4")
    assert readings["market_depth_quote", "ask", "20"] == Fraction("500.9")


def test_contracts_are_worth_their_multiplier() -> None:
    world = World()
    market = world.market(PERP)
    world.book(PERP, (("60123.45", "12345"), ("60000", "1")), (("60200", "1"),))
    book = market.sync.book
    best = book.band(book.bids, Fraction(6_012_345_000_000), Fraction(1))
    market.contract = Contract(Fraction("0.001"))
    assert market.worth([best]) == [Fraction("742223.99025")]
    market.contract = Contract(Fraction(100), inverse=True)
    assert market.worth([best]) == [1_234_500]
    assert Fraction(1_234_500) / 60_000 == Fraction("20.575")
    market.contract = None
    with pytest.raises(LookupError):
        market.worth([best])


@pytest.mark.parametrize(("levels", "ratio", "normalized"), [(1, 2, "1/3"), (5, 1, "0")])
def test_imbalance_of_book_a(book_a: World, levels: int, ratio: int, normalized: str) -> None:
    readings = book_a.readings(PERP)
    assert readings["market_imbalance_ratio", str(levels)] == ratio
    assert readings["market_imbalance_normalized", str(levels)] == Fraction(normalized)


@pytest.mark.parametrize("levels", [2, 3])
def test_imbalance_of_book_a_over_levels_that_are_not_configured(
    book_a: World, levels: int
) -> None:
    quantities = book_a.market(PERP).sync.book.quantities(levels)
    assert quantities is not None
    assert Fraction(*quantities) == 1


def basis_world() -> World:
    """Perpetual mid 60123.45 on a spot mid of 60099.5, index 60100, mark 60110."""
    world = World()
    world.top(PERP, "60123.40", "60123.50")
    world.top(SPOT, "60099.00", "60100.00")
    world.reference(PERP, mark="60110", index="60100")
    return world


def test_basis_against_index_spot_and_mark() -> None:
    readings = basis_world().readings(PERP)
    assert readings["market_basis_bps", "index"] == Fraction(2345, 601)
    assert float(fraction(readings["market_basis_bps", "spot"])) == pytest.approx(
        3.985058111964, abs=5e-13
    )
    assert float(fraction(readings["market_basis_bps", "mark"])) == pytest.approx(
        2.237564465147, abs=5e-13
    )
    assert readings["market_basis_quote", "index"] == Fraction("23.45")
    assert fraction(readings["market_basis_bps", "index"]) != 10_000 * Fraction("23.45") / Fraction(
        "60123.45"
    )


def test_mark_against_index_and_against_mid() -> None:
    readings = basis_world().readings(PERP)
    assert readings["market_mark_index_bps",] == 10_000 * Fraction(10, 60_100)
    assert readings["market_mark_mid_bps",] == 10_000 * (
        Fraction("60110") - Fraction("60123.45")
    ) / Fraction("60123.45")


def test_funding_of_one_bp_each_eight_hours_is_10_95_percent_a_year() -> None:
    world = basis_world()
    due = world.now + 7_200 * 10**9
    world.reference(PERP, funding_rate="0.0001", next_funding_time=due)
    readings = world.readings(PERP)
    assert readings["market_funding_rate_ratio",] == Fraction("0.0001")
    assert readings["market_funding_annualized_ratio",] == Fraction("0.1095")
    assert readings["market_funding_next_timestamp_seconds",] == due / 1e9
    assert readings["market_funding_basis_disagreement",] == 0
    world.reference(PERP, funding_rate="-0.0001")
    assert world.readings(PERP)["market_funding_basis_disagreement",] == 1


def test_deviation_from_the_median_of_the_others() -> None:
    mids = [Fraction(text) for text in ("100", "100.5", "103", "99.8")]
    expected = ["-0.497512", "0.500000", "3.000000", "-0.696517"]
    for place, percent in enumerate(expected):
        others = mids[:place] + mids[place + 1 :]
        value = relative_bps(mids[place], median(others)) / 100
        assert f"{float(value):.6f}" == percent
    assert f"{float(relative_bps(mids[2], median(mids)) / 100):.6f}" == "2.743142"


def test_two_exchanges_diverge_once_and_nobody_is_blamed() -> None:
    world = World()
    world.top("binance/BTC-USDT-PERP", "99.9", "100.1")
    world.top("okx/BTC-USDT-PERP", "100.4", "100.6")
    shared = world.shared()
    pair = ("market_divergence_bps", "binance", "BTC-USDT-PERP", "okx")
    assert shared[pair] == 10_000 * (100 - Fraction("100.5")) / Fraction("100.5")
    assert not [key for key in shared if key[0] == "market_price_deviation_percent"]
    gap = fraction(shared["market_cross_exchange_gap_bps", "BTC-USDT-PERP"])
    assert gap == 20_000 * (Fraction("100.4") - Fraction("100.1")) / Fraction("200.5")
    assert shared["market_cross_exchange_gap_quote", "BTC-USDT-PERP"] == Fraction("0.3")


def test_three_exchanges_show_whose_price_is_wrong_and_a_stale_one_has_no_say() -> None:
    """Three markets of the shipped configuration stand for one instrument on three exchanges."""
    world = World()
    mids = {PERP: "100", SPOT: "100.5", "okx/BTC-USDT-PERP": "103"}
    for name, mid in mids.items():
        world.top(name, mid, mid)
    markets = [world.market(name) for name in mids]
    metric = CrossExchange("X", markets, shipped().features)

    def read(family: str) -> list[float]:
        return [float(v) for s, v in metric.readings(world.now) if s.family.name == family]  # type: ignore[arg-type]

    assert [f"{value:.4f}" for value in read("market_price_deviation_percent")] == [
        "-1.7199",
        "-0.9852",
        "2.7431",
    ]
    assert read("market_price_deviation_beyond") == [1, 0, 1]
    assert len(read("market_divergence_bps")) == 3
    world.later(5)
    for name in (PERP, SPOT):
        world.top(name, mids[name], mids[name])
    world.later(0.001)
    assert read("market_price_deviation_percent") == []
    assert len(read("market_divergence_bps")) == 1


def test_an_index_of_its_own_stream_is_fresh_for_longer_than_a_mark() -> None:
    world = World()
    world.top("okx/BTC-USDT-PERP", "60123.40", "60123.50")
    world.reference("okx/BTC-USDT-PERP", Stream.MARK, mark="60110")
    world.reference("okx/BTC-USDT-PERP", Stream.INDEX, index="60100")
    world.later(16)
    readings = world.readings("okx/BTC-USDT-PERP")
    assert ("market_mark_price",) not in readings
    assert readings["market_index_price",] == 60_100
