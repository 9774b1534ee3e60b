"""Graphs of one market's book: its spread, its depth, and on which side it lies."""

from grafana.boards.instrument_limits import Limits, extreme, limited, logarithmic, property_
from grafana.frame import colours
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph
from grafana.frame.queries import Query, first_of, of, one

SPREAD = limited(
    "Spread, bps",
    Says(
        "The quoted spread, of each step of the graph the widest, and what is normal by its "
        "baseline. Dashed are the nearest thresholds of each priority, the band below is where an "
        "alert that fires goes on; a ceiling is drawn once half the way to it is gone.",
        "far below the first limit. A gap is a book that is not known.",
        "wide with little depth: nobody quotes. Wide on this exchange alone: look there first.",
    ),
    Field("none", decimals=2, none="no spread: the book is unknown", minimum=0),
    (
        Query(extreme("market_spread_bps", "max"), "spread"),
        Query(one(of("market_baseline_mean", signal="spread_bps")), "normal"),
    ),
    Limits("spread_bps", above=True),
)

_BAND = "$band"
_SIDES = {"bid.*": colours.BID, "ask.*": colours.ASK, "total.*": colours.TOTAL}


def _depth(complete: int) -> str:
    known = extreme("market_depth_complete", "min", band_bps=_BAND)
    depth = extreme("market_depth_quote", "min", band_bps=_BAND)
    return f"{depth}\nand on (side) {known} == {complete}"


_AT_LEAST = f'label_replace({_depth(0)}, "more", ", at least", "", "")'

DEPTH = logarithmic(
    limited(
        "Depth",
        Says(
            "What rests within the band that is chosen above, in quote currency, of each step the "
            "least, on a logarithmic scale. Dots, 'at least': the book is not known over the whole "
            "band, so there may be more. Limits are those of the total within this band.",
            "solid lines far above the limits, bid and ask alike.",
            "one side alone: somebody was taken out or withdrew. Both: makers have left.",
        ),
        Field("short", decimals=1, none="no depth: the book is unknown"),
        (Query(first_of(_depth(1), _AT_LEAST), "{{side}}{{more}}"),),
        Limits("depth_quote", below=True, rules={"side": "total", "band_bps": _BAND}),
        _SIDES,
    )
)
DEPTH.override_by_regexp(
    ".*, at least", [property_("custom.lineStyle", {"fill": "dot", "dash": [1, 5]})]
)

DROPS = limited(
    "Depth against a minute before",
    Says(
        "How the total depth within the band that is chosen above has changed in 60 seconds, in "
        "percent, of each step the least.",
        "between -20 and 20 %; drops happen on calm days, too.",
        "with the depth near its limit: makers leave. Alone: a large order was filled or moved.",
    ),
    Field("percent", decimals=0, none="no depth that is complete"),
    (Query(extreme("market_depth_change_percent", "min", band_bps=_BAND), "change"),),
    Limits("depth_change_percent", below=True, rules={"side": "total", "band_bps": _BAND}),
)

IMBALANCE = graph(
    "Imbalance",
    Says(
        "Bid less ask over both: 1 is bids alone, -1 asks alone. Of the depth within the band that "
        "is chosen above, as far as it is complete, and of the best levels.",
        "around 0, the best level jumping to either side.",
        "a band that stays beyond ±0.5 has lost a side: see the depth for which.",
    ),
    Field("none", decimals=2, none="no imbalance: the book is unknown", minimum=-1, maximum=1),
    Query(one(of("market_depth_imbalance", band_bps=_BAND)), "depth within the band"),
    Query(one(of("market_imbalance_normalized", levels="!=1")), "best {{levels}} levels"),
    lines={"best 5 .*": colours.SECOND, "best 10 .*": colours.FOURTH},
    calcs=(),
)
