"""Binance's system status: whether there is maintenance now, and nothing else.

    {"status":0,"msg":"normal"}    {"status":1,"msg":"system_maintenance"}

It names no times, so that each hour of the clock in which maintenance goes on is announced anew.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from exporter.errors import DecodeError
from exporter.feeds.announcement import Announcement, NoticeBoard
from exporter.feeds.feed import RestRequest
from exporter.feeds.wire import UNREADABLE
from exporter.model import NANOSECONDS

_PATH = "/sapi/v1/system/status"
_HOUR = 3600 * NANOSECONDS


class _Status(msgspec.Struct):
    status: Literal[0, 1]
    msg: str


_decode = msgspec.json.Decoder(_Status).decode


def _announcements(body: bytes, received: int) -> Sequence[Announcement]:
    try:
        answer = _decode(body)
    except UNREADABLE as error:
        raise DecodeError(f"unreadable answer of {_PATH}: {error}") from error
    if answer.status == 0:
        return ()
    return (Announcement(f"binance-{received // _HOUR}", answer.msg, None, None, active=True),)


BOARD = NoticeBoard(RestRequest(_PATH, 1), _announcements)
