"""What people read: one alert, its end, and a hundred at once, by every kind of receiver.

With `-s` it prints one message of each kind.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from exporter.stack.servers import free_port
from tests.shared import ROOT
from tests.stack import processes
from tests.stack.configuration import secrets
from tests.stack.processes import Server
from tests.stack.receivers import Message, Receivers, receivers
from tests.stack.stack import rendered

KINDS = ("slack", "discord", "telegram", "pagerduty", "email")
LONGEST = 1500
LABELS = {
    "alertname": "cross_exchange_divergence",
    "kind": "market",
    "family": "cross_exchange",
    "severity": "warning",
    "priority": "P1",
    "exchange": "binance",
    "instrument": "1000SATS-USDT-PERP",
    "other": "okx",
}
SUMMARY = "cross_exchange_divergence: binance 1000SATS-USDT-PERP against okx"
DESCRIPTION = (
    "mid on one exchange against mid on another -118.02 bps, fires beyond ± 25.00; z -50.0, fires "
    "beyond 3.0; normal 0.04 ± 0.07; since 2026-11-21 19:10:50 UTC; at its worst -120.33 at "
    "2026-11-21 19:11:05 UTC"
)
CONTEXT = (
    "Escalated: it has been in the chat for long. Also firing here: basis, depth, mark, spread. "
    "Feed polled by REST."
)


@asynccontextmanager
async def told(folder: Path) -> AsyncIterator[tuple[Server, Receivers]]:
    """An Alertmanager that pages by every kind of receiver."""
    async with aiohttp.ClientSession() as asking, receivers() as them:
        given = secrets(folder, them, page=(*KINDS, "webhook"), chat=(*KINDS, "webhook"))
        config = await rendered(ROOT / "config", given, folder / "alertmanager")
        server = processes.alertmanager(config, folder / "data", free_port(), asking)
        await server.start()
        try:
            yield server, them
        finally:
            await server.close()


def alert(number: int = 0, *, over: bool = False, **labels: str) -> dict[str, Any]:
    """One as Prometheus sends it; others of the same group differ by a label."""
    now = datetime.now(UTC)
    ends = now - timedelta(seconds=1) if over else now + timedelta(minutes=5)
    apart = {"replica_of": str(number)} if number else {}
    return {
        "labels": {**LABELS, **apart, **labels},
        "annotations": {"summary": SUMMARY, "description": DESCRIPTION, "context": CONTEXT},
        "startsAt": (now - timedelta(seconds=30 if over else 0)).isoformat(),
        "endsAt": ends.isoformat(),
        "generatorURL": "http://127.0.0.1:9090/graph?g0.expr=market%3Aalert_firing%3Aheld",
    }


def by_kind(messages: list[Message]) -> Mapping[str, Message]:
    return {one.kind: one for one in messages}


async def post(server: Server, alerts: list[dict[str, Any]]) -> None:
    await server.post("/api/v2/alerts", alerts)


async def test_every_kind_says_what_where_how_bad_since_when_and_where_to_look(
    tmp_path: Path,
) -> None:
    async with told(tmp_path) as (server, them):
        await post(server, [alert()])
        await them.until(lambda: len(them.messages(status="firing")) == len(KINDS) + 1)
        firing = by_kind(them.messages(status="firing"))
        await post(server, [alert(over=True)])
        await them.until(lambda: len(them.messages(status="resolved")) == len(KINDS) + 1, 90)
        resolved = by_kind(them.messages(status="resolved"))
    assert not them.refusals()
    for kind in KINDS:
        text, ended = firing[kind].read.text, resolved[kind].read.text
        print(f"--- {kind}", text, ended, sep="\n")
        assert firing[kind].read.headline == f"[P1] {SUMMARY}"
        for fact in (*DESCRIPTION.split("; "), CONTEXT):
            assert fact in text
        assert max(len(text), len(ended)) < LONGEST
        if kind != "pagerduty":  # which closes the incident that it opened, without words
            assert ended.startswith(f"[P1 resolved] {SUMMARY}")
            assert "No longer observed since" in ended
            assert "How it ended: see Explain." in ended
    for kind in KINDS:
        raw = firing[kind].raw
        for page in ("/d/market-instrument", "/runbooks/cross_exchange_divergence"):
            assert page in raw, kind
        for page in ("/explain?", "/#/silences/new"):
            assert page in raw, kind


@pytest.mark.parametrize("count", [2, 6, 100])
async def test_many_alerts_of_one_group_are_one_short_message_of_each_kind(
    tmp_path: Path, count: int
) -> None:
    async with told(tmp_path) as (server, them):
        await post(server, [alert(number, priority="P2") for number in range(count)])
        await them.until(lambda: len(them.messages(status="firing")) == len(KINDS) + 1)
    assert not them.refusals()
    more = count - 5
    for kind, one in by_kind(them.messages()).items():
        if kind == "webhook":  # for programs: no text, but no more than five alerts either
            assert one.raw.count('"fingerprint"') == min(count, 5)
            continue
        if count == 100:
            print(f"--- {kind}: {len(one.read.text)} characters", one.read.text, sep="\n")
        assert len(one.read.text) < LONGEST
        assert (f"+{more} more" in one.read.text) == (more > 0)
        assert one.read.headline == f"[P2] {SUMMARY} (+{count - 1})"
