"""What is asked of a made past, and how long the answers take."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import block
from bench.asking import Panel, key, measure, panels
from bench.block import Made
from bench.intervals import interval
from bench.observed import Series
from bench.openmetrics import Past, expected
from bench.selected import Pool
from grafana.report.asked import Asked, Json, Span, asked

_WIDTH = 1400
"""Pixels of a dashboard on a screen of 1440."""
_HOUR = 3600


class Plan(NamedTuple):
    """Dashboards, the series that there are, when, and a sample how often at most (seconds)."""

    boards: Sequence[Json]
    pool: Pool
    past: Past
    least: int

    @property
    def spans(self) -> Sequence[Span]:
        """The last hour and the whole past, or this alone."""
        starts = {max(self.past.start, self.past.end - _HOUR), self.past.start}
        return [
            Span(one, self.past.end, _WIDTH, self.least) for one in sorted(starts, reverse=True)
        ]

    def asked(self, span: Span) -> list[Asked]:
        """Every query of every dashboard."""
        chosen = [(board, self.pool.chosen(board, span)) for board in self.boards]
        return [one for board, values in chosen for one in asked(board, values, span)]

    def timed(self, queries: Iterable[Asked]) -> list[tuple[Series, int]]:
        """The series that these read, with their intervals."""
        found = self.pool.read_by(one.expr for one in queries if one.expr)
        return [(one, max(self.least, interval(one))) for one in found]

    def samples(self, series: Iterable[tuple[Series, int]]) -> int:
        """About how many samples these have."""
        return sum(expected(*one, self.past) for one in series)


class Result(NamedTuple):
    """What was made, its bytes on disk, the most memory of Prometheus in bytes, and the panels with
    their costs by span."""

    made: Made
    disk: int
    memory: int
    panels: Sequence[tuple[Span, Sequence[Panel]]]


async def run(plan: Plan, folder: Path, only: Sequence[Panel] = ()) -> Result:
    """Make the past of what all panels read, or these alone, and ask for them."""
    wanted = {one.key for one in only}
    queries = [
        (span, [one for one in plan.asked(span) if not wanted or key(one) in wanted])
        for span in plan.spans
    ]
    series = plan.timed(one for _, each in queries for one in each)
    made = block.make(folder, series, plan.past)
    async with block.serving(folder) as (server, log):
        found = [
            (span, panels(await measure(server.url, log, each, span))) for span, each in queries
        ]
        disk = sum(block.size(one) for one in block.blocks(folder / "data"))
        return Result(made, disk, block.memory(server), found)


def heaviest(panels: Sequence[Panel], count: int) -> list[Panel]:
    """So many of the slowest, and so many that look at most samples. What is asked about one moment
    alone is not among them: a sample a second is no more to that."""
    over_time = [one for one in panels if not all(cost.asked.instant for cost in one.costs)]
    slowest, widest = (
        sorted(over_time, key=weight, reverse=True)[:count]
        for weight in (lambda one: one.seconds, lambda one: one.samples)
    )
    return [*slowest, *(one for one in widest if one not in slowest)]


def affordable(plan: Plan, listed: Sequence[Panel], most: float) -> list[Panel]:
    """The first of these panels whose series have no more than so many samples together."""
    chosen: list[Panel] = []
    for one in listed:
        queries = [cost.asked for panel in (*chosen, one) for cost in panel.costs]
        if plan.samples(plan.timed(queries)) <= most:
            chosen.append(one)
    return chosen
