"""Where exchanges announce maintenance, one line each, by the feed whose REST address has it."""

from collections.abc import Mapping

from exporter.feeds import binance_notices, okx_notices
from exporter.feeds.announcement import NoticeBoard

BOARDS: Mapping[str, NoticeBoard] = {
    "binance/spot": binance_notices.BOARD,
    "okx": okx_notices.BOARD,
}
