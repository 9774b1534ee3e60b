"""How far from normal one market is, and what is learnt of normal."""

from collections.abc import Iterator

from grafana.boards.instrument_limits import COLOURS, extreme, farthest, logarithmic, property_
from grafana.frame import colours
from grafana.frame.colours import State
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph, timeline
from grafana.frame.queries import Query, first_of, of, one

_WARMING = State(0, "warming up", colours.UNKNOWN)
_FROZEN = State(1, "frozen", colours.IDLE)
_LEARNING = State(2, "learning", colours.GOOD)


def _limits() -> Iterator[Query]:
    """What each priority asks for, on both sides of zero."""
    for priority in ("P1", "P2"):
        firing = of("market_alert_firing", escalated="", priority=priority)
        asked = f"min({of('market_alert_zscore_threshold')} and on (alert) {firing})"
        yield Query(asked, f"{priority} asks for")
        yield Query(f"-1 * {asked}", f"{priority} below zero")


Z = logarithmic(
    graph(
        "z: how far from normal",
        Says(
            "Each signal's distance from its baseline in standard deviations, of each step the "
            "farthest. Dashed is what an alert of that priority asks for beside its threshold. "
            "The scale is linear to ±1 and logarithmic beyond; 50 is the cap.",
            "within ±2, short peaks aside.",
            "far out with the figure far from its threshold: unusual, not bad. It stays far out "
            "while the baseline is frozen.",
        ),
        Field("none", decimals=1, none="no z: no baseline has warmed up"),
        Query(farthest("market_baseline_zscore"), "{{signal}}"),
        *_limits(),
        lines={
            "spread_.*": colours.FIRST,
            "depth_.*": colours.SECOND,
            "basis_.*": colours.THIRD,
            "mark_.*": colours.FOURTH,
            "exchange_.*": colours.FIFTH,
            **COLOURS,
        },
        limits=(r"P\d .*",),
        each=True,
        calcs=(),
    ),
    below=1,
)
Z.override_by_regexp(
    "P. below zero",
    [property_("custom.hideFrom", {"legend": True, "tooltip": True, "viz": False})],
)

BASELINES = timeline(
    "Baselines",
    Says(
        "What the baseline of each signal does. It freezes when an alert's condition is met, so "
        "that it does not learn from the incident, for half an hour at most.",
        "learning.",
        "frozen with nothing pending for minutes: the signal has not settled. After half an hour "
        "what is unusual becomes the new normal, and is told as such.",
    ),
    Field("none", none="no signal has a baseline", states=(_WARMING, _FROZEN, _LEARNING)),
    Query(
        first_of(
            f"{_WARMING.code} * ({one(of('market_baseline_samples'))}"
            f" < {one(of('market_baseline_warmup_samples'))})",
            f"{_FROZEN.code} + 0 * ({extreme('market_baseline_frozen_seconds', 'max')} > 0)",
            f"{_LEARNING.code} + 0 * {one(of('market_baseline_samples'))}",
        ),
        "{{signal}}",
    ),
)
