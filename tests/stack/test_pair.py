"""A pair of everything: whatever dies or goes blind, each incident is told once.

    STACK=full python -m pytest tests/stack/test_pair.py -s

prints what was killed, how soon the first page came after, and how many came.
"""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.shared import ROOT
from tests.stack.full import full
from tests.stack.pair import Pair, pair
from tests.stack.receivers import Message
from tests.stack.stack import GROUP_INTERVAL, Change

INCIDENT, SIZE, ALERT = "depth-evaporation", 0.005, "depth_critical"
SOON = 10
"""Seconds within which a page must come though something has just died."""
_HASTE = 10
"""Seconds between two looks of Alertmanager at a group; the shipped 60 would only be waited."""
_GENEROUS = 40
_TOLD = 2
"""Seconds after which the other Alertmanager knows of a page; it is told every 0.2 s. What dies
before that was told leaves it to be told again: rather twice than not at all."""
_LATE = 8
"""Seconds in which a second Alertmanager would tell what the first has told."""
OF_EACH = ("exporter-a", "prometheus-b", "alertmanager-a")
OTHER_OF_EACH = ("exporter-b", "prometheus-a", "alertmanager-b")
KILLED: Sequence[Sequence[str]] = (
    (),
    ("exporter-a",),
    ("exporter-b",),
    ("prometheus-a",),
    ("prometheus-b",),
    ("alertmanager-a",),
    ("alertmanager-b",),
    OF_EACH,
    OTHER_OF_EACH,
)


class Market(NamedTuple):
    """An exchange and an instrument."""

    exchange: str
    instrument: str


class Row(NamedTuple):
    """What came of two incidents: one before, one right after these were killed."""

    killed: Sequence[str]
    seconds: float
    """From the first exporter's word, or the kill if that was later, to the first page."""
    pages: tuple[int, int]
    ends: tuple[int, int]

    def __str__(self) -> str:
        what = " + ".join(self.killed) or "nothing"
        return f"{what:42} {self.seconds:6.1f} s   {self.pages}   {self.ends}"


def test_markets_are_as_many_as_kills() -> None:
    assert len(markets(5)) >= 2 * len(KILLED)


def markets(pairs: int) -> list[Market]:
    bases = ("BTC", "ETH", "SOL", "BNB", "XRP")[:pairs]
    return [
        Market(exchange, f"{base}-USDT-{kind}")
        for base in bases
        for exchange in ("binance", "okx")
        for kind in ("PERP", "SPOT")
    ]


async def told_over(it: Pair, killed: Sequence[str], before: Market, after: Market) -> Row:
    """An incident goes on while these are killed, another begins right after; then both end."""
    both = (before, after)
    numbers = [await it.begin(INCIDENT, *before, size=SIZE)]
    await it.receivers.until(lambda: told(it, before, "firing"), _GENEROUS)
    await asyncio.sleep(_TOLD)
    await it.kill(*killed)
    numbers.append(await it.begin(INCIDENT, *after, size=SIZE))
    await it.receivers.until(lambda: told(it, after, "firing"), _GENEROUS)
    await asyncio.sleep(_LATE)
    assert not any(told(it, one, "resolved") for one in both), "an incident that goes on is over"
    seconds = told(it, after, "firing")[0].time / 1e9 - first_word(it, after)
    for number in numbers:
        await it.exchanges.end(number)
    await it.receivers.until(
        lambda: all(told(it, one, "resolved") for one in both), GROUP_INTERVAL + _GENEROUS
    )
    await asyncio.sleep(_LATE)
    if killed:
        await it.start(*killed)
    pages, ends = (
        tuple(len(told(it, one, status)) for one in both) for status in ("firing", "resolved")
    )
    return Row(killed, seconds, (pages[0], pages[1]), (ends[0], ends[1]))


def told(it: Pair, market: Market, status: str) -> list[Message]:
    return it.told(ALERT, status, exchange=market.exchange, instrument=market.instrument)


def first_word(it: Pair, market: Market) -> float:
    """When the first exporter said that it fires, Unix seconds."""
    said = (
        Change.read(line)
        for member in "ab"
        for line in it.servers[f"exporter-{member}"].log
        if '"event": "alert"' in line
    )
    return min(one.time for one in said if one[1:4] == (ALERT, *market) and one.after == "firing")


