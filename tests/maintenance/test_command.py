"""The command on a real Alertmanager: what it makes, lists and ends, and what that mutes."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from exporter.stack.servers import free_port
from tests.cli.processes import configured, everywhere, program
from tests.stack.processes import Server, alertmanager

OKX, INSTRUMENT = {"kind": "market", "exchange": "okx"}, "BTC-USDT-PERP"
ALERTS = {
    "of the exchange": {**OKX, "instrument": "BTC-USDT-SPOT"},
    "of the instrument": {**OKX, "instrument": INSTRUMENT},
    "of many": OKX,
    "of a pair": {
        "kind": "market",
        "exchange": "binance",
        "other": "okx",
        "instrument": INSTRUMENT,
    },
    "of another": {"kind": "market", "exchange": "binance", "instrument": INSTRUMENT},
    "in a drill": {**OKX, "instrument": INSTRUMENT, "drill": "true"},
    "of its health": {"kind": "health", "exchange": "okx", "priority": "P1"},
    "watchdog": {"kind": "watchdog"},
}


class Desk:
    """Runs the command on one Alertmanager."""

    def __init__(self, server: Server, config: Path) -> None:
        self.server = server
        self.config = config

    async def run(self, *arguments: str, code: int = 0) -> list[str]:
        """What it prints."""
        name, *others = arguments
        async with program("maintenance", name, "--config", self.config, *others) as it:
            assert await it.ended() == code, it.err
            return it.out if code == 0 else it.err

    async def add(self, *arguments: str) -> str:
        """The id of what it has made."""
        printed = await self.run("add", *arguments, "--reason", "upgrade", "--by", "ops")
        return printed[-1].rpartition(" ")[2]

    async def silences(self, state: str) -> list[dict[str, Any]]:
        found = await self.server.get("/api/v2/silences")
        return [one for one in found if one["status"]["state"] == state]

    async def muted(self) -> set[str]:
        """Names of the alerts that are held back by a silence."""
        found = await self.server.get("/api/v2/alerts")
        assert len(found) == len(ALERTS)
        return {one["labels"]["alertname"] for one in found if one["status"]["silencedBy"]}


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """An Alertmanager that tells nobody, with an alert of each kind; the second address is its."""
    plain = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(plain))
    config = configured(folder, everywhere("127.0.0.1:1"))
    async with aiohttp.ClientSession() as asking:
        server = alertmanager(folder / "alertmanager.yml", folder / "kept", free_port(), asking)
        addresses = [f"http://127.0.0.1:{free_port()}", server.url]
        (config / "maintenance.yaml").write_text(json.dumps({"alertmanagers": addresses}))
        try:
            await server.start()
            alerts = [{"labels": named(name, labels)} for name, labels in ALERTS.items()]
            async with asking.post(f"{server.url}/api/v2/alerts", json=alerts) as answer:
                assert answer.ok
            yield Desk(server, config)
        finally:
            await server.close()


def named(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    return {"alertname": name, **labels}


async def test_an_exchange_is_silenced_and_nothing_about_its_health(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        printed = await it.run("add", "okx", "--for", "2h", "--reason", "upgrade", "--by", "ops")
        first, second, third = printed
        assert first.startswith("Market alerts of okx are silenced from now to 20")
        assert first.endswith(" UTC (2h): upgrade")
        assert "no live feed" in second
        identity = third.removeprefix("To end it early: market-quality-exporter maintenance end ")
        active = await it.silences("active")
        assert {one["createdBy"] for one in active} == {"ops"}
        assert {one["comment"] for one in active} == {"upgrade"}
        assert await it.muted() == {"of the exchange", "of the instrument", "of many", "of a pair"}
        table = await it.run("list")
        assert any(
            all(word in line for word in ("active", "okx", "all", "ops", "upgrade", identity))
            for line in table
        )
        assert await it.run("end", identity) == [
            "The maintenance of okx is over; its market alerts are told again."
        ]
        assert await it.silences("active") == []
        assert await it.muted() == set()
        assert await it.run("list") == ["No maintenance goes on, and none is planned."]


async def test_an_instrument_is_silenced_alone_and_ends_alone(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        one = await it.add("okx", "--instrument", INSTRUMENT, "--for", "2h")
        assert await it.muted() == {"of the instrument", "of a pair"}
        both = await it.add("okx", "--for", "3h")
        await it.run("end", one)
        assert await it.muted() == {"of the exchange", "of the instrument", "of many", "of a pair"}
        await it.run("end", both)
        assert await it.muted() == set()


async def test_what_is_planned_silences_nothing_yet_and_can_be_taken_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        begin = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"
        identity = await it.add("okx", "--from", begin, "--for", "90m")
        assert await it.muted() == set()
        assert len(await it.silences("pending")) == 2
        (line,) = [line for line in await it.run("list") if identity in line]
        assert "planned" in line
        assert f"{begin.replace('T', ' ')} UTC" in line
        await it.run("end", identity)
        assert await it.silences("pending") == []


async def test_only_maintenance_is_listed_and_can_be_ended(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        identity = await it.add("okx", "--for", "2h")
        await it.run("end", identity)
        for unknown in (identity, "0b0a", "../silences"):
            (line,) = await it.run("end", unknown, code=1)
            assert line == (
                f"market-quality-exporter: there is no maintenance {unknown}; "
                "`market-quality-exporter maintenance list` shows what there is"
            )


async def test_an_answer_that_is_a_refusal_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        elsewhere = f"{it.server.url}/nowhere"
        (line,) = await it.run("list", "--alertmanager", elsewhere, code=1)
        assert f"{elsewhere}: 404 " in line
