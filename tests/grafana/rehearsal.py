"""Incidents on simulated exchanges before a real Prometheus, for dashboards to be looked at.

async with rehearsal(tmp_path) as it:
    calm = await it.look()
    await it.first()
    await it.all()
    worst = await it.look()
    await it.over()
"""

import argparse
import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import aiohttp

from grafana.report import making
from grafana.report.answers import Answer, answer
from grafana.report.asked import Asked, Span, asked
from grafana.report.making import made
from grafana.report.page import page
from grafana.report.totals import summary
from grafana.report.variables import ALL, of_many, variables
from tests.grafana.dashboards import Board, shipped
from tests.grafana.history import backfilled
from tests.grafana.quiet import QUIET
from tests.stack.stack import Stack, stack

PAIRS = 2
_DAYS = re.compile(r"now-(\d+)d")
SPAN = 900
"""Seconds of range that dashboards are looked at with: more than a rehearsal takes."""
_WARM = 8
_BOUND = 60
_AGAIN = 120
"""Seconds for what a rule of one minute has to see, twice."""


class Act(NamedTuple):
    """An incident, and what tells that it has been noticed: an alert, or PromQL."""

    kind: str
    exchange: str
    instrument: str
    size: float | None = None
    alert: str = ""
    seen: str = ""

    @property
    def market(self) -> dict[str, str]:
        """The labels of its market."""
        return {"exchange": self.exchange, "instrument": self.instrument}


WORST = Act("spread-blow-out", "binance", "BTC-USDT-PERP", None, "spread_critical")
DEAD = Act("stale-stream", "okx", "BTC-USDT-SPOT", None, "feed_stale")
ACTS = (
    WORST,
    DEAD,
    Act("depth-evaporation", "okx", "ETH-USDT-PERP", 0.005, "depth_critical"),
    Act("basis-step", "binance", "ETH-USDT-PERP", 70, "basis_critical"),
    Act("mark-decoupling", "okx", "BTC-USDT-PERP", 80, "mark_deviation_critical"),
    Act("crossed-book", "okx", "ETH-USDT-SPOT", None, "book_crossed"),
    Act(
        "sequence-gap", "binance", "BTC-USDT-SPOT",
        seen='sum(market_feed_gaps_total{exchange="binance",instrument="BTC-USDT-SPOT"}) > 0',
    ),
)  # fmt: skip


Look = Mapping[tuple[str, str, str], tuple[Asked, Answer]]
"""What each query got, by dashboard, title and refId."""


def chosen(board: Board) -> dict[str, str]:
    """A value for each variable: all where all can be chosen, else the market that is worst."""
    return dict(_chosen(board))


def span(board: Board, end: float) -> Span:
    """The range that a dashboard is looked at with: its own where that is of days."""
    days = _DAYS.fullmatch(board.spec["time"]["from"])
    return Span(end - (int(days[1]) * 86_400 if days else SPAN), end)


def queries(board: Board, end: float) -> Iterator[Asked]:
    """What a dashboard asks for the range that ends then."""
    return asked(board.spec, chosen(board), span(board, end))


def _chosen(board: Board) -> Iterator[tuple[str, str]]:
    fixed = {"datasource": "market-prometheus", **WORST.market}
    for variable in variables(board.spec):
        current: Mapping[str, Any] = variable.get("current") or {}
        one = fixed.get(variable["name"]) or str(current.get("value") or "http://127.0.0.1")
        yield variable["name"], ALL if of_many(variable) else one


class Rehearsal:
    """The stack, and what is done to it in turn: `first`, `all`, `over`, `end`."""

    def __init__(self, it: Stack) -> None:
        self.stack = it
        self._boards = shipped().values()
        self.prometheus = it.prometheus.url

    async def first(self) -> None:
        """The first incident alone; returns once its alert fires."""
        await self._begin(WORST)

    async def all(self) -> None:
        """All the others beside it, until each is noticed, and one escalates."""
        await asyncio.gather(*(self._begin(act) for act in ACTS[1:]))
        await self.stack.sure('count(market:alert_firing:held{escalated="true"}) > 0', _BOUND)
        await self.stack.sure("count(market:alert_state:code) > 3", _BOUND)

    async def over(self) -> None:
        """All incidents end; returns once nothing fires, and the history of it is recorded."""
        await self.stack.end()
        await self.stack.sure("min(market_feed_up) == 1", _BOUND)
        await self.stack.sure("absent_over_time(market:alert_firing:held[25s])", _AGAIN)
        await self.stack.sure("count(market:alert_endings:increase1m) > 0", _AGAIN)

    async def end(self) -> None:
        """The exporter is killed; returns once Prometheus has noticed."""
        await self.stack.exporter.kill()
        await self.stack.sure('up{job="market-exporter"} == 0', _BOUND)

    async def look(self) -> Look:
        """What every query of every dashboard gets now."""
        now = time.time()
        async with aiohttp.ClientSession() as session:
            return {
                (one.dashboard, one.title, one.ref_id): (
                    one,
                    await answer(session, self.prometheus, one, span(board, now)),
                )
                for board in self._boards
                for one in queries(board, now)
            }

    async def _begin(self, act: Act) -> None:
        await self.stack.begin(act.kind, act.exchange, act.instrument, size=act.size)
        about = f'exchange="{act.exchange}",instrument="{act.instrument}"'
        alert = f'market:alert_firing:held{{alert="{act.alert}",{about}}} == 1'
        await self.stack.sure(act.seen or alert, _BOUND)


@asynccontextmanager
async def rehearsal(folder: Path) -> AsyncIterator[Rehearsal]:
    """The stack with a past of some days, all books live and every baseline known."""
    await backfilled(folder / "tsdb")
    async with stack(folder, pairs=PAIRS) as it:
        await it.warm(_WARM)
        yield Rehearsal(it)


async def _reported(file: Path) -> None:
    with TemporaryDirectory() as folder:
        async with rehearsal(Path(folder)) as it:
            await it.first()
            await it.all()
            await it.over()
            now = time.time()
            report = await made(it.prometheus, Span(now - SPAN, now), making.shipped(), {}, QUIET)
    await asyncio.to_thread(file.write_text, page(report), encoding="utf-8")
    print(summary(report))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rehearse incidents and write a report of them.")
    parser.add_argument("--report", type=Path, required=True, metavar="FILE")
    asyncio.run(_reported(parser.parse_args().report))
