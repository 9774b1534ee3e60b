"""One row an objective: what is asked of it, and how it was kept over 30 days."""

from grafana_foundation_sdk.builders import common

from grafana.boards.objectives_series import (
    BUDGET,
    COVERAGE,
    KEY,
    LEFT,
    SEEN,
    TARGET,
    YOUNG,
    of_objective,
)
from grafana.frame import links
from grafana.frame.looks import Field, Says
from grafana.frame.queries import Query, rows
from grafana.frame.tables import Column, grid

_BAD = of_objective("market:slo_bad_seconds:sum30d")
_OBSERVED = of_objective("market:slo_observed_seconds:sum30d")
_MINUTES = Field("none", decimals=1, none="–")


def _of_worst(expr: str, *labels: str) -> Query:
    """Of the objectives with the least budget, under the same labels whatever the series."""
    same = f"max by ({', '.join([KEY, *labels])}) ({expr})"
    return rows(f"{same} and on ({KEY}) bottomk(50, {BUDGET})")


_TABLE = grid(
    "Objectives over 30 days, the least budget first",
    Says(
        "The share of good seconds of those observed against its target, the bad minutes behind "
        "it, the minutes that may still be bad, and the share of the time that was observed at "
        "all. Read good beside coverage: what nobody saw is in no figure. At most 50.",
        "good above its target, coverage above 99 %.",
        "open the market. A limit that is missed on quiet days, too, is wrong, not the market "
        "(docs/objectives.md).",
    ),
    (
        Column("exchange", "Exchange", 90),
        Column("instrument", "Instrument", 145),
        Column("objective", "Objective", 92),
        Column("good", "is", 44),
        Column(0, "Limit", 84, Field("short", none="–")),
        Column("unit", "unit", 62),
        Column(1, "Target", 80, Field("percentunit", decimals=2, none="–")),
        Column(2, "Good", 88, Field("percentunit", decimals=3, none="–")),
        Column(3, "Bad min", 84, _MINUTES),
        Column(4, "Left min", 84, _MINUTES),
        Column(5, "Budget", 84, Field("percentunit", none="–", steps=LEFT), True),
        Column(6, "Coverage", 90, Field("percentunit", decimals=2, none="–", steps=SEEN), True),
    ),
    _of_worst(of_objective("market_slo_limit"), "good", "unit"),
    _of_worst(TARGET),
    _of_worst(of_objective("market:slo_good:ratio30d")),
    _of_worst(f"{_BAD} / 60"),
    _of_worst(f"({_OBSERVED} * (1 - {TARGET}) - {_BAD}) / 60"),
    _of_worst(BUDGET),
    _of_worst(COVERAGE),
    links=(links.to_row(links.INSTRUMENT, links.LAST_HOUR),),
)
_LEAST_FIRST = common.TableSortByFieldState().display_name("Budget").desc(False)
WORST = _TABLE.no_value(YOUNG).sort_by([_LEAST_FIRST])
