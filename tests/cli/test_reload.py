"""Reloading as an operator does it: files, SIGHUP or POST, then what the log and the page say."""

import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import yaml

from exporter.commands.reloading import Reloader
from exporter.config import load
from exporter.live.live import LiveFeeds
from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry
from tests.changes import put, write
from tests.cli.processes import BOUND, Program, configured, program
from tests.exposition.reading import series
from tests.live.rig import Heard
from tests.shared import ROOT, page

SUCCESSFUL = "market_exporter_config_last_reload_successful"
TIMESTAMP = "market_exporter_config_last_reload_success_timestamp_seconds"
RULE = "alerts/alerts/spread_warning/z"


class Desk:
    """A reloader on a folder, with a pipeline and feeds that are not connected."""

    def __init__(self, folder: Path) -> None:
        self.folder = write(folder)
        self.pipeline = Pipeline(load(folder))
        self.telemetry, self.heard = Telemetry(), Heard()
        feeds = LiveFeeds(self.pipeline, self.telemetry, self.heard, folder)
        self.reload = Reloader(
            lambda: load(folder), self.pipeline, feeds, self.telemetry, self.heard
        ).reload

    def said(self) -> tuple[float, float]:
        """Whether the last reload was successful, and when the configuration in force was read."""
        registry = self.telemetry.registry
        values = registry.get_sample_value(SUCCESSFUL), registry.get_sample_value(TIMESTAMP)
        assert values[0] is not None
        assert values[1] is not None
        return values[0], values[1]


def replaced(file: Path, make: Callable[[], None]) -> None:
    """Something else under the name of a file."""
    file.unlink()
    make()


