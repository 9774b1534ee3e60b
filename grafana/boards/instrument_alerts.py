"""What is wrong with one market, since when, and how far beyond its limits it is."""

from grafana.boards.active import UNIT
from grafana.boards.instrument_limits import logarithmic
from grafana.frame import colours
from grafana.frame.layout import Mark
from grafana.frame.looks import TO_LIMIT, Field, Says
from grafana.frame.panels import graph, timeline
from grafana.frame.queries import Query, closeness, either, first_of, of, one, rows
from grafana.frame.tables import Column, grid

_KEY = "alert, pair"
_FIRING = "market:alert_firing:held"


def _paired(expr: str) -> str:
    """Of what compares two exchanges both, as the label `pair`."""
    joined = f'label_join({expr}, "pair", "/", "exchange", "other")'
    return f'label_replace({joined}, "pair", "", "other", "")'


def _each(expr: str) -> str:
    return f"max by ({_KEY}) ({_paired(expr)})"


def _firing(priority: str) -> str:
    return f"({_each(either(_FIRING, priority=priority))} == 1)"


_STATE = first_of(
    f"{colours.P1.code} * {_firing('P1')}",
    f"{colours.P2.code} * {_firing('P2')}",
    f"{colours.P3.code} * {_firing('P3')}",
    f"{colours.UNEVALUATED.code} + ({_each(either('market_alert_evaluation_known'))} == 0)",
    f"{colours.PENDING.code} * ({_each(either('market_alert_state', state='pending'))} == 1)",
)


def _of_active(expr: str, state: str = _STATE) -> str:
    return f"({expr})\nand on ({_KEY}) (\n{state}\n)"


_AGE = f"time() - {_each(either('market_alert_since_timestamp_seconds'))}"
_REASON = _paired(
    f"({either('market_alert_evaluation_unknown')} == 1"
    f" unless on (exchange, instrument, other, alert)"
    f" {either('market_alert_evaluation_known')} == 1)"
)
_NOTE = (
    f'label_replace(max by ({_KEY}, reason) ({_REASON}), "note", "$1", "reason", "(.+)")\n'
    f'or on ({_KEY}) label_replace(\n{_STATE}, "note", "$1", "pair", "(.+)")'
)
"""Why an alert is unknown; of the others between which exchanges it is, if it is between two."""
_EXPLAIN = {
    "title": "Why (explain)",
    "url": "${explain}/explain?instrument=${instrument}&alert=${__data.fields.Alert}",
    "targetBlank": True,
}
_RUNBOOK = {
    "title": "Runbook",
    "url": "${runbooks}/${__data.fields.Alert}",
    "targetBlank": True,
}
_AMOUNT = Field("short", decimals=2, none="–")

ACTIVE = grid(
    "What is not normal",
    Says(
        "Each alert of this market that fires, is pending or cannot be evaluated, the worst first: "
        "since when, the figure and its threshold, and how much of the way to it is gone (100 % is "
        "the threshold). What cannot be evaluated has its reason instead. A click on the alert "
        "opens its explanation or its runbook.",
        "an empty list.",
        "begin with the first. 'stale' or 'gap' throughout: mend the feed before the market.",
    ),
    (
        Column(0, "State", 80, Field("none", states=colours.ALERT_STATES), coloured=True),
        Column("alert", "Alert", 190, Field("string", links=(_EXPLAIN, _RUNBOOK))),
        Column(1, "For", 64, Field("s", none="–")),
        Column(2, "Value", 68, _AMOUNT),
        Column(3, "Limit", 70, _AMOUNT),
        Column("unit", "Unit", 66, Field("string", none="")),
        Column(4, "Gone", 58, TO_LIMIT, coloured=True),
        Column("note", "Note", 108, Field("string", none="")),
    ),
    rows(_STATE),
    rows(_of_active(_AGE, f"({_STATE}) > {colours.UNEVALUATED.code}")),
    rows(
        _of_active(f"{_each(either('market_alert_value'))} * on (alert) group_left (unit) {UNIT}")
    ),
    rows(_of_active(_each(either("market_alert_threshold")))),
    rows(_of_active(_each(closeness(select=either)))),
    rows(_NOTE),
    sort="State",
    none="no alert is reported: see Alert and Feed above",
)

