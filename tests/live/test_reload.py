"""Another configuration while everything runs, over real sockets: who notices, and who does not."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from time import time_ns

import pytest

from exporter.config.alerts import AlertsFile
from exporter.config.redirection import redirected
from exporter.model import GapReason
from exporter.simulator.simulation import Simulation
from exporter.simulator.symbols import symbols
from exporter.simulator.world import World
from tests.live.reloading import (
    ETH_PERP,
    FEEDS,
    SPLIT,
    connections,
    instruments,
    listening_to,
    live,
    reload,
    settled,
    since,
    undisturbed,
)
from tests.live.rig import rig


async def test_an_instrument_goes_and_comes_and_no_other_book_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = listening_to(monkeypatch)
    async with rig(tmp_path, pairs=2, rate=60) as world:
        await world.all_live()
        assert settled(world, FEEDS)()
        full = world.pipeline.config
        others = [str(name) for name in world.pipeline.markets if name.instrument != ETH_PERP]
        tasks = len(asyncio.all_tasks())
        gone = ["binance/ETH-USDT-PERP", "okx/ETH-USDT-PERP"]
        async with undisturbed(world, *others):
            assert reload(world, instruments(full, ETH_USDT_PERP=None)) == gone
            for unwanted, wanted in (
                ("binance/usdm ETHUSDT", "binance/usdm BTCUSDT"),
                ("okx ETH-USDT-SWAP", "okx ETH-USDT"),
            ):
                await world.until(lambda u=unwanted, w=wanted: since(heard, u, w) > 60)  # type: ignore[misc]
            assert settled(world, FEEDS)()
            assert reload(world, full) == gone
            await world.all_live()
            await world.until(settled(world, SPLIT))
        await world.books_equal()
        reload(world, instruments(full, ETH_USDT_PERP=None))
        await world.until(settled(world, FEEDS))
        await world.until(lambda: len(asyncio.all_tasks()) <= tasks)


async def test_an_exchange_is_disabled_and_enabled_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        full, tasks = world.pipeline.config, len(asyncio.all_tasks())
        exchanges = full.exchanges.exchanges
        okx = exchanges["okx"].model_copy(update={"enabled": False})
        file = full.exchanges.model_copy(update={"exchanges": {**exchanges, "okx": okx}})
        async with undisturbed(world, "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"):
            reload(world, replace(full, exchanges=file))
            await world.until(settled(world, {**FEEDS, "okx/public": 0}))
            await world.until(lambda: len(asyncio.all_tasks()) < tasks)
            assert world.feeds.unready() == []
            reload(world, full)
            await world.all_live()
            await world.until(settled(world, FEEDS))
        await world.books_equal()
        await world.until(lambda: len(asyncio.all_tasks()) <= tasks)


async def test_another_address_is_followed_and_the_other_feeds_stay(tmp_path: Path) -> None:
    elsewhere = Simulation(World(symbols(1), seed=8, start=time_ns() // 1_000_000, rate=20))
    await elsewhere.start()
    async with rig(tmp_path) as world:
        await world.all_live()
        websocket, rest = elsewhere.endpoints["binance"]["usdm"]
        before = world.pipeline.config
        feeds = before.exchanges.exchanges["binance"].feeds
        spot = {"websocket": feeds["spot"].websocket, "rest": feeds["spot"].rest}
        there = {"binance": {"spot": spot, "usdm": {"websocket": websocket, "rest": rest}}}
        perp = world.market("binance/BTC-USDT-PERP")
        async with undisturbed(world, "binance/BTC-USDT-SPOT", "okx/BTC-USDT-PERP"):
            assert reload(world, redirected(before, there)) == []
            await world.until(lambda: not perp.sync.live)
            await world.until(lambda: perp.sync.live)
            assert dict(perp.sync.gaps) == {GapReason.DISCONNECT: 1}
            await world.until(lambda: connections(world) == FEEDS)
            await world.until(lambda: world.simulation.sessions["binance/usdm"] == 0)
        assert elsewhere.sessions["binance/usdm"] == 2
        elsewhere.pause()
        number, *_ = elsewhere.book(*perp.id)
        await world.until(lambda: perp.sync.last_id == number)
        assert not elsewhere.violations
    await elsewhere.stop()


async def test_other_settings_are_for_all_connections_and_forget_no_budget(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        config = world.pipeline.config
        connected = world.heard.count("connected")
        every = [str(name) for name in world.pipeline.markets]
        async with undisturbed(world, *every):
            reload(world, live(config, queue_frames=40_000))
        assert world.heard.count("connected") == connected
        requests = {name: dict(i.requests) for name, i in world.pipeline.intakes.items()}
        start = {"kind": "rest-errors", "exchange": "binance", "size": 429, "seconds": 30}
        world.simulation.begin(**start)  # type: ignore[arg-type]
        reload(world, live(config, answer_timeout_seconds=Decimal(3)))
        await world.until(lambda: world.heard.count("connected") == connected + 4)
        await world.until(settled(world, FEEDS))
        await world.until(lambda: world.heard.count("rest_failed", feed="binance/usdm") > 0)
        asked = dict(world.pipeline.intakes["binance/usdm"].requests)
        assert asked["429"] == 1
        assert asked["ok"] >= requests["binance/usdm"]["ok"]
        for seconds in (4, 5):
            reload(world, live(config, answer_timeout_seconds=Decimal(seconds)))
            await world.until(lambda: world.live("okx/BTC-USDT-PERP"))
        assert dict(world.pipeline.intakes["binance/usdm"].requests) == asked


async def test_another_symbol_or_limit_is_a_new_book_on_the_same_connections(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, pairs=2) as world:
        await world.all_live()
        full = world.pipeline.config
        connected = world.heard.count("connected")
        perp, table = "binance/BTC-USDT-PERP", full.instruments.instruments
        mid = world.read(perp)["market_mid_price",]
        eth = replace(table["BTC-USDT-PERP"], symbols=table[ETH_PERP].symbols)
        async with undisturbed(world, "binance/ETH-USDT-SPOT", "okx/ETH-USDT-SPOT"):
            touched = reload(world, instruments(full, BTC_USDT_PERP=eth, ETH_USDT_PERP=None))
            assert len(touched) == 4
            await world.all_live()
            assert world.read(perp)["market_mid_price",] < mid / 10
            limits = eth.stale_after_seconds.model_copy(update={"book": Decimal(3)})
            limited = replace(eth, stale_after_seconds=limits)
            touched = reload(world, instruments(full, BTC_USDT_PERP=limited, ETH_USDT_PERP=None))
            assert touched == [perp, "okx/BTC-USDT-PERP"]
            assert not world.live(perp)
            await world.all_live()
        assert world.heard.count("connected") == connected
        reload(world, full)
        await world.all_live()
        await world.books_equal()


async def test_a_rule_that_looks_further_has_its_band_fetched(tmp_path: Path) -> None:
    complete = ("market_depth_complete", "total", "10")
    async with rig(tmp_path, settings={"snapshot_levels": 100}) as world:
        told = world.pipeline.config
        reload(world, replace(told, alerts=AlertsFile()))
        await world.all_live()
        assert world.read("binance/BTC-USDT-PERP")[complete] == 0
        reload(world, told)
        await world.until(lambda: world.read("binance/BTC-USDT-PERP").get(complete) == 1)
        assert world.market("binance/BTC-USDT-PERP").sync.snapshots["applied"] == 2


async def test_a_reload_while_a_feed_is_down_finds_its_way_back(tmp_path: Path) -> None:
    async with rig(tmp_path, pairs=2) as world:
        await world.all_live()
        full = world.pipeline.config
        world.simulation.begin("disconnect", exchange="binance", seconds=3)
        await world.until(lambda: world.read("binance/BTC-USDT-PERP")["market_feed_degraded",])
        reload(world, instruments(full, ETH_USDT_PERP=None))
        reload(world, instruments(full, ETH_USDT_SPOT=None))
        await world.until(lambda: world.heard.count("polling", markets=0) > 0)
        await world.all_live()
        reload(world, full)
        await world.all_live()
        await world.books_equal()
