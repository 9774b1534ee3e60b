"""One block of Prometheus from made histories, and a Prometheus that serves it."""

import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import aiohttp

from bench.observed import Series
from bench.openmetrics import Past, expected, write
from exporter.stack import servers
from exporter.stack.servers import free_port
from tests.stack.processes import Server, until

_HOUR = 3600
_SHORTEST, _TIMES = 2 * _HOUR, 3
"""The shortest block of Prometheus in seconds, and how many of them make the next longer one."""
_SPARSE = 14 * 24 * _HOUR
"""Seconds of what is there only while something happens: dashboards look at weeks of it."""
_MOST = 10_000_000
"""Samples that are written as text at once: some two gigabytes."""
_MERGED = 600
"""Seconds within which Prometheus has made one block of several; it begins after a minute."""
_KIB = 1024


class Made(NamedTuple):
    """What the making of a block took; memory is the most of promtool, in bytes."""

    series: int
    samples: int
    writing: float
    importing: float
    text: int
    memory: int


class RefusedError(Exception):
    """promtool made no block; the text is what it said."""


def past(now: float, hours: float) -> Past:
    """The last hours that lie within one block of Prometheus."""
    dense, sparse = int(hours * _HOUR), max(int(hours * _HOUR), _SPARSE)
    length = _length(sparse)
    end = int(now) // 60 * 60
    if (end - sparse) // length != end // length:
        end = end // length * length - 60
    return Past(end - sparse, end - dense, end)


def make(folder: Path, series: Sequence[tuple[Series, int]], span: Past) -> Made:
    """Put histories of series, with their intervals in seconds, into a folder of Prometheus."""
    data, text = folder / "data", folder / "history.om"
    data.mkdir(parents=True)
    made = Made(0, 0, 0, 0, 0, 0)
    for part in _parts(series, span):
        began = perf_counter()
        count, samples = write(text, part, span)
        written = perf_counter()
        most = _imported(text, data, _length(span.end - span.first))
        made = Made(
            made.series + count,
            made.samples + samples,
            made.writing + written - began,
            made.importing + perf_counter() - written,
            made.text + text.stat().st_size,
            max(made.memory, most),
        )
        text.unlink()
    return made


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Server, Path]]:
    """A Prometheus that has the data alone, in one block, and the file that it logs queries to."""
    config, log = folder / "prometheus.yml", folder / "queries.log"
    config.write_text(f"global: {{query_log_file: {json.dumps(str(log))}}}\n", encoding="utf-8")
    port = free_port()
    command = servers.prometheus(config, folder / "data", port)
    async with aiohttp.ClientSession() as session:
        server = Server(
            "prometheus", [*command, "--storage.tsdb.retention.time=100y"], port, session
        )
        try:
            await server.start()
            await until(lambda: _one(folder / "data"), _MERGED, "there is one block")
            yield server, log
        finally:
            await server.close()


def blocks(data: Path) -> list[Path]:
    """The blocks in a folder of Prometheus."""
    return [path.parent for path in data.glob("*/meta.json")]


def size(block: Path) -> int:
    """Bytes on disk."""
    return sum(path.stat().st_size for path in block.rglob("*") if path.is_file())


def memory(server: Server) -> int:
    """The most memory that a server has had, in bytes."""
    status = Path(f"/proc/{server.lives[-1].process.pid}/status").read_text(encoding="utf-8")
    line = next(one for one in status.splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) * _KIB


def _length(seconds: int) -> int:
    """Of a block that can have so many seconds, whenever they are, but for one edge."""
    length = _SHORTEST
    while length < 2 * seconds:
        length *= _TIMES
    return length


async def _one(data: Path) -> bool:
    return len(blocks(data)) == 1


def _parts(
    series: Sequence[tuple[Series, int]], span: Past
) -> Iterator[Sequence[tuple[Series, int]]]:
    """Series whose text is of a bearable length."""
    part, samples = [], 0
    for one in series:
        part.append(one)
        samples += expected(*one, span)
        if samples >= _MOST:
            yield part
            part, samples = [], 0
    if part:
        yield part


def _imported(text: Path, data: Path, length: int) -> int:
    """Let promtool make a block; how much memory it had at most."""
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet"]
    process = subprocess.Popen(  # noqa: S603 - one of Prometheus' programs
        [*command, f"--max-block-duration={length}s", str(text), str(data)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as output:
        said = output.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RefusedError(said)
    return used.ru_maxrss * _KIB
