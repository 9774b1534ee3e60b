"""How objectives were kept over the range: burn rates, bad seconds, coverage."""

from grafana_foundation_sdk.builders import timeseries

from grafana.boards.objectives_series import (
    COVERAGE,
    COVERAGE_TARGET,
    FAST,
    KEY,
    NAME,
    NOT_YET,
    SEEN,
    SLOW,
    WINDOW,
    YOUNG,
    at_end,
    burn_over_time,
    each_window,
    of_objective,
)
from grafana.frame import colours, links
from grafana.frame.looks import Field, Says
from grafana.frame.panels import bars, graph
from grafana.frame.queries import Query, now, ranked

_POINTS = 720
"""As many as make steps of an hour of 30 days, so that a window of an hour is never skipped."""
_BAD = at_end("market:slo_bad_seconds:sum30d")


def _burnt(title: str, window: str, seconds: int, threshold: float, says: Says) -> timeseries.Panel:
    limit = f"alert at {threshold:g}"
    return graph(
        title,
        says,
        Field("none", decimals=1, none=NOT_YET, minimum=0),
        *ranked(burn_over_time(window, seconds), _BAD, 4, KEY, NAME, every=WINDOW),
        Query(f"vector({threshold})", limit, every=WINDOW),
        calcs=(),
        lines={limit: colours.BAD if threshold == FAST else colours.WARNING},
        limits=(limit,),
    ).max_data_points(_POINTS)


BURNT = (
    _burnt(
        "Burn rate over 1 h, the four that burnt most",
        "1h",
        3600,
        FAST,
        Says(
            "Bad seconds of the hour before, as a multiple of those that would use up the budget "
            "of 30 days in just 30 days; of those objectives with most bad seconds in the "
            "30 days before its end.",
            "below 1 nearly always.",
            "above the dashed line slo_burn_fast pages, if the last five minutes are, too. One "
            "hour at 14.4 costs 2 % of the budget.",
        ),
    ),
    _burnt(
        "Burn rate over 6 h, the four that burnt most",
        "6h",
        21600,
        SLOW,
        Says(
            "Bad seconds of the six hours before, as a multiple of those that would use up the "
            "budget of 30 days in just 30 days.",
            "below 1 nearly always.",
            "above the dashed line slo_burn_slow tells the chat, if the last half hour is, too. "
            "Six hours at 6 cost 5 % of the budget.",
        ),
    ),
)
BAD_SECONDS = graph(
    "Bad seconds, the four objectives with most",
    Says(
        "Seconds beyond the limit in each step, of those objectives with most of them in the "
        "30 days before its end.",
        "no bar, or single small ones.",
        "single high bars are incidents; a carpet of small ones is a limit that is too tight or a "
        "market that has changed.",
    ),
    Field("s", decimals=1, none=NOT_YET, minimum=0),
    *ranked(each_window("market:slo_bad_seconds:increase5m"), _BAD, 4, KEY, NAME, every=WINDOW),
    calcs=("sum",),
    bars=True,
)
_ELAPSED = each_window("market:slo_elapsed_seconds:increase5m")
_OBSERVED = each_window("market:slo_observed_seconds:increase5m")
_WINDOWS = f"count_over_time({of_objective('market:slo_elapsed_seconds:increase5m')}[$__interval])"
NOT_COUNTED = graph(
    "Time that is in no quality figure",
    Says(
        "Seconds in each step, of all chosen objectives together, that were not seen (a feed or "
        "the exporter was down, a book was not whole), and those left out because the market was "
        "in planned maintenance or not traded.",
        "no bar but for what was planned.",
        "unseen time is ours to mend; maintenance that nobody planned is a market that the "
        "exchange stopped.",
    ),
    Field("s", decimals=1, none=NOT_YET, minimum=0),
    Query(f"sum(clamp_min({_ELAPSED} - {_OBSERVED}, 0))", "not seen", every=WINDOW),
    Query(f"sum(clamp_min(300 * {_WINDOWS} - {_ELAPSED}, 0))", "left out", every=WINDOW),
    calcs=("sum",),
    bars=True,
    lines={"not seen": colours.UNKNOWN, "left out": colours.PLANNED},
)
COVERAGES = bars(
    "Coverage over 30 days, the least first",
    Says(
        "The share of the time, maintenance aside, in which it was known whether the market met "
        "the objective; the twelve with the least.",
        "above the coverage target (99 % as shipped).",
        "the market may be well: we did not see it. Look at its feed's gaps and silences.",
    ),
    Field(
        "percentunit",
        decimals=2,
        none=YOUNG,
        steps=SEEN,
        minimum=0,
        maximum=1,
        links=(links.to_line(links.FEEDS, links.LAST_HOUR),),
    ),
    now(f"sort(bottomk(12, {COVERAGE}))", NAME),
)
_LEAST = at_end("market:slo_coverage:ratio30d")
COVERED = graph(
    "Coverage, the six lowest",
    Says(
        "The coverage of the 30 days before each time, of those that are lowest at its end, "
        "and (dashed) its target.",
        "above the dashed line.",
        "a fall dates the outage: open Feeds and exporter at that time.",
    ),
    Field("percentunit", decimals=2, none=NOT_YET, maximum=1),
    *ranked(COVERAGE, _LEAST, 6, KEY, NAME, least=True, every=WINDOW),
    Query(COVERAGE_TARGET, "target", every=WINDOW),
    calcs=(),
    lines={"target": colours.LIMIT},
    limits=("target",),
)
