"""What exchanges answer about their maintenance, and what is proposed for it."""

import json
import shlex
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.errors import DecodeError
from exporter.feeds.announcement import Announcement
from exporter.feeds.feed import RestRequest
from exporter.feeds.notices import BOARDS
from exporter.live import proposal
from exporter.live.silence import Kept
from exporter.model import MILLISECOND
from tests.maintenance.made import HOUR, MINUTE, NOW, window

BEGIN, END = NOW + HOUR, NOW + 2 * HOUR
ROW = {
    "begin": str(BEGIN // MILLISECOND),
    "end": str(END // MILLISECOND),
    "href": "",
    "preOpenBegin": "",
    "scheDesc": "",
    "serviceType": "0",
    "state": "scheduled",
    "system": "unified",
    "maintType": "1",
    "env": "1",
    "title": "Trading account WebSocket system upgrade",
    "ts": "1672826038470",
}


def okx(*rows: Any, code: str = "0") -> list[Announcement]:
    body = {"code": code, "data": rows, "msg": ""}
    return list(BOARDS["okx"].decode(json.dumps(body).encode(), NOW))


def binance(status: int, text: str, now: int = NOW) -> list[Announcement]:
    body = json.dumps({"status": status, "msg": text, "new": None})
    return list(BOARDS["binance/spot"].decode(body.encode(), now))


def announced(
    begin: int | None = BEGIN, end: int | None = END, title: str = "upgrade"
) -> Announcement:
    return Announcement("okx-1a", title, begin, end, active=False)


def test_where_each_exchange_is_asked() -> None:
    assert {name: board.request for name, board in BOARDS.items()} == {
        "binance/spot": RestRequest("/sapi/v1/system/status", 1),
        "okx": RestRequest("/api/v5/system/status", 1),
    }


def test_okx_announces_with_times() -> None:
    (one,) = okx(ROW)
    assert (one.title, one.begin, one.end, one.active) == (ROW["title"], BEGIN, END, False)
    (unknown,) = okx({**ROW, "end": "", "news": {}})
    assert unknown.end is None


@pytest.mark.parametrize(
    ("state", "active"),
    [("scheduled", [False]), ("ongoing", [True]), ("pre_open", [True]), ("completed", []),
     ("canceled", []), ("what comes later", [False])],
)  # fmt: skip
def test_okx_says_itself_whether_it_goes_on(state: str, active: list[bool]) -> None:
    assert [one.active for one in okx({**ROW, "state": state})] == active


def test_of_okx_demo_trading_and_services_without_books_are_left_out() -> None:
    assert okx({**ROW, "env": "2"}) == []
    kept = [kind for kind in map(str, range(13)) if okx({**ROW, "serviceType": kind})]
    assert kept == ["0", "1", "2", "3", "4", "5", "8", "9", "12"]


def test_another_time_is_another_announcement_and_another_state_is_not() -> None:
    (one,) = okx(ROW)
    assert okx({**ROW, "state": "ongoing", "ts": "1", "scheDesc": "later"})[0].id == one.id
    for key in ("begin", "end"):
        assert okx({**ROW, key: "1795000000001"})[0].id != one.id


def test_binance_says_only_that_it_goes_on_and_says_so_each_hour() -> None:
    assert binance(0, "normal") == []
    (one,) = binance(1, "system_maintenance")
    assert (one.title, one.begin, one.end, one.active) == ("system_maintenance", None, None, True)
    hour = NOW // HOUR * HOUR
    assert binance(1, "x", hour)[0].id == binance(1, "x", hour + HOUR - 1)[0].id
    assert binance(1, "x", hour)[0].id != binance(1, "x", hour + HOUR)[0].id


@pytest.mark.parametrize(
    ("feed", "body", "sentence"),
    [
        ("okx", "", "unreadable answer of /api/v5/system/status"),
        (
            "okx",
            '{"code":"50011","data":[],"msg":"Too Many"}',
            "answered with the error 50011: Too",
        ),
        ("okx", json.dumps({"code": "0", "data": [{**ROW, "begin": "soon"}]}), "begin of a status"),
        ("okx", json.dumps({"code": "0", "data": [{}]}), "missing required field `title`"),
        ("binance/spot", '{"status":2,"msg":""}', "unreadable answer of /sapi/v1/system/status"),
        ("binance/spot", "<html>", "unreadable answer"),
    ],
)
def test_what_cannot_be_read_is_refused(feed: str, body: str, sentence: str) -> None:
    with pytest.raises(DecodeError, match=sentence):
        BOARDS[feed].decode(body.encode(), NOW)


@given(st.sampled_from(sorted(BOARDS)), st.binary(), st.dictionaries(st.text(), st.integers()))
def test_whatever_comes_is_read_or_refused(feed: str, raw: bytes, tree: dict[str, int]) -> None:
    for body in (raw, json.dumps(tree).encode()):
        with suppress(DecodeError):
            BOARDS[feed].decode(body, NOW)


@pytest.mark.parametrize(
    ("begin", "end", "meant"),
    [
        (BEGIN, END, (BEGIN, END)),
        (NOW - HOUR, END, (NOW, END)),
        (BEGIN, None, (BEGIN, BEGIN + HOUR)),
        (None, None, (NOW, NOW + HOUR)),
        (NOW - HOUR, NOW - MINUTE, (NOW, NOW + HOUR)),
        (BEGIN, BEGIN + 9 * 24 * HOUR, (BEGIN, BEGIN + 7 * 24 * HOUR)),
    ],
)
def test_the_span_that_is_proposed(
    begin: int | None, end: int | None, meant: tuple[int, int]
) -> None:
    proposed = proposal.window("okx", announced(begin, end), NOW)
    assert (proposed.begin, proposed.end) == meant


def test_the_command_that_is_proposed_is_one_line_whatever_the_title() -> None:
    proposed = proposal.window("okx", announced(title="it's \n $(big);\x00 news"), NOW)
    words = shlex.split(proposal.command(proposed, NOW))
    assert words == [
        *("market-quality-exporter", "maintenance", "add", "okx"),
        *("--from", "2026-11-18T12:06:40.000Z", "--to", "2026-11-18T13:06:40.000Z"),
        *("--reason", "it's $(big);\x00 news [okx-1a]"),
    ]
    running = proposal.window("okx", announced(NOW - HOUR), NOW)
    assert "--from" not in proposal.command(running, NOW)


def kept(state: str = "active", reason: str = "upgrade [okx-1a]", by: str = proposal.BY) -> Kept:
    return Kept(window(reason=reason, by=by), state, pair=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["active", "pending", "expired"])
@pytest.mark.parametrize("by", [proposal.BY, "somebody"])
def test_what_anybody_has_answered_is_not_answered_again(state: str, by: str) -> None:
    assert proposal.unanswered([announced()], [kept(state, by=by)]) == []
    assert proposal.unanswered([announced()], [kept(state, "upgrade", by)]) == [announced()]
    assert proposal.unanswered([announced()], [kept(state, "[okx-1a] or so")]) == [announced()]


def test_what_was_made_for_an_announcement_that_is_gone_is_outdated() -> None:
    ours = kept(reason="before [okx-99]")
    assert proposal.outdated("okx", [announced()], [ours]) == [ours.window]
    assert proposal.outdated("okx", [], [kept()]) == [kept().window]
    assert proposal.outdated("okx", [announced()], [kept()]) == []
    assert proposal.outdated("binance", [], [ours]) == []


def test_what_people_made_or_ended_is_never_outdated() -> None:
    assert proposal.outdated("okx", [], [kept(by="somebody")]) == []
    assert proposal.outdated("okx", [], [kept("expired")]) == []
    assert proposal.outdated("okx", [], [kept(reason="upgrade")]) == []
