"""Another configuration for a running rig, and what to look at then."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from exporter import clock
from exporter.config import Config
from exporter.config.instruments import Instrument
from exporter.live.inbox import Inbox, Source
from tests.live.rig import Rig

ETH_PERP, SPOT = "ETH-USDT-PERP", "binance/BTC-USDT-SPOT"
FEEDS = {"binance/spot": 1, "binance/usdm": 2, "okx/public": 1}
"""Connections by service while all instruments are watched."""
SPLIT = {"binance/spot": 1, "binance/usdm": 4, "okx/public": 2}
"""The same once a perpetual of each exchange was taken away and added again."""


def reload(world: Rig, config: Config) -> list[str]:
    """This is the configuration now; the markets that it touched."""
    touched = world.pipeline.reconfigure(config, clock.now())
    world.feeds.reconfigured()
    return [str(market) for market in touched]


def instruments(config: Config, **changed: Instrument | None) -> Config:
    """Other instruments, by name with `_` for `-`; None takes one away."""
    table = dict(config.instruments.instruments)
    for name, instrument in changed.items():
        if instrument is None:
            del table[name.replace("_", "-")]
        else:
            table[name.replace("_", "-")] = instrument
    return replace(config, instruments=replace(config.instruments, instruments=table))


def live(config: Config, **settings: object) -> Config:
    """Other settings for live connections."""
    features = config.features
    changed = features.live.model_copy(update=settings)
    return replace(config, features=features.model_copy(update={"live": changed}))


def connections(world: Rig) -> dict[str, int]:
    """Connections by feed, as telemetry counts them."""
    return {
        f"{sample.labels['exchange']}/{sample.labels['feed']}": int(sample.value)
        for family in world.telemetry.registry.collect()
        for sample in family.samples
        if sample.name == "market_exporter_connections"
    }


def settled(world: Rig, expected: dict[str, int]) -> Callable[[], bool]:
    """Whether these are the connections, for the exporter and for the exchanges."""
    return lambda: connections(world) == expected == dict(world.simulation.sessions)


def moved(world: Rig, *names: str) -> Callable[[], bool]:
    """Whether all of these books have changed since now."""
    before = {name: world.market(name).sync.last_id for name in names}
    return lambda: all(world.market(name).sync.last_id != was for name, was in before.items())


@asynccontextmanager
async def undisturbed(world: Rig, *names: str) -> AsyncIterator[None]:
    """These books go on meanwhile: the same ones, live, without a gap or a new snapshot."""
    syncs = [world.market(name).sync for name in names]
    snapshots = [sync.snapshots["applied"] for sync in syncs]
    yield
    await world.until(moved(world, *names))
    assert [world.market(name).sync for name in names] == syncs
    assert all(sync.live and not sync.gaps for sync in syncs)
    assert [sync.snapshots["applied"] for sync in syncs] == snapshots


def since(heard: list[str], unwanted: str, wanted: str) -> int:
    """Frames of one symbol since the last of another."""
    last = len(heard) - heard[::-1].index(unwanted) if unwanted in heard else 0
    return heard[last:].count(wanted)


def listening_to(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The symbols of all frames that come from now on, in order."""
    seen: list[str] = []
    put = Inbox.put

    def listening(self: Inbox, source: Source, frame: bytes, received: int) -> None:
        seen.append(f"{source.feed.name} {source.feed.symbol_of(frame)}")
        put(self, source, frame, received)

    monkeypatch.setattr(Inbox, "put", listening)
    return seen