_CODE = "market:alert_state:code"
_MOST = 30
_SHOWN = (
    f'count_values by ({_KEY}) ("above",'
    f" 9 - topk({_MOST}, {_each(either(_CODE, 'max_over_time({}[$__range] @ end())'))}))"
)
"""The alerts that are shown. Their label `above` sorts those that were worst to the top."""
_STATES = f"{_each(either(_CODE, 'max_over_time({}[$__interval])'))}"

STATES = timeline(
    "Alerts over time",
    Says(
        "Each alert of this market that was pending, fired or was unknown at some time of the "
        "range, the worst first. Where a line is empty nobody watched.",
        "no line at all, or green with short breaks.",
        "many that turn purple at once are a feed that broke.",
    ),
    Field("none", none="no alert was reported", states=colours.ALERT_STATES),
    Query(
        first_of(
            f"{_STATES} * on ({_KEY}) group_left (above) {_SHOWN}",
            f"0 * {_SHOWN}\nand on () {of('market:market_alert_evaluation_known:avg')}",
        ),
        "{{pair}} {{alert}}",
    ),
).interval("5s")  # fmt: skip

_NEAREST = closeness(select=lambda series: either(series, "max_over_time({}[$__interval])"))
_FAMILY = f"topk by (alert) (1, max by (alert, family) (1 + 0 * {either('market_alert_firing')}))"
NEAREST = logarithmic(
    graph(
        "Way to the nearest limit",
        Says(
            "Of each kind of alert how much of the way from nothing to the nearest threshold the "
            "figure has gone, on a logarithmic scale; 100 % is the threshold.",
            "below 50 %; depth drops reach it now and then.",
            "the line that is highest is what is wrong; where it crossed 100 % is since when.",
        ),
        Field("percent", none="nothing can be evaluated", minimum=1),
        Query(
            f"100 * max by (family) ({_NEAREST} * on (alert) group_left (family) {_FAMILY})",
            "{{family}}",
            every="5s",
        ),
        Query(f"100 + 0 * max({of('market_alert_evaluation_known')})", "limit"),
        lines={
            "spread": colours.FIRST,
            "depth": colours.SECOND,
            "basis": colours.THIRD,
            "mark": colours.FOURTH,
            "cross_exchange": colours.FIFTH,
            "feed": colours.SIXTH,
            "limit": colours.LIMIT,
        },
        limits=("limit",),
        each=True,
        calcs=(),
    )
)

_SAME = "on (exchange, instrument, other, family)"
_PAGES = either(_FIRING, priority="P1", ceiling_of="")
_CEILINGS = either(_FIRING, priority="P1", ceiling_of="!=")


def _fires(priority: str, expr: str, colour: str) -> Mark:
    return Mark(
        f"{priority} fires",
        expr,
        "{{alert}} {{priority}}",
        "{{exchange}} {{instrument}} {{other}}",
        colour,
    )


MARKS = (
    _fires("P1", f"{_PAGES}\nor {_CEILINGS} unless {_SAME} {_PAGES}", colours.BAD),
    _fires(
        "P2",
        f"{either(_FIRING, priority='P2')}\nunless {_SAME} {either(_FIRING, priority='P1')}",
        colours.WARNING,
    ),
    Mark(
        "Not live",
        f"1 + ({of('market:feed_up:held')} == 0)",
        "no live book",
        "{{exchange}} {{instrument}}",
        colours.UNKNOWN,
    ),
    Mark(
        "Maintenance",
        f"{one(of('market_maintenance_active'))} == 1",
        "planned maintenance",
        "{{exchange}} {{instrument}}",
        colours.PLANNED,
    ),
)
"""What fires, less what a worse alert of the same family mutes; and when nothing is known. Grafana
marks no zero."""
