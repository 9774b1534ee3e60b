"""Another configuration in a running pipeline: what goes on, what ends, what begins."""

import gc
from itertools import permutations
from pathlib import Path

import pytest

from exporter.alerts.alert import Alert
from exporter.markets.market import Market
from exporter.metrics.integral import TimeIntegral
from exporter.model import Stream
from exporter.pipeline import Pipeline
from tests.changes import changed, put
from tests.made import OKX, Session, channel
from tests.reconfigured import (
    BASE,
    CALM,
    CHANGES,
    ETH,
    EVERY,
    INSTRUMENTS,
    NO_OKX,
    OBSERVED,
    OKX_SPOT,
    PERP,
    SPOT,
    SWAP,
    House,
)
from tests.shared import page


def test_whatever_it_was_before_the_page_has_the_series_of_the_configuration_in_its_order(
    tmp_path: Path,
) -> None:
    configs = {name: changed(tmp_path, *BASE, *c) for name, c in CHANGES.items()}
    fresh = {name: _prefixes(Pipeline(config)) for name, config in configs.items()}
    assert len({tuple(series) for series in fresh.values()}) >= len(fresh) - 2
    pipeline = Pipeline(configs["nothing"])
    for one, other in permutations(CHANGES, 2):
        pipeline.reconfigure(configs[one], 0)
        pipeline.reconfigure(configs[other], 0)
        assert _prefixes(pipeline) == fresh[other], (one, other)


def test_the_order_of_the_file_is_the_order_of_the_page(tmp_path: Path) -> None:
    def turned(files: dict[str, dict[str, dict[str, object]]]) -> None:
        table = files["instruments"]["instruments"]
        files["instruments"]["instruments"] = dict(reversed(table.items()))

    world = House(tmp_path, ETH)
    assert world.reload(turned, ETH) == []
    assert world.series() == House(tmp_path, turned, ETH).series()


