"""Instrument lists: damaged files, folders that cannot be used, markets that are not listed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exporter.config import Config
from exporter.config.instruments import Instrument, Symbol
from exporter.model import NANOSECONDS, Stream
from exporter.simulator.binance_listing import exchange_info
from exporter.simulator.binance_product import SPOT as PRODUCT
from exporter.simulator.binance_product import Product
from tests.live.rig import Rig, rig
from tests.live.test_incidents import BOOK, EVERY, OKX_SPOT, PERP, SPOT, SWAP, UP, gaps, start
from tests.live.test_starts import TRADING, Door, moved, said, starting, tried_in_vain

OFTEN: Mapping[str, object] = {"instruments_refresh_minutes": Decimal("0.005")}
"""Instrument lists are read anew each 0.3 s."""
NOPE = "NOPE-USDT-PERP"
UNLISTED = (f"binance/{NOPE}", f"okx/{NOPE}")


async def kept(world: Rig, state: Path) -> dict[Path, bytes]:
    """The files of all four lists, once they are written."""
    found: list[Path] = []

    def all_there() -> bool:
        found[:] = state.glob("*.json")
        return len(found) == 4

    await world.until(all_there)
    return {path: path.read_bytes() for path in found}


def whys(world: Rig, name: str) -> list[str]:
    """What was told under this name."""
    return [str(details["why"]) for event, details in world.heard.events if event == name]


DAMAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "truncated": lambda body: body[: len(body) // 2],
    "something else": lambda body: b'{"code":"1","msg":"no"}',
}


async def damaged(state: Path, damage: str) -> dict[Path, bytes]:
    """The lists that a first run left, all damaged; what they were."""
    async with starting(state) as world:
        whole = await kept(world, state)
    for path, body in whole.items():
        path.write_bytes(DAMAGES[damage](body))
    return whole


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_file_is_told_once_ignored_and_replaced(
    tmp_path: Path, damage: str
) -> None:
    whole = await damaged(tmp_path, damage)
    async with (
        Door() as door,
        starting(tmp_path, moved("okx", rest=door.place)) as world,
    ):
        await tried_in_vain(world, "okx")
        await world.until(lambda: world.live(SWAP) and world.live(OKX_SPOT))
        told = len(complaints(world))
        assert 3 <= told <= len(whole), "each feed, or each file"
        assert world.heard.count("instruments_from_cache") == 0
        assert all(TRADING not in world.read(market) for market in (SWAP, OKX_SPOT))
        await door.open(world.simulation)
        await world.until(lambda: all(world.read(market).get(TRADING) == 1 for market in EVERY))
        await world.until(lambda: all(restored(path, body) for path, body in whole.items()))
        assert len(complaints(world)) == told


def complaints(world: Rig) -> list[str]:
    """What was told of lists that cannot be read."""
    return [*world.heard.refusals, *whys(world, "instrument_lists_unreadable")]


def restored(path: Path, body: bytes) -> bool:
    """Whether the file holds the instruments of `body` again."""
    try:
        found, wanted = json.loads(path.read_bytes()), json.loads(body)
    except ValueError:
        return False
    return all(found.get(key) == wanted.get(key) for key in ("symbols", "data"))


async def test_a_damaged_file_is_told_by_its_name_and_is_no_answer_of_the_exchange(
    tmp_path: Path,
) -> None:
    await damaged(tmp_path, "truncated")
    names = [f"{feed}-instruments-0.json" for feed in ("binance-spot", "binance-usdm", "okx")]
    async with starting(tmp_path) as world:
        await world.until(lambda: all(world.read(market).get(TRADING) == 1 for market in EVERY))
        assert all(name in " ".join(complaints(world)) for name in names)
        assert all("refused" not in i.answers for i in world.pipeline.intakes.values())


async def test_a_file_that_cannot_be_opened_is_told_and_the_exchange_is_asked(
    tmp_path: Path,
) -> None:
    blocked = tmp_path / "binance-spot-instruments-0.json"
    blocked.mkdir()
    async with starting(tmp_path) as world:
        await world.until(lambda: all(world.read(market).get(TRADING) == 1 for market in EVERY))
        await world.until(lambda: world.heard.count("instrument_lists_not_kept") == 1)
        (unreadable,) = whys(world, "instrument_lists_unreadable")
        assert str(blocked) in unreadable
        assert world.heard.refusals == []


async def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    state = tmp_path / "some" / "where"
    async with starting(state) as world:
        await kept(world, state)
        assert world.heard.count("instrument_lists_unreadable") == 0
        assert world.heard.count("instrument_lists_not_kept") == 0
    async with starting(state) as world:
        await world.until(lambda: world.heard.count("instruments_from_cache") == 3)


async def test_a_folder_that_cannot_be_made_is_told_once_and_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    async with starting(file / "state", settings=OFTEN) as world:
        await world.all_live()
        intakes = world.pipeline.intakes.values()
        await world.until(lambda: all(intake.answers["applied"] > 4 for intake in intakes))
        assert world.feeds.unready() == []
        assert len(whys(world, "instrument_lists_unreadable")) == 3, "one a feed"
        (not_kept,) = whys(world, "instrument_lists_not_kept")
        assert str(file / "state") in not_kept
    assert file.read_text() == "no folder"


def with_unlisted(config: Config) -> Config:
    """The configuration with a perpetual that no exchange has."""
    limits = config.instruments.defaults.stale_after_seconds
    places = {"binance": Symbol(symbol="NOPEUSDT"), "okx": Symbol(symbol="NOPE-USDT-SWAP")}
    unlisted = Instrument(NOPE, "NOPE", "USDT", "PERP", places, limits)
    instruments = {**config.instruments.instruments, NOPE: unlisted}
    return replace(config, instruments=replace(config.instruments, instruments=instruments))


async def test_a_market_that_is_not_listed_is_told_absent_and_in_nobodys_way(
    tmp_path: Path,
) -> None:
    async with starting(tmp_path, with_unlisted, settings=OFTEN) as world:
        await world.until(lambda: all(world.live(market) for market in EVERY))
        await world.until(lambda: world.heard.count("unlisted") == 2)
        answers = [world.pipeline.intakes[feed].answers for feed in ("okx", "binance/usdm")]
        await world.until(lambda: all(one["applied"] > 6 for one in answers))
        assert sorted(whys(world, "unlisted")) == [
            f"the exchange does not list {market}" for market in UNLISTED
        ]
        for market in UNLISTED:
            values = world.read(market)
            assert (values[UP], values[TRADING]) == (0, 0)
            assert not BOOK & values.keys()
        assert world.feeds.unready() == [], "a feed is ready with the books that there are"
        assert all(world.read(market)[TRADING] == 1 for market in EVERY)
        await world.until(lambda: world.heard.count("subscription_refused") > 0)
        refusals = whys(world, "subscription_refused")
        assert all("NOPE-USDT" in refusal for refusal in refusals)
        assert len(set(refusals)) == len(refusals)


async def test_no_snapshot_is_asked_for_of_a_market_that_is_not_listed(tmp_path: Path) -> None:
    async with starting(tmp_path, with_unlisted) as world:
        usdm = world.pipeline.intakes["binance/usdm"]
        await world.until(lambda: world.heard.count("unlisted") == 2)
        since = world.pipeline.now
        await world.until(
            lambda: world.pipeline.now - since > 4 * NANOSECONDS or "400" in usdm.requests
        )
        assert set(usdm.requests) == {"ok"}


async def test_a_market_that_is_not_listed_does_not_keep_its_connection_from_being_replaced(
    tmp_path: Path,
) -> None:
    quick = {"answer_timeout_seconds": Decimal(1)}
    async with starting(tmp_path, with_unlisted, settings=quick) as world:
        okx = (SWAP, OKX_SPOT)
        await world.until(lambda: all(world.live(market) for market in okx))
        await world.until(lambda: world.heard.count("subscription_refused") > 0)
        start(world, "server-shutdown", "okx/", size=0.4, seconds=4)
        await world.until(
            lambda: world.heard.count("replaced") or world.heard.count("disconnected")
        )
        assert world.heard.count("replaced") == 1
        assert all(gaps(world, market) == {} for market in okx)


async def test_polls_of_a_market_that_is_not_listed_are_told_once(tmp_path: Path) -> None:
    async with (
        Door() as door,
        starting(tmp_path, with_unlisted, moved("binance", websocket=door.place)) as world,
    ):
        usdm = world.pipeline.intakes["binance/usdm"]
        await world.until(lambda: usdm.requests.get("400", 0) >= 2 or usdm.answers["applied"] > 6)
        assert said(world, "rest_failed")["rest_failed", "binance/usdm", "poll"] <= 1


async def test_a_market_that_stops_trading_is_seen_and_left_alone_until_it_trades_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halted = halting(monkeypatch)
    async with rig(tmp_path, settings=OFTEN) as world:
        await world.all_live()
        halted.append("BTCUSDT")
        start(world, "stale-stream", SPOT, seconds=60)
        await world.until(lambda: world.read(SPOT)[TRADING] == 0 and not world.live(SPOT))
        await world.until(lambda: silent_for(world, SPOT) > 3 * NANOSECONDS)
        assert not BOOK & world.read(SPOT).keys()
        assert world.heard.count("subscribed_anew", feed="binance/spot") == 0
        assert world.heard.count("unlisted") == 0
        assert world.feeds.unready() == ["no live book of binance/spot"]
        for market in (PERP, SWAP, OKX_SPOT):
            assert world.live(market)
            assert world.read(market)[TRADING] == 1
        halted.clear()
        world.simulation.incidents.stop()
        await world.all_live()
        assert world.read(SPOT)[TRADING] == 1
        await world.books_equal()


def halting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Spot symbols named in this list are halted by Binance's instrument list from now on."""
    halted: list[str] = []

    def listing(product: Product, *arguments: Any) -> str:
        info = json.loads(exchange_info(product, *arguments))
        for row in info["symbols"]:
            if product is PRODUCT and row["symbol"] in halted:
                row["status"] = "BREAK"
        return json.dumps(info)

    monkeypatch.setattr("exporter.simulator.binance_rest.exchange_info", listing)
    return halted


