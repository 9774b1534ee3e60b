"""What reloads leave behind: no task, no socket, no subscription, and no fault unseen."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from exporter.live.connection import Connection
from exporter.live.keeper import Keeper
from exporter.live.plan import Plan
from tests.live.reloading import (
    ETH_PERP,
    FEEDS,
    SPOT,
    instruments,
    listening_to,
    live,
    moved,
    reload,
    settled,
    since,
    undisturbed,
)
from tests.live.rig import Rig, rig


async def test_a_hundred_reloads_leave_nothing_behind(tmp_path: Path) -> None:
    async with rig(tmp_path, pairs=2, rate=100) as world:
        await world.all_live()
        full = world.pipeline.config
        eth = full.instruments.instruments[ETH_PERP]
        less = instruments(full, ETH_USDT_PERP=replace(eth, symbols={"okx": eth.symbols["okx"]}))
        reload(world, less)
        await world.until(moved(world, SPOT))
        reload(world, full)
        await world.all_live()
        split = {**FEEDS, "binance/usdm": 4}
        await world.until(settled(world, split))
        tasks, watchers = _tasks_and_watchers(world)
        frames = world.pipeline.intakes["binance/usdm"].frames
        async with undisturbed(world, SPOT, "binance/BTC-USDT-PERP", "okx/ETH-USDT-PERP"):
            for turn in range(100):
                reload(world, full if turn % 2 else less)
                seen = frames.total()
                await world.until(lambda s=seen: frames.total() > s)  # type: ignore[misc]
            await world.all_live()
        await world.until(settled(world, split))
        await world.until(lambda: _tasks_and_watchers(world)[0] <= tasks)
        assert _tasks_and_watchers(world)[1] == watchers
        await world.books_equal()


def _tasks_and_watchers(world: Rig) -> tuple[int, list[int]]:
    """How many tasks there are, and how many watchers each market has."""
    watchers = [len(market.watchers) for market in world.pipeline.markets.values()]
    return len(asyncio.all_tasks()), watchers


async def test_a_successor_that_is_being_prepared_goes_with_its_connection(tmp_path: Path) -> None:
    """Sockets are always being renewed; the exchange withholds what makes them ready."""
    age = {"renew_after_hours": Decimal("0.2") / 3600, "answer_timeout_seconds": Decimal(9)}
    async with rig(tmp_path, settings=age) as world:
        await world.all_live()
        world.simulation.begin("stale-stream", exchange="okx", instrument="BTC-USDT-SPOT")
        await world.until(lambda: world.simulation.sessions["okx/public"] == 2)
        settings = {"renew_after_hours": Decimal(1), "answer_timeout_seconds": Decimal(3)}
        reload(world, live(world.pipeline.config, **settings))
        await world.until(lambda: world.live("okx/BTC-USDT-PERP"))
        await world.until(settled(world, FEEDS))


async def test_what_a_successor_brings_of_a_removed_instrument_is_unsubscribed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age = {"renew_after_hours": Decimal(1) / 3600}
    heard = listening_to(monkeypatch)
    async with rig(tmp_path, pairs=2, rate=60, settings=age) as world:
        await world.all_live()
        await world.until(lambda: world.simulation.sessions["okx/public"] == 2)
        reload(world, instruments(world.pipeline.config, ETH_USDT_PERP=None))
        replaced = world.heard.count("replaced", feed="okx")
        await world.until(lambda: world.heard.count("replaced", feed="okx") > replaced)
        await world.until(lambda: since(heard, "okx ETH-USDT-SWAP", "okx ETH-USDT") > 60)


@pytest.mark.parametrize("place", ["Keeper._look", "Connection.run", "Plan.requests"])
async def test_a_fault_in_what_a_reload_started_ends_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    class FaultError(Exception):
        pass

    def fault(*_: object) -> None:
        raise FaultError

    async with rig(tmp_path, pairs=2) as world:
        await world.all_live()
        full = world.pipeline.config
        kind, name = place.split(".")
        if kind != "Plan":
            reload(world, instruments(full, ETH_USDT_PERP=None))
            await world.until(moved(world, SPOT))
        monkeypatch.setattr(
            {"Keeper": Keeper, "Connection": Connection, "Plan": Plan}[kind], name, fault
        )
        reload(world, full if kind != "Plan" else instruments(full, ETH_USDT_PERP=None))
        with pytest.raises(ExceptionGroup) as caught:
            await world.tasks[0]
        assert caught.group_contains(FaultError)
