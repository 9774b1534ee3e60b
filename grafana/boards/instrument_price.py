"""Graphs of one market's price: against its references, other exchanges, and what funding says."""

from grafana.boards.instrument_limits import Limits, farthest, farthest_of_pairs, limited
from grafana.frame import colours
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph, stat_
from grafana.frame.queries import Query, either, now, of, one

_BPS = "none"

BASIS = limited(
    "Basis, bps",
    Says(
        "The perpetual's mid against spot of the same exchange, index and mark, in bps, of each "
        "step the farthest from zero, and what is normal against spot. Limits are those of the "
        "basis against spot.",
        "within a few bps of normal, all references alike.",
        "against all alike: the perpetual has moved. Against spot alone: spot has.",
    ),
    Field(_BPS, decimals=2, none="no basis: a spot market, or nothing was seen"),
    (
        Query(farthest("market_basis_bps"), "against {{reference}}"),
        Query(one(of("market_baseline_mean", signal="basis_bps")), "normal"),
    ),
    Limits("basis_bps", above=True, below=True),
    {
        "against spot": colours.FIRST,
        "against index": colours.THIRD,
        "against mark": colours.FOURTH,
        "normal": colours.SECOND,
    },
)

MARK = limited(
    "Mark against index, bps",
    Says(
        "The exchange's mark price against its index, and against the mid of our book, in bps, of "
        "each step the farthest from zero. Positions are liquidated at mark. Limits are those of "
        "mark against index.",
        "both within a few bps of zero.",
        "mark far from index and mid: the exchange's mark is wrong, liquidations follow. Mark with "
        "mid: the perpetual itself has moved.",
    ),
    Field(_BPS, decimals=2, none="no mark price: a spot market, or nothing was seen"),
    (
        Query(farthest("market_mark_index_bps"), "mark against index"),
        Query(farthest("market_mark_mid_bps"), "mark against mid"),
    ),
    Limits("mark_index_bps", above=True, below=True),
)

DIVERGENCE = limited(
    "Divergence from other exchanges, bps",
    Says(
        "The mid of one exchange against that of another, in bps, for each pair with this one, of "
        "each step the farthest from zero.",
        "within a few bps of zero.",
        "all pairs with this exchange: it is this one. One pair alone: it is the other.",
    ),
    Field(_BPS, decimals=2, none="on no other exchange, or nothing was seen"),
    (
        Query(
            farthest_of_pairs("market_divergence_bps"),
            "{{exchange}} against {{other}}",
        ),
    ),
    Limits("exchange_divergence_bps", above=True, below=True, select=either),
)

_ALL_EXCHANGES = '{instrument=~"$instrument",drill=""}'
GAP = graph(
    "Do the exchanges cross? bps",
    Says(
        "The best bid of all exchanges less the best ask of all, in bps, of each step the largest. "
        "Above zero somebody buys dearer than another sells.",
        "a little below zero.",
        "above zero for seconds: one exchange is off, or its feed is late. See the divergence.",
    ),
    Field(_BPS, decimals=2, none="on no other exchange, or nothing was seen"),
    Query(
        one(f"max_over_time(market_cross_exchange_gap_bps{_ALL_EXCHANGES}[$__rate_interval])"),
        "best bid less best ask",
    ),
    Query(f"0 * max(market_cross_exchange_gap_bps{_ALL_EXCHANGES})", "they cross from"),
    lines={"they cross from": colours.LIMIT},
    limits=("they cross from",),
    calcs=(),
)

_NO_FUNDING = "no funding: spot, or nothing was seen"
FUNDING = graph(
    "Funding rate",
    Says(
        "What the side that is too many pays the other at the next settlement, as a share of the "
        "position. Above zero longs pay.",
        "within ±0.01 % each interval, of the sign of the basis.",
        "far out: the perpetual has been away from its index for hours. Against the sign of the "
        "basis: it has only just turned.",
    ),
    Field("percentunit", decimals=4, none=_NO_FUNDING),
    Query(one(of("market_funding_rate_ratio")), "rate"),
    calcs=(),
)
ANNUAL = stat_(
    "Yearly",
    Says(
        "Funding of a year: the present rate times the intervals of 365 days, not compounded.",
        "within ±15 %.",
        "see the rate over time, and the basis.",
    ),
    Field(
        "percentunit",
        decimals=1,
        none="no funding",
        steps=((None, colours.IDLE), (-1000, colours.FIRST)),
    ),
    now(f"max({of('market_funding_annualized_ratio')})"),
)
NEXT = stat_(
    "Next",
    Says(
        "When funding is settled next. Around it basis and spread are restless.",
        "within the interval, mostly 8 hours.",
        "in the past: the stream of mark prices is silent. See Feeds and exporter.",
    ),
    Field(
        "s",
        decimals=1,
        none="no funding",
        steps=((None, colours.IDLE), (-31_536_000, colours.UNKNOWN), (0, colours.FIRST)),
    ),
    now(f"max({of('market_funding_next_timestamp_seconds')}) - time()"),
)
