"""A hundred markets at once, one after the other, and one that flaps: few messages, none late.

STACK=full python -m pytest tests/stack/test_waves_full.py -s
"""

import asyncio
from pathlib import Path

import pytest

from exporter.simulator.symbols import symbols
from tests.stack.full import RESOLVED, SOON, calm, full, hooks, passes
from tests.stack.stack import Stack

pytestmark = full

PAIRS = 50
EXCHANGE = "binance"
MARKETS = [one.instrument for one in symbols(PAIRS) if one.exchange == EXCHANGE]
SPANS = (0, 3, 15)
"""Seconds over which all markets go wrong, each in a stack of its own: Alertmanager keeps the group
of what has ended for a quarter of an hour, and what is new in it waits for the group's interval."""
LASTS = 30
"""Seconds for which it goes on."""
MOST, FIRST = 10, 5
"""Messages for all of them, seconds to the first."""


@pytest.mark.parametrize("seconds", SPANS)
async def test_a_hundred_markets_are_a_few_messages(tmp_path: Path, seconds: float) -> None:
    assert len(MARKETS) == 100
    async with calm(tmp_path, pairs=PAIRS, rate=2, exchanges=[EXCHANGE]) as it:
        await widen(it, seconds)
        await passes(it, LASTS)
        left = min(one.time for one in it.changes() if one.after == "firing")
        await it.end()
        await it.until(lambda: not running(it), SOON)
        await passes(it, RESOLVED)
        came = it.messages(kind="webhook", status="firing")
        print(f"over {seconds} s: {len(came)} messages", *came, sep="\n  ")
    assert 1 <= len(came) <= MOST
    assert came[0].time / 1e9 - left <= FIRST


async def widen(it: Stack, seconds: float) -> None:
    """The spreads of all markets within so many seconds: a quarter one after the other at the pace
    of all, the rest in the end, as the simulated exchanges pay for each incident in each market."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, market in enumerate(MARKETS[: len(MARKETS) // 4 if seconds else 0]):
        await asyncio.sleep(max(0, began + number * seconds / len(MARKETS) - loop.time()))
        await it.begin("spread-blow-out", EXCHANGE, market)
    await asyncio.sleep(max(0, began + seconds - loop.time()))
    await it.begin("spread-blow-out", EXCHANGE)


def running(it: Stack) -> bool:
    """Whether the alert of this incident fires anywhere."""
    return any(alert == "spread_critical" for alert, *_ in it.running_alerts())


async def test_a_flap_is_told_twice_at_most_and_a_new_market_pages_on_its_own(
    tmp_path: Path,
) -> None:
    flapping, old, new = (f"{name}-USDT-PERP" for name in ("BTC", "SOL", "XRP"))
    async with calm(tmp_path, pairs=4) as it:
        await it.begin("spread-blow-out", EXCHANGE, old)
        for _ in range(6):
            one = await it.begin("spread-blow-out", EXCHANGE, flapping)
            await asyncio.sleep(5)
            await it.end(one)
            await asyncio.sleep(5)
        began = asyncio.get_running_loop().time()
        await it.begin("spread-blow-out", EXCHANGE, new)
        await it.until(lambda: hooks(it, "spread_critical", EXCHANGE, new, status="firing"))
        (told,) = hooks(it, "spread_critical", EXCHANGE, new, status="firing")
        assert told.at - began <= FIRST
        assert len(hooks(it, "spread_critical", EXCHANGE, old, status="firing")) == 1
        await it.end()
        await it.until(lambda: not running(it), SOON)
        await passes(it, RESOLVED)
    fired = [one.after for one in it.changes("spread_critical", EXCHANGE, flapping)]
    assert fired.count("firing") >= 5
    told_of = {
        status: len(hooks(it, "spread_critical", EXCHANGE, flapping, status=status))
        for status in ("firing", "resolved")
    }
    assert 1 <= told_of["firing"] <= 2
    assert told_of["resolved"] == told_of["firing"]
