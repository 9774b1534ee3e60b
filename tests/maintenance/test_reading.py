"""The exporter reads its maintenance from silences, and keeps it while none answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest

from exporter import clock
from exporter.config.maintenance import MaintenanceFile
from exporter.live.silences import Silences
from exporter.markets.maintenance import Window
from exporter.pipeline import Pipeline
from exporter.stack.servers import free_port
from exporter.telemetry import Telemetry
from tests.live.rig import Heard
from tests.maintenance.keeper import Keeper, keeping
from tests.shared import shipped

COUNTED = "market_exporter_silence_reads_total"


@dataclass
class Reader:
    """An exporter's part that reads; `reads` makes it read once more, at once."""

    pipeline: Pipeline
    telemetry: Telemetry
    heard: Heard
    silences: Silences

    def counted(self, result: str) -> float:
        return self.telemetry.registry.get_sample_value(COUNTED, {"result": result}) or 0

    def total(self) -> float:
        return self.counted("ok") + self.counted("failed")

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - what is waited for sets no event
                await asyncio.sleep(0.005)

    async def reads(self, times: int = 1) -> list[Window]:
        for _ in range(times):
            before = self.total()
            self.silences.read_now()
            await self.until(lambda before=before: self.total() > before)  # type: ignore[misc]
        return list(self.pipeline.maintenance.windows)

    def follow(self, **settings: object) -> None:
        """Another configuration."""
        maintenance = MaintenanceFile(**settings)  # type: ignore[arg-type]
        config = replace(self.pipeline.config, maintenance=maintenance)
        self.pipeline.reconfigure(config, clock.now())
        self.silences.read_now()

    def told(self) -> list[str]:
        return [name for name, _ in self.heard.events]


@asynccontextmanager
async def reading(state: Path, *addresses: str) -> AsyncIterator[Reader]:
    """One that reads at these addresses, and does so by itself only after five minutes."""
    settings = MaintenanceFile(alertmanagers=addresses, read_every_seconds=300)
    heard, telemetry = Heard(), Telemetry()
    pipeline = Pipeline(replace(shipped(), maintenance=settings), observer=heard)
    silences = Silences(pipeline, telemetry, heard, state)
    async with aiohttp.ClientSession() as session:
        running = asyncio.create_task(silences.run(session))
        try:
            reader = Reader(pipeline, telemetry, heard, silences)
            if addresses:
                await reader.until(reader.total)
            yield reader
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def keeper() -> AsyncIterator[Keeper]:
    async with keeping() as it:
        yield it


async def test_what_is_silenced_is_known_and_what_is_ended_is_not(
    tmp_path: Path, keeper: Keeper
) -> None:
    okx = keeper.put()
    async with reading(tmp_path, keeper.url) as it:
        assert it.pipeline.maintenance.known
        (known,) = it.pipeline.maintenance.windows
        assert (known.exchange, known.id, known.reason) == ("okx", okx, "upgrade")
        keeper.put("binance", "BTC-USDT-PERP")
        assert [one.exchange for one in await it.reads()] == ["okx", "binance"]
        keeper.expire(okx)
        assert [one.exchange for one in await it.reads()] == ["binance"]
        assert it.told() == ["maintenance_planned", "maintenance_planned", "maintenance_over"]


async def test_what_goes_on_is_told_once(tmp_path: Path, keeper: Keeper) -> None:
    keeper.put()
    async with reading(tmp_path, keeper.url) as it:
        await it.reads(5)
        assert it.told() == ["maintenance_planned"]
        ((_, details),) = it.heard.events
        assert details["exchange"] == "okx"
        assert details["instrument"] == "all"


@pytest.mark.parametrize("broken", ["failing", "raw"])
async def test_while_it_does_not_answer_the_last_word_stands_and_it_is_told_once(
    tmp_path: Path, keeper: Keeper, broken: str
) -> None:
    keeper.put()
    async with reading(tmp_path, keeper.url) as it:
        known = await it.reads()
        setattr(keeper, broken, "<html>" if broken == "raw" else True)
        assert await it.reads(2) == known
        assert "maintenance_unreadable" not in it.told(), "a restart is no news"
        assert await it.reads(3) == known
        assert it.told().count("maintenance_unreadable") == 1
        assert it.counted("failed") == 5
        setattr(keeper, broken, None)
        assert await it.reads(2) == known
        assert it.told().count("maintenance_readable_again") == 1


async def test_of_several_the_first_that_answers_is_asked(tmp_path: Path, keeper: Keeper) -> None:
    keeper.put()
    nobody = f"http://127.0.0.1:{free_port()}"
    async with keeping() as other, reading(tmp_path, nobody, keeper.url, other.url) as it:
        assert len(await it.reads()) == 1
        assert other.asked == 0


async def test_a_restart_knows_it_before_anybody_has_answered(
    tmp_path: Path, keeper: Keeper
) -> None:
    keeper.put("okx", "BTC-USDT-PERP")
    async with reading(tmp_path, keeper.url) as it:
        before = await it.reads()
    keeper.failing = True
    async with reading(tmp_path, keeper.url) as it:
        assert list(it.pipeline.maintenance.windows) == before
        assert it.pipeline.maintenance.known


@pytest.mark.parametrize("content", [b"", b"{", b'[{"exchange":1}]', b"\xff"])
async def test_a_file_that_is_spoilt_is_told_and_written_anew(
    tmp_path: Path, keeper: Keeper, content: bytes
) -> None:
    file = tmp_path / "maintenance.json"
    file.write_bytes(content)
    keeper.put()
    async with reading(tmp_path, keeper.url) as it:
        assert it.told()[0] == "maintenance_not_restored"
        assert [one["exchange"] for one in json.loads(file.read_bytes())] == ["okx"]


async def test_without_a_disk_it_goes_on(tmp_path: Path, keeper: Keeper) -> None:
    (tmp_path / "file").touch()
    keeper.put()
    async with reading(tmp_path / "file", keeper.url) as it:
        assert len(await it.reads()) == 1
        assert "maintenance_not_kept" in it.told()


async def test_another_configuration_is_followed_at_once(tmp_path: Path, keeper: Keeper) -> None:
    keeper.put()
    async with keeping() as other, reading(tmp_path, keeper.url) as it:
        other.put("binance")
        it.follow(alertmanagers=(other.url,), read_every_seconds=300)
        await it.until(lambda: [w.exchange for w in it.pipeline.maintenance.windows] == ["binance"])
        it.follow(alertmanagers=())
        await it.until(lambda: not it.pipeline.maintenance.known)
        assert list(it.pipeline.maintenance.windows) == []


async def test_nobody_is_asked_where_none_is_named(tmp_path: Path) -> None:
    async with reading(tmp_path) as it:
        it.silences.read_now()
        await asyncio.sleep(0)
        assert not it.pipeline.maintenance.known
        assert (it.total(), it.told()) == (0, [])


async def test_it_ends_when_told_to_also_if_it_has_just_been_told_to_read(
    tmp_path: Path, keeper: Keeper
) -> None:
    async with asyncio.timeout(20), reading(tmp_path, keeper.url) as it:
        it.silences.read_now()