BAD: dict[str, Callable[[Path], object]] = {
    "is not YAML": lambda f: f.write_text("alerts: [\n"),
    "is not text": lambda f: f.write_bytes(b"\xff\xfe\x00alerts"),
    "has a control character": lambda f: f.write_bytes(b"alerts: \x00\n"),
    "is a list": lambda f: f.write_text("- a\n- b\n"),
    "is a number": lambda f: f.write_text("7\n"),
    "is indented by tabs": lambda f: f.write_text("alerts:\n\tspread: 1\n"),
    "has a key twice": lambda f: f.write_text("alerts: {}\nalerts: {}\n"),
    "has two documents": lambda f: f.write_text("alerts: {}\n---\nalerts: {}\n"),
    "has an unknown tag": lambda f: f.write_text("alerts: !!python/object:os.system {}\n"),
    "is nested without end": lambda f: f.write_text("a: " + "[" * 500),
    "contains itself": lambda f: f.write_text("alerts: &a {x: *a}\n"),
    "is cut off": lambda f: f.write_text(f.read_text().partition("family")[0] + "fam"),
    "is a folder": lambda f: replaced(f, f.mkdir),
    "leads nowhere": lambda f: replaced(f, lambda: f.symlink_to(f.name)),
    "is in another place": lambda f: f.rename(f.with_name("alert.yaml")),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_file_is_told_and_the_old_configuration_stays(tmp_path: Path, bad: str) -> None:
    desk = Desk(tmp_path)
    before, text, (_, read) = desk.pipeline.config, page(desk.pipeline), desk.said()
    watches = desk.pipeline.alerts.watches
    BAD[bad](desk.folder / "alerts.yaml")
    refused = desk.reload()
    assert refused.startswith("alerts.yaml: ")
    assert desk.heard.events == [("reload_refused", {"why": refused})]
    assert desk.said() == (0, read)
    assert desk.pipeline.config is before
    assert desk.pipeline.alerts.watches is watches
    assert page(desk.pipeline) == text


@pytest.mark.parametrize("file", ["exchanges.yaml", "instruments.yaml"])
@pytest.mark.parametrize("spoil", [Path.unlink, lambda f: f.write_text("")])
def test_a_file_that_must_be_there_and_is_not_is_told(
    tmp_path: Path, file: str, spoil: Callable[[Path], object]
) -> None:
    desk = Desk(tmp_path)
    spoil(tmp_path / file)
    assert f"{file}: " in desk.reload()
    assert desk.said()[0] == 0


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    desk = Desk(folder)
    folder.rename(tmp_path / "elsewhere")
    assert "cannot be read" in desk.reload()
    assert desk.said()[0] == 0


def test_all_problems_of_all_files_are_told_and_the_next_good_files_are_in_force(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    wrong = (put(RULE, "two"), put("features/depth/band_bps", [5]), put("exchanges/exchanges", {}))
    write(tmp_path, *wrong)
    refused = desk.reload().splitlines()
    assert {line.partition(":")[0] for line in refused} == {
        "alerts.yaml",
        "exchanges.yaml",
        "features.yaml",
    }
    write(tmp_path, put(RULE, 2.5))
    assert desk.reload() == ""
    assert desk.said()[0] == 1
    assert desk.heard.events[-1] == (
        "reloaded",
        {"changed": "alerts.alerts.spread_warning.z: 2 -> 2.5", "markets": "all go on"},
    )


def test_nothing_changed_is_told_as_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.reload() == desk.reload() == ""
    told = ("reloaded", {"changed": "nothing", "markets": "all go on"})
    assert desk.heard.events == [told, told]


def test_the_markets_that_are_touched_are_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    write(
        tmp_path,
        put("instruments/instruments/BTC-USDT-SPOT/symbols/okx", None),
        put("instruments/instruments/ETH-USDT-SPOT", {"symbols": {"okx": "ETH-USDT"}}),
    )
    desk.reload()
    (_, details), *others = desk.heard.events
    assert details["markets"] == "okx/BTC-USDT-SPOT, okx/ETH-USDT-SPOT"
    assert others == []


@pytest.mark.parametrize(
    ("place", "value"),
    [("features/feed/clock_skew_window_seconds", 30), ("features/live/queue_frames", 60_000)],
)
def test_what_counts_only_from_the_next_start_on_is_said(
    tmp_path: Path, place: str, value: int
) -> None:
    desk = Desk(tmp_path)
    write(tmp_path, put(place, value))
    desk.reload()
    name, details = desk.heard.events[-1]
    assert name == "needs_a_restart"
    assert str(details["changed"]).startswith(place.replace("/", "."))


def test_a_configuration_that_was_never_reloaded_counts_as_read() -> None:
    telemetry = Telemetry()
    assert telemetry.registry.get_sample_value(SUCCESSFUL) == 1
    assert (telemetry.registry.get_sample_value(TIMESTAMP) or 0) > 1.7e9


@asynccontextmanager
async def running(folder: Path, *arguments: str) -> AsyncIterator[tuple[Program, Path, str]]:
    """`run` on `simulate` once every feed is live; its configuration folder, its address."""
    async with program("simulate", "--listen", "127.0.0.1:0") as simulated:
        await simulated.until(lambda: simulated.out)
        config = configured(folder, json.loads(simulated.out[0])["endpoints"])
        state = ("--state", folder / "state", "--listen", "127.0.0.1:0")
        async with program("run", "--config", config, *state, *arguments) as it:
            address = await it.address()
            await it.ready(address)
            yield it, config, address
            assert await it.ended(signal.SIGTERM) == 0
            assert it.unclosed() == []
            assert it.count("gap_opened") == 0


def edit(config: Path, file: str, change: Callable[[dict[str, object]], object]) -> None:
    """Change a file of a running program's configuration, whole at once."""
    content = yaml.safe_load((config / file).read_text())
    change(content)
    draft = config / f"{file}.new"
    draft.write_text(yaml.safe_dump(content, sort_keys=False))
    draft.replace(config / file)


async def pages(it: Program, address: str) -> dict[str, float]:
    """The reload series, and all updates that were applied."""
    _, text = await it.get(f"{address}metrics")
    found = series(text)
    updates = [
        value
        for (name, labels), value in found.items()
        if name == "market_book_updates_total" and dict(labels)["result"] == "applied"
    ]
    return {
        "successful": found[SUCCESSFUL, ()],
        "read": found[TIMESTAMP, ()],
        "updates": sum(updates),
        "markets": len(updates),
    }


async def test_sighup_reads_the_configuration_anew(tmp_path: Path) -> None:
    async with running(tmp_path) as (it, config, address):
        start = await pages(it, address)
        assert start["successful"] == 1
        assert start["markets"] == 4

        (config / "alerts.yaml").write_text("alerts: {a: 1}\nbaseline: 7\n")
        os.kill(it.process.pid, signal.SIGHUP)
        refused = json.loads(await it.said('"reload_refused"'))
        assert refused["level"] == "warning"
        assert len(refused["why"].splitlines()) == 2
        after = await pages(it, address)
        assert (after["successful"], after["read"]) == (0, start["read"])

        (config / "alerts.yaml").write_bytes((ROOT / "config" / "alerts.yaml").read_bytes())
        edit(config, "instruments.yaml", _without_okx_spot)
        os.kill(it.process.pid, signal.SIGHUP)
        told = json.loads(await it.said('"reloaded"'))
        place = "instruments.instruments.BTC-USDT-SPOT.symbols.okx: removed"
        assert (told["changed"], told["markets"]) == (place, "okx/BTC-USDT-SPOT")
        last = await pages(it, address)
        assert last["successful"] == 1
        assert last["read"] > start["read"]
        assert last["markets"] == 3

        status, _ = await _post(f"{address}-/reload")
        assert status == 403
        assert it.count("reloaded") == 1


def _without_okx_spot(content: dict[str, object]) -> None:
    content["instruments"]["BTC-USDT-SPOT"]["symbols"].pop("okx")  # type: ignore[index]


async def test_post_reads_it_anew_only_where_that_is_enabled(tmp_path: Path) -> None:
    async with running(tmp_path, "--enable-reload") as (it, config, address):
        url = f"{address}-/reload"
        assert (await it.get(url))[0] == 405
        assert it.count("reloaded") == 0
        assert await _post(url) == (200, "reloaded\n")
        assert json.loads(await it.said('"reloaded"'))["changed"] == "nothing"
        (config / "features.yaml").write_text("depth: {band_bps: [5]}\n")
        status, text = await _post(url)
        assert status == 400
        assert text.startswith("features.yaml: depth.band_bps: is not a known key")
        assert (await pages(it, address))["successful"] == 0
        (config / "features.yaml").write_text("depth: {bands_bps: [10]}\n")
        assert await _post(url) == (200, "reloaded\n")
        after = await pages(it, address)
        assert after["successful"] == 1
        assert await it.ready(address) == "ready\n"


async def _post(url: str) -> tuple[int, str]:
    timeout = aiohttp.ClientTimeout(total=BOUND)
    async with aiohttp.ClientSession(timeout=timeout) as asking, asking.post(url) as response:
        return response.status, await response.text()
