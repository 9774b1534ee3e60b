"""Which objectives are missed or burn now, and what is left of their budgets."""

from grafana_foundation_sdk.builders import stat

from grafana.boards.objectives_series import (
    BUDGET,
    COVERAGE,
    COVERAGE_TARGET,
    FAST,
    KEY,
    LEFT,
    NAME,
    NOT_YET,
    SLOW,
    TARGET,
    WINDOW,
    YOUNG,
    at_end,
    burn,
    of_objective,
)
from grafana.frame import colours, links
from grafana.frame.looks import Field, Says, from_one
from grafana.frame.panels import bars, graph, stat_
from grafana.frame.queries import Query, first_of, now, ranked, rows
from grafana.frame.tables import Column, grid


def _count(title: str, says: Says, expr: str, known: str, colour: str) -> stat.Panel:
    """How many there are; zero only where `known` has anything."""
    steps = from_one(colour)
    query = first_of(f"count({expr})", f"0 * count({known})")
    return stat_(title, says, Field("none", none=YOUNG, steps=steps), now(query))


_MISSED = _count(
    "Missed",
    Says(
        "How many objectives of markets have used up their budget of 30 days: the share of good "
        "seconds is below its target.",
        "0. A system of a few days has small budgets, which one incident overspends.",
        "the bars below name them. Nothing pages for it: what was burnt has been told when it "
        "burnt.",
    ),
    f"{BUDGET} < 0",
    BUDGET,
    colours.BAD,
)
_FAST = _count(
    "Burning fast",
    Says(
        f"How many objectives burn their budget at more than {FAST} times the rate that just "
        "uses it up, over an hour and still over five minutes. Two such days use up everything.",
        "0.",
        "alert slo_burn_fast pages, unless a P1 of the same market and family has. Its runbook.",
    ),
    of_objective("market:slo_burn:fast"),
    TARGET,
    colours.BAD,
)
_SLOW = _count(
    "Burning slowly",
    Says(
        f"How many objectives burn their budget at more than {SLOW} times the rate that just "
        "uses it up, over six hours and still over half an hour.",
        "0.",
        "alert slo_burn_slow tells the chat. Look which figure of the market is worse than it was.",
    ),
    of_objective("market:slo_burn:slow"),
    TARGET,
    colours.WARNING,
)
_LEAST = stat_(
    "Least budget",
    Says(
        "What is left of the smallest of all budgets: 100 % is untouched, below zero the "
        "objective is missed.",
        "above 25 %.",
        "the bars below name it.",
    ),
    Field("percentunit", none=YOUNG, steps=LEFT),
    now(f"min({BUDGET})"),
)
_UNSEEN = _count(
    "Badly seen",
    Says(
        "How many objectives were observed for less of the time than the coverage target asks: "
        "what is said of their quality is about the rest.",
        "0.",
        "mend the feed or the exporter, not the market. The coverage below names them.",
    ),
    f"{COVERAGE} < on () group_left () {COVERAGE_TARGET}",
    f"({COVERAGE} and on () {COVERAGE_TARGET})",
    colours.UNKNOWN,
)
_COUNTED = stat_(
    "Time counted",
    Says(
        "For how long the figures of this page have counted: 30 days at most, maintenance and "
        "what Prometheus slept through left out.",
        "30 days.",
        "less: a young system, a young Prometheus, or one that keeps less than 30 days "
        "(--storage.tsdb.retention.time).",
    ),
    Field("s", decimals=1, none=YOUNG, steps=((None, colours.IDLE),)),
    now(f"max({of_objective('market:slo_elapsed_seconds:sum30d')})"),
)
FIRST = ((_MISSED, 4), (_FAST, 4), (_SLOW, 4), (_LEAST, 4), (_UNSEEN, 4), (_COUNTED, 4))

BUDGETS = bars(
    "Budgets, the least first",
    Says(
        "What is left of the 30-day error budget of each objective of each market, the twelve "
        "with the least. 100 % is untouched, below zero the objective is missed.",
        "above 25 %.",
        "burnt to less than a quarter: no change to quoting without need until it recovers. Each "
        "bad second leaves the budget after 30 days.",
    ),
    Field(
        "percentunit",
        none=YOUNG,
        steps=LEFT,
        minimum=0,
        maximum=1,
        links=(links.to_line(links.INSTRUMENT, links.LAST_HOUR),),
    ),
    now(f"sort(bottomk(12, {BUDGET}))", NAME),
)
_LOWEST = at_end("market:slo_budget_remaining:ratio30d")
BURN_DOWN = graph(
    "What was left of the budgets, the six lowest",
    Says(
        "The 30-day budget at each time, of those that are lowest at its end. A fall is an "
        "incident, a rise an old one that leaves the 30 days.",
        "flat steps far above zero.",
        "a steady slope is no incident but a market that is worse than its objective: another "
        "limit, or another conversation.",
    ),
    Field("percentunit", none=NOT_YET, maximum=1),
    *ranked(BUDGET, _LOWEST, 6, KEY, NAME, least=True, every=WINDOW),
    Query("vector(0)", "missed below", every=WINDOW),
    calcs=(),
    lines={"missed below": colours.HARD_LIMIT},
    limits=("missed below",),
)


def _rate(title: str, at: int, threshold: float, colour: str) -> Column:
    steps = ((None, colours.GOOD), (1, colours.NEAR), (threshold, colour))
    return Column(at, title, 110, Field("none", decimals=1, none="–", steps=steps), True)


_HOTTEST = f"topk(12, {burn(60)} > 0 or {burn(360)} > 0)"
BURNING = grid(
    "Burning now, as multiples of the rate that just uses the budget up",
    Says(
        "Bad seconds in the window, against those that would use up the budget of 30 days in just "
        f"30 days. slo_burn_fast fires when 5 min and 1 h are above {FAST}, slo_burn_slow when "
        f"30 min and 6 h are above {SLOW}. The twelve hottest.",
        "an empty list, or everything below 1.",
        "a long window that is hot beside a short one that is cool is over. Both hot: it goes on; "
        "open the market.",
    ),
    (
        Column("exchange", "Exchange", 110),
        Column("instrument", "Instrument", 180),
        Column("objective", "Objective", 120),
        _rate("5 min", 0, FAST, colours.BAD),
        _rate("1 h", 1, FAST, colours.BAD),
        _rate("30 min", 2, SLOW, colours.WARNING),
        _rate("6 h", 3, SLOW, colours.WARNING),
        Column(4, "Target", 90, Field("percentunit", decimals=2, none="–")),
    ),
    *(rows(f"{burn(minutes)} and on ({KEY}) ({_HOTTEST})") for minutes in (5, 60, 30, 360)),
    rows(f"{TARGET} and on ({KEY}) ({_HOTTEST})"),
    sort="1 h",
    links=(links.to_row(links.INSTRUMENT, links.LAST_HOUR),),
).no_value("nothing burns")
