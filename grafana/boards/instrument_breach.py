"""For how much of the time one market was beyond limits, and where its spread was."""

from dataclasses import replace

from grafana.frame import colours
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph, heat
from grafana.frame.queries import Query, buckets, of, one

_RATED = "[$__rate_interval]"


def _beyond(what: str) -> str:
    """The share of the known time of each step beyond each limit."""
    beyond = of(f"market_{what}_beyond_seconds_total")
    observed = of(f"market_{what}_observed_seconds_total")
    return one(
        f"rate({beyond}{_RATED}) / ignoring (limit_bps) group_left ()"
        f" (rate({observed}{_RATED}) > 0)"
    )


_SHARE = Field("percentunit", decimals=1, none="no limit is counted", minimum=0, maximum=1)
_LINES = dict(
    zip(
        (".* 2 .*", ".* 3 .*", ".* 4 .*", ".* 5 .*", ".* 10 .*", ".* 20 .*"),
        colours.LINES,
        strict=True,
    )
)
_WIDER = dict(
    zip(
        (".*10 .*", ".*15 .*", ".*20 .*", ".*25 .*", ".*30 .*", ".*50 .*"),
        colours.LINES,
        strict=True,
    )
)
"""Of the limits as they are shipped; others get a colour of Grafana's."""
SPREAD_BEYOND = graph(
    "Time in breach: spread",
    Says(
        "The share of the known time of each step in which the spread was beyond each limit, "
        "integrated between book changes: nothing between two scrapes is lost.",
        "0 %.",
        "short peaks: the spread flickers. Plateaus: see the graph of the spread.",
    ),
    _SHARE,
    Query(_beyond("spread"), "> {{limit_bps}} bps"),
    lines=_LINES,
    each=True,
    calcs=(),
)
BASIS_BEYOND = graph(
    "Time in breach: basis",
    Says(
        "The share of the known time of each step in which the basis against spot was beyond each "
        "limit in either direction, integrated between changes of both books.",
        "0 %.",
        "short peaks: one of the two books flickers. Plateaus: see the graph of the basis.",
    ),
    replace(_SHARE, none="no basis: a spot market, or one without its spot"),
    Query(_beyond("basis"), "> ±{{limit_bps}} bps"),
    lines=_WIDER,
    each=True,
    calcs=(),
)
SPREAD_BEYOND_LONG = graph(
    "Time in breach: spread, of 5 minutes",
    Says(
        "The same of the last five minutes at each moment, as it is recorded: for ranges of days.",
        "0 %.",
        "compare it with the objectives: what is beyond their limit burns their budgets.",
    ),
    _SHARE,
    Query(of("market:market_spread_beyond_seconds:ratio_rate5m"), "> {{limit_bps}} bps"),
    lines=_LINES,
    each=True,
    calcs=(),
)

HEATMAP = heat(
    "Where the spread was",
    Says(
        "The share of each step's time that the spread spent in each bucket of bps, integrated "
        "between book changes. The lighter, the longer.",
        "one light band at the bottom.",
        "two bands: the spread jumps between two levels. A band that climbs: makers step back.",
    ),
    Field("percentunit", decimals=1, none="no spread: the book is unknown"),
    buckets(
        "sum by (le) ("
        + one(f"rate({of('market_spread_time_weighted_bps_bucket')}{_RATED})")
        + ") / 1000"
    ),
    "none",
)
TYPICAL = graph(
    "Spread of 5 minutes",
    Says(
        "Below which the spread was for half and for 99 % of the last five minutes, from the "
        "histogram, whose buckets limit how exact it is.",
        "both low, and near each other.",
        "99 % far above half: rare, short blow-outs. Both up: this is how the market is now.",
    ),
    Field("none", decimals=2, none="no figures yet (5 min)", minimum=0),
    Query(of("market:market_spread_time_weighted_bps:p50_5m"), "half of the time, bps"),
    Query(of("market:market_spread_time_weighted_bps:p99_5m"), "99 % of the time, bps"),
    calcs=(),
)
