"""Five incidents, a killed exporter, a restart: who is told what, how often, how soon.

One stack lives through it all with shortened persistences; the tests read what came of it. With
`-s` it prints who was told what when. What takes the shipped times is in test_paging_full.py.
"""

import asyncio
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.stack.configuration import CHAT, PAGE
from tests.stack.measured import table, ways
from tests.stack.receivers import Message
from tests.stack.stack import Stack, stack

GENEROUS = 30
"""Seconds within which a message must come that takes two or three; the full test is strict."""
_GROUP_INTERVAL = 60
_PAIRS = 6


class Case(NamedTuple):
    """An incident and the alert that it raises; an alert at `page` is in no chat."""

    kind: str
    exchange: str
    instrument: str
    size: float | None
    alert: str
    place: str = "page"
    told_of: str = ""
    """The exchange that the alert names, where it is not the one of the incident."""

    def came(self, it: Stack, status: str, **wanted: object) -> list[Message]:
        """What was told of it."""
        exchange = self.told_of or self.exchange
        about = {"alert": self.alert, "exchange": exchange, "instrument": self.instrument}
        return it.messages(**{**about, "place": self.place, "status": status, **wanted})


CASES = {
    case.kind: case
    for case in (
        Case("spread-blow-out", "binance", "BTC-USDT-PERP", None, "spread_critical"),
        Case("depth-evaporation", "okx", "SOL-USDT-PERP", 0.005, "depth_critical"),
        Case("basis-step", "binance", "BNB-USDT-PERP", 70, "basis_critical"),
        Case("mark-decoupling", "binance", "XRP-USDT-PERP", 80, "mark_deviation_critical"),
        Case(
            "exchange-dislocation",
            "okx",
            "DOGE-USDT-SPOT",
            0.4,
            "cross_exchange_divergence",
            "chat",
            told_of="binance",
        ),
    )
}
CHATTED = CASES["exchange-dislocation"]
LIVE = "min(market_feed_up) == 1"
KINDS = {"page": sorted(PAGE), "chat": sorted(CHAT)}


class Seen(NamedTuple):
    """A stack that has lived; moments are monotonic seconds."""

    it: Stack
    began: float
    killed: float
    back: float
    ended: float


async def lived(folder: Path) -> Seen:
    async with stack(folder, pairs=_PAIRS) as it:
        try:
            return await _lived(it)
        finally:
            print(it.story(), table(ways(it)), sep="\n\n")


async def _lived(it: Stack) -> Seen:
    now = asyncio.get_running_loop().time
    await it.warm(8)
    began = now()
    for case in CASES.values():
        await it.begin(case.kind, case.exchange, case.instrument, size=case.size)
    await it.until(lambda: all_came(it, "firing"), GENEROUS)
    killed = now()
    await it.exporter.kill()
    await it.until(lambda: it.messages(alert="exporter_down", status="firing"), 2 * GENEROUS)
    await it.exporter.start()
    await it.sure(LIVE)
    back = now()
    await it.exporter.restart()
    await it.sure(LIVE)
    await it.until(lambda: escalated(it, "firing"), GENEROUS)
    ended = now()
    await it.end()
    await it.until(lambda: all_came(it, "resolved"), _GROUP_INTERVAL + GENEROUS)
    await it.until(lambda: escalated(it, "resolved"), _GROUP_INTERVAL + GENEROUS)
    await it.until(lambda: it.messages(alert="exporter_down", status="resolved"), _GROUP_INTERVAL)
    return Seen(it, began, killed, back, ended)


def all_came(it: Stack, status: str) -> bool:
    return all(
        case.came(it, status, kind=kind) for case in CASES.values() for kind in KINDS[case.place]
    )


def escalated(it: Stack, status: str) -> bool:
    """Whether the pagers have been told of what was in the chat."""
    return all(CHATTED.came(it, status, place="page", kind=kind) for kind in KINDS["page"])


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The whole story, once."""
    return asyncio.run(lived(tmp_path_factory.mktemp("stack")))


def test_a_cold_start_pages_nothing(seen: Seen) -> None:
    assert [str(one) for one in seen.it.messages() if one.at < seen.began] == []


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_each_receiver_is_told_once(seen: Seen, kind: str, status: str) -> None:
    came = CASES[kind].came(seen.it, status)
    assert sorted(one.kind for one in came) == KINDS[CASES[kind].place]


@pytest.mark.parametrize("kind", CASES)
def test_it_is_told_while_the_incident_goes_on(seen: Seen, kind: str) -> None:
    began, ended = seen.began, seen.ended
    assert all(began < one.at < seen.killed for one in CASES[kind].came(seen.it, "firing"))
    assert all(one.at > ended for one in CASES[kind].came(seen.it, "resolved"))


@pytest.mark.parametrize("kind", [kind for kind, case in CASES.items() if case.place == "page"])
def test_what_pages_is_in_no_chat(seen: Seen, kind: str) -> None:
    assert CASES[kind].came(seen.it, "firing", place="chat") == []


def test_what_goes_on_in_the_chat_pages_once_and_is_over_once(seen: Seen) -> None:
    for status in ("firing", "resolved"):
        came = CHATTED.came(seen.it, status, place="page")
        assert sorted(one.kind for one in came) == KINDS["page"]
    labels = CHATTED.came(seen.it, "firing", place="page", kind="webhook")[0].labels
    assert (labels["escalated"], labels["priority"]) == ("true", "P1")


def test_neither_a_killed_exporter_nor_a_restart_ends_an_alert(seen: Seen) -> None:
    ended = [
        one
        for one in seen.it.messages(kind="webhook", status="resolved")
        if one.at < seen.ended and one.labels["kind"] == "market"
    ]
    assert [str(one) for one in ended] == []


@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_that_no_exporter_answers_pages_once(seen: Seen, status: str) -> None:
    came = seen.it.messages(alert="exporter_down", status=status)
    assert sorted(one.kind for one in came) == KINDS["page"]
    assert all(one.place == "page" and one.at > seen.killed for one in came)
    if status == "firing":
        assert all(one.at < seen.back for one in came)


def test_nothing_is_told_twice(seen: Seen) -> None:
    told = Counter(
        (one.place, one.status, *sorted(one.labels.items()))
        for one in seen.it.messages(kind="webhook")
    )
    assert [what for what, often in told.items() if often > 1] == []


@pytest.mark.parametrize("place", ["page", "chat"])
def test_all_receivers_of_a_place_are_told_the_same(seen: Seen, place: str) -> None:
    told = [
        Counter(one.status for one in seen.it.messages(place=place, kind=kind))
        for kind in KINDS[place]
    ]
    assert told[0]
    assert all(counted == told[0] for counted in told)


def test_the_watchdog_is_fed_all_along(seen: Seen) -> None:
    fed = [one.at for one in seen.it.messages(kind="watchdog")]
    assert len(fed) >= 3
    assert all(two - one < 2 * GENEROUS for one, two in pairwise(fed))
    assert {one.place for one in seen.it.messages(kind="watchdog")} == {"watchdog"}
