"""Maintenance through the whole chain: a command, and who is told of what until it ends."""

import json
import os
import signal
from pathlib import Path

from tests.cli.processes import program
from tests.stack.stack import Stack, stack

SPREAD, DOWN, MARKET = "spread_critical", "exchange_down", "BTC-USDT-PERP"
ACTIVE, END = "market_maintenance_active", "market_maintenance_end_timestamp_seconds"
_SOON = 30
_HASTE = 10
"""Seconds between two looks of Alertmanager at a group; the shipped 60 would only be waited."""
_NEXT_LOOK = _HASTE + _SOON


async def keeps_silences(it: Stack, config: Path) -> None:
    """A running exporter is told which Alertmanager has the silences."""
    settings = {"alertmanagers": [it.alertmanager.url], "read_every_seconds": 1}
    (config / "maintenance.yaml").write_text(json.dumps(settings))
    os.kill(it.exporter.lives[-1].process.pid, signal.SIGHUP)
    await it.sure(f"count({ACTIVE} == 0) == 4")


async def maintenance(config: Path, *arguments: str) -> str:
    """The last word that the command prints."""
    async with program("maintenance", *arguments, "--config", config) as it:
        assert await it.ended() == 0, it.err
        return it.out[-1].rpartition(" ")[2]


async def silenced(it: Stack) -> set[tuple[str, str]]:
    """Name and exchange of the alerts that a silence holds back."""
    return {
        (one["labels"]["alertname"], one["labels"].get("exchange", ""))
        for one in await it.alertmanager_alerts()
        if one["status"]["silencedBy"]
    }


async def test_market_alerts_are_held_back_and_a_dead_exchange_is_not_until_it_is_ended(
    tmp_path: Path,
) -> None:
    async with stack(tmp_path, page=["webhook"], chat=["webhook"], group_interval=_HASTE) as it:
        config = tmp_path / "config"
        await keeps_silences(it, config)
        await it.warm(8)
        identity = await maintenance(config, "add", "okx", "--for", "14m", "--reason", "upgrade")
        await it.sure(f'count({ACTIVE}{{exchange="okx"}} == 1) == 2')
        await it.sure(f'count({ACTIVE}{{exchange="binance"}} == 0) == 2')
        await it.sure(f'min({END}{{exchange="okx"}} - time()) < 840')
        for exchange in ("okx", "binance"):
            await it.begin("spread-blow-out", exchange, MARKET)
        await it.until(lambda: it.messages(alert=SPREAD, exchange="binance"), _SOON)
        await it.sure(f'market_alert_firing{{alert="{SPREAD}",exchange="okx"}} == 1')
        await it.sure('ALERTS{alertname="maintenance_ending",exchange="okx"}')
        cut = await it.begin("disconnect", "okx")
        await it.until(lambda: it.messages(alert=DOWN, exchange="okx"), 2 * _SOON)
        held = await silenced(it)
        assert (SPREAD, "okx") in held
        assert {name for name, _ in held}.isdisjoint({DOWN, "maintenance_ending", "watchdog"})
        assert {exchange for _, exchange in held} <= {"okx", "binance"}
        assert [
            str(one) for one in it.messages(exchange="okx") if one.labels["kind"] == "market"
        ] == []
        await it.end(cut)
        await it.sure("min(market_feed_up) == 1")
        await maintenance(config, "end", identity)
        await it.sure(f"count({ACTIVE} == 0) == 4")
        assert await silenced(it) == set()
        await it.until(lambda: it.messages(alert=SPREAD, exchange="okx"), _NEXT_LOOK)


async def test_an_alert_told_before_and_over_in_maintenance_is_told_over_and_told_again(
    tmp_path: Path,
) -> None:
    async with stack(tmp_path, page=["webhook"], chat=["webhook"], group_interval=_HASTE) as it:
        config = tmp_path / "config"
        await keeps_silences(it, config)
        await it.warm(8)

        def told(status: str) -> int:
            return len(it.messages(alert=SPREAD, exchange="okx", status=status))

        await it.begin("spread-blow-out", "okx", MARKET)
        await it.until(lambda: told("firing"), _SOON)
        identity = await maintenance(config, "add", "okx", "--for", "2h", "--reason", "upgrade")
        await it.sure(f'count({ACTIVE}{{exchange="okx"}} == 1) == 2')
        await it.end()
        await it.sure(f'market_alert_firing{{alert="{SPREAD}",exchange="okx"}} == 0')
        assert told("resolved") == 0
        await maintenance(config, "end", identity)
        await it.until(lambda: told("resolved"), _NEXT_LOOK)
        assert told("firing") == 1, "nothing was told anew"
        await it.begin("spread-blow-out", "okx", MARKET)
        await it.until(lambda: told("firing") == 2, _NEXT_LOOK)
