"""Alertmanagers that the environment names are asked instead of those of maintenance.yaml."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from exporter.__main__ import main
from tests.cli.processes import Program, configured, everywhere, program
from tests.exposition.reading import series
from tests.maintenance.keeper import keeping

OWN = "alertmanagers: [http://127.0.0.1:1]\nnotices: false\nread_every_seconds: "


def own(folder: Path) -> Path:
    """A configuration whose own Alertmanager never answers."""
    config = configured(folder, everywhere("127.0.0.1:1"))
    (config / "maintenance.yaml").write_text(f"{OWN}1")
    return config


async def test_the_command_asks_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listing = ["maintenance", "list", "--config", str(own(tmp_path))]
    async with keeping() as keeper:
        keeper.put("okx")
        monkeypatch.setenv("ALERTMANAGERS", f"http://127.0.0.1:1,{keeper.url}")
        assert await asyncio.to_thread(main, listing) == 0
        assert "okx" in capsys.readouterr().out
        assert keeper.asked == 1


@pytest.mark.parametrize("variable", ["", "URL"])
async def test_they_are_not_asked_where_none_is_named_or_an_argument_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    listing = ["maintenance", "list", "--config", str(own(tmp_path))]
    async with keeping() as keeper:
        monkeypatch.setenv("ALERTMANAGERS", variable and keeper.url)
        another = ["--alertmanager", "http://127.0.0.1:1"] if variable else []
        assert await asyncio.to_thread(main, [*listing, *another]) == 1
        assert keeper.asked == 0


async def silenced(it: Program, address: str) -> dict[str, float]:
    """By exchange, whether it is known to be in maintenance; nothing where nothing is known."""
    _, text = await it.get(f"{address}metrics")
    return {
        dict(labels)["exchange"]: value
        for (name, labels), value in series(text).items()
        if name == "market_maintenance_active"
    }


async def test_the_exporter_asks_them_also_after_it_has_read_its_files_anew(
    tmp_path: Path,
) -> None:
    config = own(tmp_path)
    given = ("--config", config, "--state", tmp_path / "state", "--listen", "127.0.0.1:0")
    async with keeping() as keeper:
        keeper.put("okx")
        async with program("run", *given, ALERTMANAGERS=keeper.url) as it:
            address = await it.address()
            await it.until(lambda: keeper.asked > 1)
            assert await silenced(it, address) == {"binance": 0, "okx": 1}
            (config / "maintenance.yaml").write_text(f"{OWN}2")
            os.kill(it.process.pid, signal.SIGHUP)
            reloaded = await it.said('"reloaded"')
            assert "read_every_seconds" in reloaded
            assert "alertmanagers" not in reloaded
            before = keeper.asked
            await it.until(lambda: keeper.asked > before + 1)
            assert await it.ended(signal.SIGTERM) == 0
