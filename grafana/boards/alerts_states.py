"""How many alerts are in which state now, and which were in which over the range."""

from grafana_foundation_sdk.builders import stat

from grafana.frame import colours, links
from grafana.frame.looks import Field, Says, from_one
from grafana.frame.panels import stat_, timeline
from grafana.frame.queries import Query, either, first_of, now, of, one

ALERT = "exchange, instrument, other, alert"
NONE = f"0 * count({of('market_alert_evaluation_known')})"
"""Zero while an exporter answers, and nothing where none does: then no zero is shown."""
SILENT = "no exporter"
_FIRING = "market:alert_firing:held"
_CODE = "market:alert_state:code"
_OF_STEP = either(_CODE, "max_over_time({}[$__interval])")
_OF_RANGE = either(_CODE, "max_over_time({}[$__range])")
_KNOWN = 'market:market_alert_evaluation_known:avg{instrument=~"$instrument",drill=""}'
_SHOWN = 40


def counted(expr: str) -> str:
    """How many there are; nothing where no exporter answers."""
    return first_of(f"count({expr})", NONE)


def _firing(priority: str, says: Says, colour: str) -> stat.Panel:
    return stat_(
        f"{priority} firing",
        says,
        Field("none", none=SILENT, steps=from_one(colour)),
        now(counted(either(_FIRING, priority=priority))),
    )


P1 = _firing(
    "P1",
    Says(
        "How many alerts of priority P1 fire, those that have escalated among them.",
        "0.",
        "each has paged, unless something worse mutes it. Begin with the oldest in the list.",
    ),
    colours.BAD,
)
P2 = _firing(
    "P2",
    Says(
        "How many alerts of priority P2 fire. One that goes on for five minutes escalates to P1.",
        "0; a few a day on a busy market.",
        "look at them before they page.",
    ),
    colours.WARNING,
)
P3 = _firing(
    "P3",
    Says(
        "How many alerts of priority P3 fire. They are for the record and tell nobody.",
        "0, or some while a feed resynchronises.",
        "many at once: look at the feeds.",
    ),
    colours.NOTED,
)
PENDING = stat_(
    "Pending",
    Says(
        "How many alerts have met their conditions, but not yet for long enough to fire.",
        "0; a short one now and then.",
        "the list below says for how long each has been so.",
    ),
    Field("none", none=SILENT, steps=from_one(colours.NEAR)),
    now(counted(f"{one(either('market_alert_state', state='pending'))} == 1")),
)
KNOWN_NOW = stat_(
    "In force",
    Says(
        "The share of all alerts that can be evaluated now. The others can neither fire nor clear.",
        "100 %; less for the first half minute after a start.",
        "'Cannot be evaluated' says which market lacks what.",
    ),
    Field(
        "percentunit",
        decimals=1,
        none=SILENT,
        steps=((None, colours.UNKNOWN), (1, colours.GOOD)),
    ),
    now(f"avg({one(of('market_alert_evaluation_known'))})"),
)
NOT_SHOWN = stat_(
    "Not shown",
    Says(
        f"How many more alerts than the {_SHOWN} below were pending, firing or unknown in the "
        "range. Those left out are no worse than those that are shown.",
        "0.",
        "choose an exchange, an instrument or a shorter range.",
    ),
    Field("none", none=SILENT, steps=from_one(colours.WARNING)),
    now(first_of(f"clamp_min(count({_OF_RANGE}) - {_SHOWN}, 0)", NONE)),
)

_WORST = (
    f'count_values by ({ALERT}) ("above",'
    f" 9 - topk({_SHOWN}, {either(_CODE, 'max_over_time({}[$__range] @ end())')}))"
)
"""The alerts that are shown. Their label `above` sorts those that were worst to the top."""

STATES = timeline(
    "Alerts that were not inactive",
    Says(
        "Each alert that was pending, fired or was unknown at some time of the range, the worst "
        f"first, at most {_SHOWN}. Where a line is empty nothing was watched: no exporter said "
        "anything of that market. Of a moment narrower than a pixel the worst state is shown.",
        "no line at all, or green with short breaks.",
        "one line that is often coloured is an alert to tune or a market to look at; many that "
        "turn purple at once are a feed that broke. A click opens the market at that time.",
    ),
    Field(
        "none",
        none="nothing to show",
        states=colours.ALERT_STATES,
        links=(links.to_line(links.INSTRUMENT),),
    ),
    Query(
        first_of(
            f"{_OF_STEP} * on ({ALERT}) group_left (above) {_WORST}",
            f"0 * {_WORST}\nand on (exchange, instrument) {_KNOWN}",
        ),
        "{{exchange}} {{instrument}} {{alert}} {{other}}",
    ),
).interval("5s").per_page(20).axis_width(370)  # fmt: skip
