"""What every metric in the tables must do; no metric is named here."""

from dataclasses import replace

import pytest

from exporter.config import Features
from exporter.exposition.catalogue import market_families
from exporter.metrics import INSTRUMENT_METRICS, MARKET_METRICS
from exporter.metrics.metric import InstrumentMetric, MarketMetric
from exporter.model import BestQuote, BookUpdate, GapReason, Stream
from exporter.pipeline import Pipeline
from tests.books import BOOK_A, World
from tests.shared import shipped

EVERY = pytest.mark.parametrize("metric", MARKET_METRICS, ids=lambda metric: metric.__name__)
SHARED = pytest.mark.parametrize("metric", INSTRUMENT_METRICS, ids=lambda metric: metric.__name__)
MARKETS = ("binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT", "okx/BTC-USDT-PERP")
SENT = {
    "market_mark_price",
    "market_index_price",
    "market_mark_index_bps",
    "market_funding_rate_ratio",
    "market_funding_annualized_ratio",
    "market_funding_next_timestamp_seconds",
    "market_funding_interval_seconds",
}
"""Families that repeat what the exchange says beside its book, which may be known without it."""
RARE = {
    "market_price_deviation_percent",
    "market_price_deviation_beyond",
}
"""Families that need three exchanges; the shipped configuration has two."""


def busy(pipeline: Pipeline | None = None, seconds: int = 62) -> World:
    """A world in which everything has been received for so long."""
    world = World(pipeline)
    for name in MARKETS:
        world.market(name).trading = True
    for second in range(seconds):
        for name in MARKETS:
            world.book(name, *BOOK_A)
            world.reference(name, mark="100", index="100")
            world.reference(name, Stream.INDEX, index="100")
            world.reference(
                name,
                Stream.FUNDING,
                funding_rate="0.0001",
                next_funding_time=world.now,
                funding_interval=3_600 * 10**9,
            )
            market = world.market(name)
            market.on(
                BestQuote(market.spec.symbol, world.now, world.now, second, "1", "1", "1", "1"), 9
            )
        world.later(1)
    return world


BUSY = busy()


@EVERY
def test_each_reads_only_its_own_families_and_all_of_them(metric: type[MarketMetric]) -> None:
    read = set()
    for name in MARKETS:
        market = BUSY.market(name)
        if metric.applies(market):
            found = metric_of(BUSY.pipeline, name, metric)
            read |= {series.family for series, _ in found.readings(BUSY.now)}
    assert read == set(metric.families)


@SHARED
def test_each_shared_metric_reads_only_its_own_families(metric: type[InstrumentMetric]) -> None:
    read = {series.family for series, _ in BUSY.pipeline.shared_readings()}
    expected = {family for family in metric.families if family.name not in RARE}
    assert expected <= read


@EVERY
def test_each_reads_no_gauge_of_a_book_that_is_lost(metric: type[MarketMetric]) -> None:
    world = busy(seconds=2)
    name = MARKETS[0]
    world.market(name).lose(world.now, GapReason.DISCONNECT)
    if not metric.applies(world.market(name)) or not metric.switch:
        return  # the state of the feed itself is what must be said then
    found = metric_of(world.pipeline, name, metric)
    gauges = {s.family.name for s, _ in found.readings(world.now) if s.family.kind == "gauge"}
    assert gauges <= SENT


@EVERY
def test_each_reads_the_same_twice(metric: type[MarketMetric]) -> None:
    found = metric_of(BUSY.pipeline, MARKETS[0], metric)
    assert list(found.readings(BUSY.now)) == list(found.readings(BUSY.now))


@pytest.mark.parametrize(
    "metric", [*MARKET_METRICS, *INSTRUMENT_METRICS], ids=lambda metric: metric.__name__
)
def test_each_has_a_file_a_switch_and_families_of_its_own(
    metric: type[MarketMetric | InstrumentMetric],
) -> None:
    assert metric.families
    assert not metric.switch or metric.switch in type(Features().metrics).model_fields
    others = [m for m in (*MARKET_METRICS, *INSTRUMENT_METRICS) if m is not metric]
    assert metric.__module__ not in {other.__module__ for other in others}
    assert not {f.name for f in metric.families} & {f.name for o in others for f in o.families}


@pytest.mark.parametrize(
    "metric",
    [m for m in (*MARKET_METRICS, *INSTRUMENT_METRICS) if m.switch],
    ids=lambda metric: metric.__name__,
)
def test_each_can_be_switched_off(metric: type[MarketMetric | InstrumentMetric]) -> None:
    config = shipped()
    metrics = config.features.metrics.model_copy(update={metric.switch: False})
    features = config.features.model_copy(update={"metrics": metrics})
    pipeline = Pipeline(replace(config, features=features))
    world = busy(pipeline, seconds=2)
    read = {series.family for series, _ in world.pipeline.readings()}
    assert not read & set(metric.families)


def test_the_page_knows_every_family() -> None:
    names = [family.name for family in market_families()]
    assert len(names) == len(set(names))
    read = {series.family for series, _ in BUSY.pipeline.readings()}
    assert read <= set(market_families())


def test_an_update_that_says_nothing_new_still_counts_as_heard() -> None:
    world = World()
    name = "okx/BTC-USDT-PERP"
    world.book(name, *BOOK_A)
    market = world.market(name)
    changed = market.last_change
    world.later(4)
    number = market.sync.last_id
    market.on(BookUpdate("X", world.now, None, None, number, number, (), ()), 9)
    world.later(4)
    assert market.health(world.now).up
    assert market.last_change == changed


def metric_of(pipeline: Pipeline, name: str, metric: type[MarketMetric]) -> MarketMetric:
    """The instance of a metric that the pipeline made for a market."""
    exchange, instrument = name.split("/")
    for found in pipeline.metrics_of(exchange, instrument):
        if isinstance(found, metric):
            return found
    raise LookupError(metric)
