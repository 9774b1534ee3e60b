"""Series as the project's own Prometheus has them, from simulated exchanges watched for a while."""

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import yaml

from exporter.simulator.symbols import symbols
from tests.stack.stack import Stack, stack

MARKETS_OF_A_PAIR = 4
_PAIRS = 2
"""So many are watched. In the first there are incidents; the second is the model of all others."""
_RATE = 2
"""Changes of a book a second."""
_SAMPLES = 6
_ALL = 'last_over_time({__name__=~".+"}[5m])'
_SHORTENED = (
    (re.compile(r"(?<=interval: )\d+[smh]"), "5s"),
    (re.compile(r"(?<=offset )5m"), "5s"),
)
"""In the rules, so that each has recorded something after a minute."""
_INCIDENTS = (
    ("spread-blow-out", "binance", "BTC-USDT-PERP"),
    ("stale-stream", "okx", "BTC-USDT-SPOT"),
    ("sequence-gap", "binance", "BTC-USDT-SPOT"),
    ("disconnect", "okx", None),
)


class Waits(NamedTuple):
    """Seconds: after incidents began, for alerts and rules to speak; then between two looks."""

    settling: float = 45
    between: float = 20


class Series(NamedTuple):
    """A series, its name among the labels, its value at the last look and its rise a second."""

    labels: dict[str, str]
    value: float
    rate: float

    @property
    def name(self) -> str:
        """The metric."""
        return self.labels["__name__"]


async def observe(waits: Waits) -> Sequence[Series]:
    """All that Prometheus knows of the markets of two pairs, of the servers and of itself."""
    with TemporaryDirectory() as folder:
        async with stack(Path(folder), pairs=_PAIRS, rate=_RATE) as it:
            await _hasten(it, Path(folder))
            await it.warm(_SAMPLES)
            for kind, exchange, instrument in _INCIDENTS:
                await it.begin(kind, exchange, instrument, seconds=max(1, waits.settling / 2))
            await asyncio.sleep(waits.settling)
            before = dict(await _look(it))
            await asyncio.sleep(waits.between)
            return [
                Series(json.loads(labels), value, _rise(before.get(labels), value) / waits.between)
                for labels, value in await _look(it)
            ]


def widened(series: Iterable[Series], markets: int) -> Iterator[Series]:
    """The same for about so many markets: those of other pairs are as those of the second."""
    model = _bases(_PAIRS)[-1]
    others = _bases(-(-markets // MARKETS_OF_A_PAIR))[1:]
    for one in series:
        base, _, rest = one.labels.get("instrument", "").partition("-")
        if base != model:
            yield one
            continue
        for name in others:
            yield one._replace(labels={**one.labels, "instrument": f"{name}-{rest}"})


def keep(path: Path, series: Iterable[Series]) -> None:
    """Write them to a file."""
    path.write_text("\n".join(json.dumps(one) for one in series) + "\n", encoding="utf-8")


def read(path: Path) -> Sequence[Series]:
    """Read them from a file."""
    with path.open(encoding="utf-8") as lines:
        return [Series(*json.loads(line)) for line in lines]


async def _hasten(it: Stack, folder: Path) -> None:
    """Give Prometheus its rules with shorter times."""
    flags = (await it.prometheus.get("/api/v1/status/flags"))["data"]
    _shorten(Path(flags["config.file"]), folder / "quick")
    await it.prometheus.post("/-/reload", {})


def _shorten(config: Path, quick: Path) -> None:
    """Let a prometheus.yml name other rules, which are put into a folder."""
    tree = yaml.safe_load(config.read_text(encoding="utf-8"))
    quick.mkdir()
    for pattern in tree["rule_files"]:
        named = config.parent / pattern
        for path in named.parent.glob(named.name):
            text = path.read_text(encoding="utf-8")
            for times, instead in _SHORTENED:
                text = times.sub(instead, text)
            (quick / path.name).write_text(text, encoding="utf-8")
    config.write_text(yaml.safe_dump({**tree, "rule_files": [f"{quick}/*.yml"]}), encoding="utf-8")


async def _look(it: Stack) -> Sequence[tuple[str, float]]:
    return [(json.dumps(labels, sort_keys=True), value) for labels, value in await it.query(_ALL)]


def _rise(before: float | None, value: float) -> float:
    return 0.0 if before is None else value - before


def _bases(pairs: int) -> list[str]:
    return list(dict.fromkeys(one.base for one in symbols(pairs)))
