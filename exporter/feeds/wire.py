"""What every exchange's decoder needs: exact text to numbers, milliseconds to nanoseconds."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, NamedTuple

import msgspec

from exporter.errors import DecodeError
from exporter.model import MILLISECOND


class StreamName(NamedTuple):
    """A stream of one symbol: what kind of messages it carries, and its name as sent."""

    symbol: str
    kind: str
    text: bytes


UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON it was told to expect."""

_DECIMAL = re.compile(r"[+-]?(\d{1,18}\.?\d{0,40}|\.\d{1,40})([eE](-\d{1,2}|\+?\d))?", re.ASCII)
_INTEGER = re.compile(r"\d{1,13}", re.ASCII)
Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=10**13)]
"""A time that a calendar has: until the year 2286."""


def decimal(text: str, field: str, symbol: str) -> Decimal | None:
    """The exact number that `text` spells; None for "" (absent, not zero). Raises DecodeError."""
    if not text:
        return None
    if not _DECIMAL.fullmatch(text):
        raise DecodeError(f"{field} of {symbol} is no decimal number: {text[:40]!r}", symbol)
    return Decimal(text)


def positive(text: str, field: str, symbol: str) -> Decimal:
    """As `decimal`, for values that must be there and above zero. Raises DecodeError."""
    value = decimal(text, field, symbol)
    if value is None or value <= 0:
        raise DecodeError(f"{field} of {symbol} must be above zero, not {text[:40]!r}", symbol)
    return value


def milliseconds(text: str, field: str, symbol: str) -> int | None:
    """Nanoseconds of a time sent as decimal milliseconds; None for "". Raises DecodeError."""
    if not text:
        return None
    if not _INTEGER.fullmatch(text):
        raise DecodeError(f"{field} of {symbol} is no time in milliseconds: {text[:40]!r}", symbol)
    return int(text) * MILLISECOND


class Router:
    """Finds which stream a frame belongs to before the frame is decoded by that stream's struct.

    The name stands at the start of nearly every frame, so the text before the first `stop` is
    remembered with what `read` made of it; a frame that begins otherwise (keys in another order)
    is read in full. `read` returns None for a frame that belongs to no stream.
    """

    __slots__ = ("_read", "_remembered", "_stop")
    _MOST = 4096

    def __init__(self, stop: bytes, read: Callable[[bytes], StreamName | None]) -> None:
        self._stop = stop
        self._read = read
        self._remembered: dict[bytes, StreamName] = {}

    def __call__(self, frame: bytes) -> StreamName | None:
        """The stream of `frame`. Raises msgspec.MsgspecError where it is not readable JSON."""
        head = frame[: frame.find(self._stop)]
        known = self._remembered.get(head)
        if known is not None:
            return known
        name = self._read(frame)
        if name is not None and name.text in head:
            if len(self._remembered) >= self._MOST:
                self._remembered.clear()
            self._remembered[head] = name
        return name

    def symbol_of(self, frame: bytes) -> str | None:
        """The symbol of the stream, None where the frame has none or cannot be read."""
        try:
            name = self(frame)
        except UNREADABLE:
            return None
        return None if name is None else name.symbol
