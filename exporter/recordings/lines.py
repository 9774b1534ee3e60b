"""The line formats of recordings, plain, gzip or zstd; told apart by what is in them.

Three formats are read, one message a line:

- stamped: `<receive time> <raw JSON>`, the time in Unix ns or µs. A JSON object without `stream`
  in a file of combined streams is the REST depth snapshot.
- rows: JSON objects `{"t":"header|http|connect|send|recv","conn":…,"ts":…,"data":"<raw>"}`, times
  in seconds; `url` on http, `addr` on connect and send.
- log: `<time>: <raw>` received, `<url> <- <time>: <raw>` sent, `<url> -> <time>: <body>` a REST
  answer, `<url> <-> <time>` connected.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

import msgspec
import zstandard

from exporter.errors import RecordingError
from exporter.model import NANOSECONDS

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_LATEST_MICROSECONDS = 10**17
"""Integer times below this are microseconds: as nanoseconds they would be in 1973."""
_LATEST_SECONDS = 9_000_000_000
_LONGEST = 19
"""Digits of a time in nanoseconds until the year 2286."""


class Said(Enum):
    """What a row of a recording is."""

    FRAME = auto()
    """A WebSocket frame received."""
    ANSWER = auto()
    """A REST answer received."""
    CONNECTED = auto()
    """A connection was opened, or something was sent on it: its address is known."""


class Row(NamedTuple):
    """One line of a recording. `time` is ns; `url` and `connection` are "" where unknown."""

    time: int
    said: Said
    data: bytes
    url: str = ""
    connection: str = ""


def rows(path: Path, damage: Callable[[str], None]) -> Iterator[Row]:
    """The rows of a recording in the order of its lines.

    A line that is none of its format is told to `damage` with file and number, and left out; so is
    the end of a file that breaks off. Raises RecordingError for a file that cannot be read at all
    or whose first line is of no known format.
    """
    number = 0
    read: Callable[[bytes], Row | None] | None = None
    try:
        for line in _lines(path):
            number += 1
            text = line.rstrip(b"\r\n")
            if not text:
                continue
            read = read or _format(path, text)
            try:
                row = read(text)
            except (ValueError, ArithmeticError, msgspec.MsgspecError) as error:
                damage(f"{path}: line {number}: {error}")
                continue
            if row is not None:
                yield row
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        if read is None:
            raise RecordingError(f"{path}: cannot be read: {why}") from error
        damage(f"{path}: breaks off after line {number}: {why}")


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(_GZIP):
            with gzip.open(file) as unpacked:
                yield from unpacked
        elif start.startswith(_ZSTD):
            yield from _split(_unpacked(file))
        else:
            yield from file


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    """What a zstd file of any number of frames holds; EOFError where the last is not whole."""
    whole = True
    frame = zstandard.ZstdDecompressor().decompressobj()
    while packed := file.read(1 << 17):
        while packed:
            yield frame.decompress(packed)
            packed, whole = frame.unused_data, frame.eof
            if whole:
                frame = zstandard.ZstdDecompressor().decompressobj()
    if not whole:
        raise EOFError("the last zstd frame is not whole")


def _split(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a text that comes in parts, and what follows the last one."""
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
    if rest:
        yield rest


def _format(path: Path, line: bytes) -> Callable[[bytes], Row | None]:
    if line.startswith(b"{"):
        return _row
    if re.match(rb"\d+ ", line):
        return _stamped
    if re.match(rb"\S+ (<->|<-|->) \d|\d+(\.\d+)?: ", line):
        return _log
    raise RecordingError(
        f"{path}: no recording format begins with {line[:40]!r}; known are '<time> <JSON>' lines, "
        "rows of JSON with a 't', and '<time>: <raw>' logs"
    )


def _stamped(line: bytes) -> Row:
    stamp, _, data = line.partition(b" ")
    if not stamp.isdigit() or not data:
        raise ValueError("not '<receive time in ns or µs> <raw JSON>'")
    if len(stamp) > _LONGEST:
        raise ValueError("a time that no calendar has")
    time = int(stamp)
    if time < _LATEST_MICROSECONDS:
        time *= 1000
    answer = b'"lastUpdateId"' in data[:200] and b'"stream"' not in data[:200]
    return Row(time, Said.ANSWER if answer else Said.FRAME, data.strip())


class _Json(msgspec.Struct):
    t: str
    ts: Decimal = Decimal(0)
    conn: str = ""
    data: str = ""
    url: str = ""
    addr: str = ""


_json = msgspec.json.Decoder(_Json).decode
_KINDS = {
    "recv": Said.FRAME,
    "http": Said.ANSWER,
    "connect": Said.CONNECTED,
    "send": Said.CONNECTED,
}


def _row(line: bytes) -> Row | None:
    row = _json(line)
    said = _KINDS.get(row.t)
    if said is None:
        return None
    url = row.url or row.addr
    urlsplit(url)  # raises ValueError where it is no address
    return Row(_seconds(row.ts), said, row.data.encode(), url, row.conn)


_LOG = re.compile(rb"(?:(\S+) (<->|<-|->) )?(\d+(?:\.\d+)?)(?:: (.*))?", re.DOTALL)
_LOG_SHAPE = "not '<time>: <raw>' nor '<url> <-, -> or <-> <time>'"
_ARROWS = {b"<->": Said.CONNECTED, b"<-": Said.CONNECTED, b"->": Said.ANSWER, None: Said.FRAME}


def _log(line: bytes) -> Row:
    match = _LOG.fullmatch(line)
    if match is None:
        raise ValueError(_LOG_SHAPE)
    url, arrow, time, data = match.groups()
    if arrow is None and data is None:
        raise ValueError(_LOG_SHAPE)
    return Row(_seconds(Decimal(time.decode())), _ARROWS[arrow], data or b"", (url or b"").decode())


def _seconds(time: Decimal) -> int:
    if not (time.is_finite() and 0 <= time < _LATEST_SECONDS):
        raise ValueError("a time that no calendar has")
    return int(time * NANOSECONDS)
