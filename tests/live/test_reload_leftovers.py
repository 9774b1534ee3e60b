"""What reloads leave behind: no task, no socket, no subscription, and no fault unseen."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from exporter.live.connection import Connection
from exporter.live.holding import Holding
from exporter.live.keeper import Keeper
from exporter.live.plan import Plan, plans
from exporter.live.socket import Socket
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
    undisturbed,
)
from tests.live.rig import Rig, rig
from tests.made import OKX
from tests.shared import shipped


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


class Slow(Holding):
    """What a successor brings before it takes over; OKX's is heard only once it is let through."""

    waiting: ClassVar[list[tuple["Slow", bytes, int]]] = []
    through: ClassVar[bool] = True

    def take(self, frame: bytes, received: int) -> None:
        if self.through or self.socket.feed.name != "okx":
            super().take(frame, received)
        else:
            self.waiting.append((self, frame, received))

    @classmethod
    async def hold(cls, world: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        """Wait until there is one that waits to be heard."""
        cls.through = False
        cls.waiting.clear()
        monkeypatch.setattr("exporter.live.connection.Holding", cls)
        await world.until(lambda: cls.waiting)

    @classmethod
    def let_through(cls) -> None:
        """It is heard, with all that it has brought so far."""
        cls.through = True
        for holding, frame, received in cls.waiting:
            holding.take(frame, received)


async def test_a_successor_that_is_being_prepared_goes_with_its_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age = {"renew_after_hours": Decimal(1) / 3600, "answer_timeout_seconds": Decimal(9)}
    async with rig(tmp_path, settings=age) as world:
        await world.all_live()
        await Slow.hold(world, monkeypatch)
        assert world.simulation.sessions["okx/public"] == 2
        settings = {"renew_after_hours": Decimal(1), "answer_timeout_seconds": Decimal(3)}
        reload(world, live(world.pipeline.config, **settings))
        await world.until(lambda: world.simulation.sessions["okx/public"] != 2)
        await world.until(settled(world, FEEDS))


async def test_what_a_successor_brings_of_a_removed_instrument_is_unsubscribed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, age = listening_to(monkeypatch), {"renew_after_hours": Decimal(1) / 3600}
    async with rig(tmp_path, pairs=2, rate=60, settings=age) as world:
        await world.all_live()
        await Slow.hold(world, monkeypatch)
        replaced = world.heard.count("replaced", feed="okx")
        reload(world, instruments(world.pipeline.config, ETH_USDT_PERP=None))
        await world.until(moved(world, "okx/ETH-USDT-SPOT"))
        Slow.let_through()
        await world.until(lambda: world.heard.count("replaced", feed="okx") > replaced)
        last = len(heard)
        await world.until(lambda: heard[last:].count("okx ETH-USDT") > 12)
        assert "okx ETH-USDT-SWAP" not in heard[last + 3 :]
        assert world.heard.count("replaced", feed="okx") == replaced + 1


class Wire:
    """A WebSocket on which nothing ever comes."""

    def __init__(self) -> None:
        self.closed = False

    async def receive(self) -> None:
        await asyncio.Event().wait()

    async def send_str(self, text: str) -> None:
        assert text

    async def close(self) -> None:
        self.closed = True


async def test_a_socket_is_closed_though_who_closes_it_is_told_to_stop() -> None:
    (plan,) = plans(OKX, "ws://nowhere", ["BTC-USDT"])
    wire = Wire()
    socket = Socket(plan, shipped().features.live, cast(Any, wire), lambda *_: None)
    socket.start()
    await asyncio.sleep(0)
    closing = asyncio.create_task(socket.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    assert closing.cancelled()
    assert wire.closed


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
