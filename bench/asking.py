"""What the queries of dashboards cost a Prometheus."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import NamedTuple, TextIO

import aiohttp

from grafana.report.answers import answer
from grafana.report.asked import Asked, Kind, Span

_ROUNDS = 3
Key = tuple[str, int, str]
"""Dashboard, number and title of a panel."""


class Cost(NamedTuple):
    """One query: median seconds until its answer is read, those within Prometheus, samples that
    it looked at, series that it returned, and what was refused or ""."""

    asked: Asked
    seconds: float
    engine: float
    samples: int
    series: int
    error: str


class Panel(NamedTuple):
    """All queries of a panel, of an annotation or of a variable, one after the other."""

    key: Key
    kind: Kind
    costs: Sequence[Cost]

    @property
    def dashboard(self) -> str:
        """Where it is."""
        return self.key[0]

    @property
    def title(self) -> str:
        """Its own."""
        return self.key[2]

    @property
    def seconds(self) -> float:
        """Of all together."""
        return sum(one.seconds for one in self.costs)

    @property
    def samples(self) -> int:
        """That all together look at."""
        return sum(one.samples for one in self.costs)

    @property
    def worst(self) -> Cost:
        """The slowest query."""
        return max(self.costs, key=lambda one: one.seconds)


async def measure(url: str, log: Path, asked: Iterable[Asked], span: Span) -> list[Cost]:
    """Ask each query once unmeasured, then some times; `log` is where Prometheus logs queries."""
    async with aiohttp.ClientSession() as session:
        with log.open(encoding="utf-8") as lines:
            return [await _cost(session, url, lines, one, span) for one in asked]


def panels(costs: Iterable[Cost]) -> list[Panel]:
    """Queries by panel, in their order; each annotation and variable is one alone."""
    found = [list(each) for _, each in groupby(costs, key=lambda one: key(one.asked))]
    return [Panel(key(each[0].asked), each[0].asked.kind, each) for each in found]


def key(asked: Asked) -> Key:
    """What the queries of a panel have in common."""
    return asked.dashboard, asked.panel, asked.title


async def _cost(
    session: aiohttp.ClientSession, url: str, log: TextIO, asked: Asked, span: Span
) -> Cost:
    first = await answer(session, url, asked, span)
    seconds = [(await answer(session, url, asked, span)).seconds for _ in range(_ROUNDS)]
    logged = [json.loads(line)["stats"] for line in log.readlines()]
    engine = median(one["timings"]["execTotalTime"] for one in logged) if logged else 0.0
    samples = logged[-1]["samples"]["totalQueryableSamples"] if logged else 0
    return Cost(asked, median(seconds), engine, samples, len(first.series), first.error)
