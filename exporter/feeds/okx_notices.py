"""OKX's system status: maintenance that is scheduled or goes on; one request each 5 s.

{"code":"0","msg":"","data":[{"title":"Spot system upgrade","state":"scheduled",
 "begin":"1672823400000","end":"1672825980000","serviceType":"5","system":"unified",
 "env":"1","maintType":"1","href":"","scheDesc":"","preOpenBegin":"","ts":"1672826038470"}]}
"""

from collections.abc import Sequence
from zlib import crc32

import msgspec

from exporter.errors import DecodeError
from exporter.feeds.announcement import Announcement, NoticeBoard
from exporter.feeds.feed import RestRequest
from exporter.feeds.wire import UNREADABLE, milliseconds

_PATH = "/api/v5/system/status"
_OVER = frozenset({"completed", "canceled"})
_ACTIVE = frozenset({"ongoing", "pre_open"})
_DEMO_TRADING = "2"
_NO_BOOKS = frozenset({"6", "7", "10", "11"})
"""Block trading, trading bots, spread trading, copy trading: no order book is concerned."""


class _Row(msgspec.Struct):
    title: str
    state: str
    begin: str
    end: str = ""
    serviceType: str = ""
    system: str = ""
    env: str = ""


class _Answer(msgspec.Struct):
    code: str
    data: list[_Row]
    msg: str = ""


_decode = msgspec.json.Decoder(_Answer).decode


def _announcements(body: bytes, received: int) -> Sequence[Announcement]:
    try:
        answer = _decode(body)
    except UNREADABLE as error:
        raise DecodeError(f"unreadable answer of {_PATH}: {error}") from error
    if answer.code != "0":
        raise DecodeError(f"{_PATH} answered with the error {answer.code}: {answer.msg[:100]}")
    return [_announcement(row) for row in answer.data if _concerns(row)]


def _concerns(row: _Row) -> bool:
    """Whether order books may suffer from it, now or later."""
    past, elsewhere = row.state in _OVER, row.env == _DEMO_TRADING
    return not (past or elsewhere or row.serviceType in _NO_BOOKS)


def _announcement(row: _Row) -> Announcement:
    same = "|".join((row.title, row.begin, row.end, row.serviceType, row.system))
    return Announcement(
        f"okx-{crc32(same.encode()):08x}",
        row.title,
        milliseconds(row.begin, "begin", "a status"),
        milliseconds(row.end, "end", "a status"),
        active=row.state in _ACTIVE,
    )


BOARD = NoticeBoard(RestRequest(_PATH, 1), _announcements)