def silent_for(world: Rig, market: str) -> int:
    """Nanoseconds since the last message of the book."""
    return world.pipeline.now - (world.market(market).clocks[Stream.BOOK].last or 0)


async def test_that_a_market_stops_trading_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halted = halting(monkeypatch)
    async with rig(tmp_path, settings=OFTEN) as world:
        await world.until(lambda: world.read(SPOT).get(TRADING) == 1)
        halted.append("BTCUSDT")
        await world.until(lambda: world.read(SPOT)[TRADING] == 0)
        told: dict[str, str | int] = {"exchange": "binance", "instrument": "BTC-USDT-SPOT"}
        assert world.heard.events.count(("trading_halted", told)) == 1


async def test_a_list_that_could_not_be_read_is_asked_for_again_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(['{"code":-1000,"msg":"An unknown error occurred."}'])

    def listing(*arguments: Any) -> str:
        return next(answers, None) or exchange_info(*arguments)

    monkeypatch.setattr("exporter.simulator.binance_rest.exchange_info", listing)
    async with rig(tmp_path) as world:
        await world.until(lambda: len(world.heard.refusals) == 1)
        binance = (PERP, SPOT)
        await world.until(lambda: all(TRADING in world.read(m) for m in binance), seconds=2)


async def test_a_cached_list_does_not_say_what_the_exchange_lists_now(tmp_path: Path) -> None:
    """The market was listed after the last run, and REST does not answer yet."""
    async with starting(tmp_path) as world:
        for path, body in (await kept(world, tmp_path)).items():
            known = json.loads(body)
            known = {key: [] if key in ("symbols", "data") else known[key] for key in known}
            path.write_text(json.dumps(known))
    async with (
        Door() as door,
        starting(tmp_path, moved("binance", rest=door.place), moved("okx", rest=door.place)) as it,
    ):
        await tried_in_vain(it, "okx", "binance/spot", "binance/usdm")
        assert it.heard.count("unlisted") == 0
        assert all(TRADING not in it.read(market) for market in EVERY)