def assert_told_once(row: Row) -> None:
    assert row.pages == (1, 1), row
    assert row.ends == (1, 1), row
    assert row.seconds <= SOON, row


async def test_one_of_each_is_killed_and_each_incident_is_told_once(tmp_path: Path) -> None:
    async with pair(tmp_path) as it:
        await it.warm(8)
        before, after = Market("binance", "BTC-USDT-PERP"), Market("okx", "BTC-USDT-PERP")
        assert_told_once(await told_over(it, OF_EACH, before, after))


@full
async def test_what_escalates_while_one_of_each_is_killed_pages_once(tmp_path: Path) -> None:
    market, other = Market("binance", "BTC-USDT-PERP"), Market("okx", "BTC-USDT-PERP")
    async with pair(tmp_path) as it:
        await it.warm(8)
        chatted = await it.begin("mark-decoupling", *market, size=22)
        await it.receivers.until(lambda: marked(it, market, "firing", "chat"), _GENEROUS)
        await it.kill(*OF_EACH)
        await it.receivers.until(lambda: marked(it, market, "firing", "page"), _GENEROUS)
        await asyncio.sleep(_LATE)
        assert [len(marked(it, market, "firing", place)) for place in ("chat", "page")] == [1, 1]
        await it.exchanges.end(chatted)
        await it.receivers.until(
            lambda: marked(it, market, "resolved", "page"), GROUP_INTERVAL + _GENEROUS
        )
        assert told(it, other, "firing") == []


def marked(it: Pair, market: Market, status: str, place: str) -> list[Message]:
    """What was told of an alert that is for the chat, and escalates."""
    about = {"exchange": market.exchange, "instrument": market.instrument}
    return it.told("mark_deviation_warning", status, place, **about)


@full
async def test_whatever_is_killed_each_incident_is_told_once(tmp_path: Path) -> None:
    async with pair(tmp_path, pairs=5) as it:
        await it.warm(8)
        free = iter(markets(5))
        rows = []
        for killed in KILLED:
            rows.append(await told_over(it, killed, next(free), next(free)))
            print(rows[-1], flush=True)
    for row in rows:
        assert_told_once(row)


async def test_one_that_is_blind_neither_mutes_nor_ends_what_the_other_sees(tmp_path: Path) -> None:
    market = Market("binance", "BTC-USDT-PERP")
    other = Market("okx", "BTC-USDT-PERP")
    async with pair(tmp_path, group_interval=_HASTE) as it:
        await it.warm(8)
        await blind(it, "b")
        await it.sure('market_alert_firing{alert="feed_stale",instance=~".*"} == 1')
        number = await it.begin(INCIDENT, *market, size=SIZE)
        await it.receivers.until(lambda: told(it, market, "firing"), _GENEROUS)
        await blind(it, "b", seeing=True)
        await it.sure("min(market_feed_up) == 1")
        await blind(it, "a")
        await it.sure('market_alert_firing{alert="feed_stale"} == 1')
        second = await it.begin(INCIDENT, *other, size=SIZE)
        await it.receivers.until(lambda: told(it, other, "firing"), _GENEROUS)
        assert not told(it, market, "resolved")
        for one in (number, second):
            await it.exchanges.end(one)
        await it.receivers.until(
            lambda: all(told(it, one, "resolved") for one in (market, other)),
            GROUP_INTERVAL + _GENEROUS,
        )
        assert [len(told(it, one, "firing")) for one in (market, other)] == [1, 1]
        assert [str(one) for one in it.receivers.messages(alert="feed_stale")] == []
        assert [str(one) for one in it.receivers.messages(alert="exchange_down")] == []


async def blind(it: Pair, member: str, *, seeing: bool = False) -> None:
    """Let an exporter lose, or find, all exchanges."""
    path = it.configs[member] / "exchanges.yaml"
    kept = path.with_suffix(".kept")
    if seeing:
        path.write_text(kept.read_text())
    else:
        kept.write_text(path.read_text())
        tree = yaml.safe_load(path.read_text())
        for exchange in tree["exchanges"].values():
            for endpoint in exchange["feeds"].values():
                endpoint |= {"websocket": "ws://127.0.0.1:9/", "rest": "http://127.0.0.1:9/"}
        path.write_text(yaml.safe_dump(tree))
    it.servers[f"exporter-{member}"].lives[-1].process.send_signal(signal.SIGHUP)


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
