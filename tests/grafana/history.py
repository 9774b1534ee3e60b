"""Recorded series of the days before a test began, put into Prometheus as a block."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.programs import needed

DAYS = 2
_FIVE_MINUTES = 300
_DAY = 86_400
_SECONDS_OF_30_DAYS = 30 * _DAY


class Market(NamedTuple):
    """A market of the past: bad seconds in each five minutes, and firings of an alert each hour."""

    exchange: str
    instrument: str
    bad: int
    firings: int


WORST = Market("okx", "ETH-USDT-SPOT", 3, 2)
MARKETS = (
    WORST,
    Market("okx", "ETH-USDT-PERP", 0, 0),
    Market("binance", "ETH-USDT-SPOT", 0, 0),
    Market("binance", "BTC-USDT-PERP", 1, 1),
    Market("binance", "BTC-USDT-SPOT", 0, 0),
    Market("binance", "ETH-USDT-PERP", 0, 0),
)
OBJECTIVE, TARGET = "spread", 0.995
NOISY = "spread_warning"
_TARGET = "market:slo_target_ratio:held"
_COVERAGE = "instance:slo_coverage_target_ratio:held"
_OF_FIRINGS = {"market:alert_firings:increase1m": 1, "market:alert_firing_seconds:increase1m": 30}


async def backfilled(tsdb: Path) -> None:
    """Put the past into the folder of a Prometheus that is not running."""
    text = await asyncio.to_thread(_written, tsdb)
    made = await asyncio.create_subprocess_exec(
        needed("promtool"), "tsdb", "create-blocks-from", "openmetrics",
        "--max-block-duration=768h", str(text), str(tsdb),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await made.communicate()
    assert made.returncode == 0, said.decode()


def _written(tsdb: Path) -> Path:
    tsdb.mkdir(parents=True)
    text = tsdb.with_name("history.om")
    text.write_text("\n".join(_lines(int(time.time()))) + "\n", encoding="utf-8")
    return text


def budget(market: Market) -> float:
    """What is left of the budget of a market that was always as bad as this."""
    return 1 - market.bad / _FIVE_MINUTES / (1 - TARGET)


def _lines(end: int) -> Iterator[str]:
    """OpenMetrics, one family after another."""
    steady = range(end - DAYS * _DAY, end + 1, _FIVE_MINUTES)
    for name in _of_objective(MARKETS[0]):
        yield f"# TYPE {name} gauge"
        for one in MARKETS:
            labels = _labels(one, objective=OBJECTIVE)
            yield from _points(f"{name}{labels}", _of_objective(one)[name], steady)
    yield f"# TYPE {_TARGET} gauge"
    for one in MARKETS:
        labels = _labels(one, objective=OBJECTIVE, family="spread")
        yield from _points(f"{_TARGET}{labels}", TARGET, steady)
    yield f"# TYPE {_COVERAGE} gauge"
    yield from _points(f'{_COVERAGE}{{job="market-exporter",instance="past"}}', 0.99, steady)
    for name, each in _OF_FIRINGS.items():
        yield f"# TYPE {name} gauge"
        for one in MARKETS:
            labels = _labels(one, alert=NOISY, family="spread", severity="warning", priority="P2")
            hours = range(end - DAYS * _DAY, end - 3600, 3600)
            times = (hour + 60 * at for hour in hours for at in range(one.firings))
            yield from _points(f"{name}{labels}", each, times)
    yield "# EOF"


def _points(series: str, value: float, times: Iterable[int]) -> Iterator[str]:
    return (f"{series} {value} {at}" for at in times)


def _of_objective(market: Market) -> Mapping[str, float]:
    good = 1 - market.bad / _FIVE_MINUTES
    return {
        "market:slo_elapsed_seconds:increase5m": _FIVE_MINUTES,
        "market:slo_observed_seconds:increase5m": _FIVE_MINUTES,
        "market:slo_bad_seconds:increase5m": market.bad,
        "market:slo_elapsed_seconds:sum30d": _SECONDS_OF_30_DAYS,
        "market:slo_observed_seconds:sum30d": _SECONDS_OF_30_DAYS,
        "market:slo_bad_seconds:sum30d": _SECONDS_OF_30_DAYS * market.bad / _FIVE_MINUTES,
        "market:slo_good:ratio30d": good,
        "market:slo_coverage:ratio30d": 1,
        "market:slo_budget_remaining:ratio30d": budget(market),
    }


def _labels(market: Market, **others: str) -> str:
    labels = {"exchange": market.exchange, "instrument": market.instrument, **others}
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
