"""What an objective counts, second by second, and what it leaves out."""

from fractions import Fraction
from pathlib import Path

import pytest

from exporter.markets.maintenance import Window
from exporter.metrics.sample import Sample
from exporter.model import NANOSECONDS
from tests.alerts.rig import PERP, SPOT
from tests.changes import put
from tests.objectives.counted import Count, Rig, Tallied, file, number, objective
from tests.reconfigured import PERP as MARKET
from tests.reconfigured import SWAP, House

NAMES = ("spread", "depth")
SPREAD = ("spread_bps", PERP)
DEPTH = ("depth_quote", PERP)
DEEP = objective(
    family="depth", signal="depth_quote", side="total", band_bps=10, good=">=",
    limits={"other": 100},
)  # fmt: skip


def rig(**changes: object) -> Rig:
    """One objective on the spread of the perpetual."""
    return Rig(file(narrow=objective(**changes)), [SPREAD])


def window(exchange: str, instrument: str, begin: int, end: int) -> Window:
    """Maintenance from the second `begin` on, up to `end`, which is not in it."""
    return Window(exchange, instrument, begin * NANOSECONDS, end * NANOSECONDS, "planned", "1")


def test_there_is_a_count_of_nothing_before_the_first_second() -> None:
    assert Rig().counts() == {
        (exchange, name): Count(0, 0) for exchange in ("binance", "okx") for name in NAMES
    }


@pytest.mark.parametrize(
    ("good", "value", "is_good"),
    [
        ("<=", 3, True),
        ("<=", Fraction(3_000_001, 1_000_000), False),
        (">=", 3, True),
        (">=", Fraction(2_999_999, 1_000_000), False),
        ("within", -3, True),
        ("within", Fraction(-3_000_001, 1_000_000), False),
        ("within", 4, False),
    ],
)
def test_a_value_at_its_limit_is_good(good: str, value: Fraction, is_good: bool) -> None:
    one = rig(good=good)
    one.step(value)
    assert one.count("narrow") == Count(1, int(is_good))


def test_what_is_unknown_is_neither_observed_nor_good() -> None:
    one = rig()
    one.run([2, None, 4, None, None, 3])
    assert one.count("narrow") == Count(3, 2)


@pytest.mark.parametrize(
    ("bound", "count"), [(99, Count(0, 0)), (100, Count(1, 1)), (101, Count(1, 1))]
)
def test_a_depth_known_from_below_is_good_or_unknown_never_bad(bound: int, count: Count) -> None:
    one = Rig(file(deep=DEEP), [DEPTH])
    one.step(Sample(Fraction(bound), bound=True))
    assert one.count("deep") == count


def test_what_is_polled_counts_as_it_does_for_alerts() -> None:
    one = rig()
    one.run([Sample(Fraction(2), degraded=True), Sample(Fraction(4), degraded=True)])
    assert one.count("narrow") == Count(2, 1)


def test_maintenance_counts_as_that_and_as_nothing_else() -> None:
    one = rig()
    start = one.now
    one.maintenance.windows = [window("binance", "BTC-USDT-PERP", start + 3, start + 6)]
    one.run([2, 9, 9, None, 2, 2, 9])
    assert one.count("narrow") == Count(4, 2, 3)


def test_maintenance_of_an_exchange_is_that_of_its_markets_and_of_no_others() -> None:
    one = Rig()
    one.maintenance.windows = [window("okx", "", one.now, one.now + 10)]
    one.step(4, 10**6, 4, 10**6)
    assert one.counts() == {
        ("binance", "spread"): Count(1, 0),
        ("binance", "depth"): Count(1, 1),
        ("okx", "spread"): Count(0, 0, 1),
        ("okx", "depth"): Count(0, 0, 1),
    }


def test_a_market_that_does_not_trade_is_not_expected_to_be_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = rig()
    market = one.dials["binance", "spread_bps"].market
    for trading in (False, True, None):
        monkeypatch.setattr(market, "trading", trading)
        one.step(4)
    assert one.count("narrow") == Count(2, 0, 1)


def test_an_instrument_without_a_limit_has_no_objective() -> None:
    one = Rig(file(narrow=objective(limits={"BTC-USDT-SPOT": 2})), [SPREAD, ("spread_bps", SPOT)])
    assert one.counts() == {("binance", "narrow"): Count(0, 0)}
    assert {series.values[1] for series, _ in one.readings()} == {"BTC-USDT-SPOT"}


def test_an_objective_that_is_off_counts_nothing() -> None:
    assert rig(enabled=False).counts() == {}


def test_limit_and_target_are_told_as_they_are_written() -> None:
    one = Rig()
    perp = ("binance", "BTC-USDT-PERP")
    shown = (*perp, "depth", "depth", ">=", "quote")
    assert number(one.readings(), "market_slo_limit", *shown) == 500_000
    target = number(one.readings(), "market_slo_target_ratio", *perp, "spread", "spread")
    assert target == Fraction(995, 1000)
    coverage = "market_slo_coverage_target_ratio"
    assert number(one.objectives.described(), coverage) == Fraction(99, 100)


def test_without_objectives_nothing_is_told() -> None:
    one = Rig(file(), [SPREAD])
    assert [*one.readings(), *one.objectives.described()] == []


# --- in a pipeline whose configuration changes


def counted(world: House, market: str = MARKET) -> dict[Tallied, Count]:
    """What the page says of a market."""
    exchange, instrument = market.split("/")
    readings = list(world.pipeline.market_readings(world.market(market)))

    def count(name: str, family: str) -> Count:
        labels = (exchange, instrument, name, family)
        kinds = ("observed", "good", "excluded")
        return Count(
            *(int(number(readings, f"market_slo_{k}_seconds_total", *labels)) for k in kinds)
        )

    names = {s.values[2:4] for s, _ in readings if s.family.name == "market_slo_target_ratio"}
    return {(exchange, name): count(name, family) for name, family in names}


def test_a_pipeline_counts_each_whole_second_of_each_market(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(10)
    world.seconds(4, binance_perp=15)
    assert counted(world) == {
        ("binance", "narrow"): Count(14, 10),
        ("binance", "deep"): Count(14, 14),
    }
    assert counted(world, SWAP)["okx", "narrow"] == Count(14, 14)
    world.later(30)  # the last book is a second old, and stale when it is older than five
    assert counted(world, SWAP)["okx", "narrow"] == Count(18, 18)


def test_seconds_go_on_over_another_limit_target_and_family(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(4, binance_perp=15)
    limit, target = "slo/objectives/narrow/limits/other", "slo/objectives/narrow/target_percent"
    world.reload(put(limit, 40), put(target, 90), put("slo/objectives/narrow/family", "feed"))
    world.seconds(3, binance_perp=15)
    assert counted(world)["binance", "narrow"] == Count(7, 3)


def test_another_signal_or_market_is_another_objective_and_begins_anew(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(4)
    world.reload(put("slo/objectives/deep/band_bps", 10))
    assert counted(world)["binance", "deep"] == Count(0, 0)
    assert counted(world)["binance", "narrow"] == Count(4, 4)
    world.reload(put("instruments/instruments/BTC-USDT-PERP/symbols/binance", "BTCUSDC"))
    assert counted(world)["binance", "narrow"] == Count(0, 0)
    assert counted(world, SWAP)["okx", "narrow"] == Count(4, 4)
    world.reload(put("slo/objectives", {}))
    assert counted(world) == {}