def test_nothing_changed_changes_nothing(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    world.seconds(3, binance_perp=15)
    pipeline = world.pipeline
    world.told()
    markets = [(market, market.sync) for market in pipeline.markets.values()]
    metrics = [list(pipeline.metrics_of(*name)) for name in pipeline.markets]
    states = [
        watch.baseline.state() for _, watch in pipeline.alerts.watches if watch.baseline is not None
    ]
    before = page(pipeline)
    for _ in range(2):
        assert world.reload() == []
    assert [(market, market.sync) for market in pipeline.markets.values()] == markets
    assert [list(pipeline.metrics_of(*name)) for name in pipeline.markets] == metrics
    assert [
        watch.baseline.state() for _, watch in pipeline.alerts.watches if watch.baseline is not None
    ] == states
    assert page(pipeline) == before
    assert world.told() == []


def test_the_books_and_counts_of_markets_that_are_not_touched_go_on(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    syncs = {name: world.market(name).sync for name in EVERY}
    observed = world.number(PERP, OBSERVED)
    for changes in CHANGES.values():
        if changes not in (CHANGES["another symbol"], CHANGES["other limits"]):
            world.reload(*changes)
            assert world.market(PERP).sync is syncs[PERP]
            assert world.number(PERP, OBSERVED) == observed
    world.reload()
    assert world.market(SPOT).sync is not syncs[SPOT]  # it was away
    world.seconds(1)
    assert world.number(PERP, OBSERVED) == (observed or 0) + 1


def test_an_instrument_that_is_added_begins_empty_and_one_that_is_removed_is_gone(
    tmp_path: Path,
) -> None:
    eth = "okx/ETH-USDT-SPOT"
    world = House(tmp_path)
    world.seconds(CALM)
    assert world.reload(ETH) == [eth]
    assert world.number(eth, "market_feed_up") == 0
    world.seconds(CALM)
    world.seconds(1, okx_spot=15)
    assert world.alert("wide", eth).firing
    world.told()
    assert world.reload() == [eth]
    assert not [line for line in world.series() if "ETH" in line]
    assert world.told() == [
        ("wide", eth, "inactive", "disabled"),
        ("lasting", eth, "inactive", "disabled"),
    ]
    assert world.alert("wide", OKX_SPOT).firing
    world.seconds(2)
    assert world.told() == [
        ("wide", OKX_SPOT, "inactive", "cleared"),
        ("lasting", OKX_SPOT, "inactive", "cleared"),
    ]


def test_a_page_that_is_being_built_goes_on_without_a_market_that_goes_away(
    tmp_path: Path,
) -> None:
    world = House(tmp_path)
    world.seconds(2)
    markets = list(world.pipeline.markets.values())
    world.reload(NO_OKX)
    shown = [list(world.pipeline.market_readings(market)) for market in markets]
    assert [bool(readings) for readings in shown] == [m.id.exchange == "binance" for m in markets]
    gone = next(market for market in markets if market.id.exchange == "okx")
    assert list(world.pipeline.metrics_of(*gone.id)) == []


@pytest.mark.parametrize("limits", [{"book": 3}, {"book": 3, "mark": 4}])
def test_another_stale_limit_takes_the_book_and_keeps_what_is_normal(
    tmp_path: Path, limits: dict[str, int]
) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    world.seconds(1, binance_perp=15)
    normal, life = world.normal(), world.alert("wide").life
    change = put(f"{INSTRUMENTS}/BTC-USDT-PERP/stale_after_seconds", limits)
    assert world.reload(change) == [PERP, SWAP]
    assert world.number(PERP, "market_feed_up") == 0
    assert world.number(SPOT, "market_feed_up") == 1
    assert (world.normal(), world.alert("wide").life) == (normal, life)
    world.seconds(1, binance_perp=15)
    assert world.alert("wide").firing
    world.later(2.5)
    assert world.number(PERP, "market_feed_up") == 0


def test_another_symbol_is_another_market_with_nothing_known_of_it(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    world.seconds(1, binance_perp=15, okx_perp=15)
    world.told()
    assert world.reload(*CHANGES["another symbol"]) == [PERP]
    assert world.told() == [
        ("wide", PERP, "inactive", "disabled"),
        ("lasting", PERP, "inactive", "disabled"),
    ]
    assert world.normal() == []
    assert list(world.watch().history.points()) == []
    assert world.alert("wide").life.since is None
    assert world.alert("wide", SWAP).firing
    assert len(world.normal(market=SWAP)) == CALM


def test_an_exchange_that_is_disabled_takes_its_pairs_along_and_comes_back(
    tmp_path: Path,
) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    assert world.shared().keys() >= {("market_divergence_bps", "binance", "BTC-USDT-PERP", "okx")}
    assert world.reload(NO_OKX) == [SWAP, OKX_SPOT]
    assert not [name for name, *_ in world.shared() if "divergence" in name or "cross" in name]
    assert not [line for line in world.series() if "okx" in line and "exporter" not in line]
    assert world.reload() == [SWAP, OKX_SPOT]
    world.seconds(1)
    assert world.shared().keys() >= {("market_divergence_bps", "binance", "BTC-USDT-PERP", "okx")}


def test_the_index_of_a_perpetual_that_was_removed_is_nobodys(tmp_path: Path) -> None:
    world = House(tmp_path)
    session = Session(world.pipeline, world.now)
    session.take(OKX, channel("index-tickers", "BTC-USDT", idxPx="100", at=session.now))
    assert world.market(SWAP).clocks[Stream.INDEX].messages == 1
    world.reload(put(f"{INSTRUMENTS}/BTC-USDT-PERP/symbols/okx", None))
    session.take(OKX, channel("index-tickers", "BTC-USDT", idxPx="100", at=session.now))
    assert world.market(OKX_SPOT).clocks[Stream.INDEX].messages == 0


def test_a_hundred_changes_leave_nothing_behind(tmp_path: Path) -> None:
    base = changed(tmp_path, *BASE)
    pipeline = Pipeline(base)
    for changes in CHANGES.values():
        other = changed(tmp_path, *BASE, *changes)
        counts = []
        for _ in range(10):
            pipeline.reconfigure(other, 0)
            pipeline.reconfigure(base, 0)
            watchers = [len(market.watchers) for market in pipeline.markets.values()]
            counts.append((watchers, len(list(pipeline.alerts)), len(_prefixes(pipeline))))
        assert counts == counts[:1] * 10
    before = _alive()
    pipeline.reconfigure(base, 0)
    assert _alive() == before


def _alive() -> list[int]:
    """How many there are of what is made and dropped."""
    gc.collect()
    kinds = [type(one) for one in gc.get_objects()]
    return [sum(issubclass(k, kind) for k in kinds) for kind in (TimeIntegral, Market, Alert)]


def _prefixes(pipeline: Pipeline) -> list[str]:
    """All series of markets, in the order of the page."""
    return [
        series.prefix
        for series, _ in pipeline.readings()
        if not series.family.name.startswith("market_exporter_")
    ]
