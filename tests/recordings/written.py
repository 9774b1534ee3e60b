"""Made sessions written as recordings, in each of the formats that are read."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import zstandard

from tests.made import ADDRESSES, Line

Write = Callable[[Sequence[Line]], bytes]


def stamped(lines: Iterable[Line], unit: int = 1) -> bytes:
    """`<time> <raw>` lines; `unit` 1000 writes microseconds."""
    return b"".join(b"%d %s\n" % (line.at // unit, line.data) for line in lines)


def rows(lines: Sequence[Line], *, address: bool = True) -> bytes:
    """Rows of JSON, a connection for each feed; without `address` nothing says whose it is."""
    said = ['{"t":"header","version":2}']
    connections: dict[str, str] = {}
    for line in lines:
        name = line.feed.name
        if name not in connections:
            connections[name] = str(len(connections) + 1)
            if address:
                said.append(_row(line, t="connect", conn=connections[name], addr=ADDRESSES[name]))
        if line.url:
            said.append(_row(line, t="http", url=line.url, data=line.data.decode()))
        else:
            said.append(_row(line, t="recv", conn=connections[name], data=line.data.decode()))
    return ("\n".join(said) + "\n").encode()


def log(lines: Sequence[Line], *, address: bool = True) -> bytes:
    """A log of one connection: `<time>: <raw>`, arrows before what is no frame."""
    said = []
    if address:
        url, time = ADDRESSES[lines[0].feed.name], _seconds(lines[0].at)
        said = [f"{url} <-> {time}", f'{url} <- {time}: {{"method":"SUBSCRIBE"}}']
    for line in lines:
        text = f"{_seconds(line.at)}: {line.data.decode()}"
        said.append(f"{line.url} -> {text}" if line.url else text)
    return ("\n".join(said) + "\n").encode()


FORMATS: Mapping[str, Write] = {"stamped": stamped, "rows": rows, "log": log}
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def save(path: Path, content: bytes) -> Path:
    """Write a file and return where it is."""
    path.write_bytes(content)
    return path


def _row(line: Line, **fields: str) -> str:
    text = json.dumps(fields)
    return f'{text[:-1]}, "ts": {_seconds(line.at)}}}'


def _seconds(time: int) -> str:
    return f"{time // 10**9}.{time % 10**9:09d}"
