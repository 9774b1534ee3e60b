"""What alerts did in the last days: how many fired, for how long, and how they ended."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models.common import BarAlignment

from grafana.boards.alerts_states import NONE, SILENT
from grafana.frame import colours
from grafana.frame.looks import Field, Says, from_one
from grafana.frame.panels import graph, stat_
from grafana.frame.queries import Query, first_of, now, of

FIRINGS = "market:alert_firings:increase1m"
SHORT = "market:alert_short_firings:increase1m"
ESCALATIONS = "market:alert_escalations:increase1m"
SECONDS = "market:alert_firing_seconds:increase1m"
ENDINGS = "market:alert_endings:increase1m"


def total(series: str, window: str, by: str = "", later: str = "", **labels: str) -> str:
    """What the minutes of a window add up to; nothing where nothing happened. The window ends now,
    or that much `later`."""
    grouped = f"sum by ({by})" if by else "sum"
    offset = f" offset -{later}" if later else ""
    return f"{grouped} (sum_over_time({of(series, **labels)}[{window}]{offset}))"


def _count(title: str, says: Says, expr: str, colour: str) -> stat.Panel:
    field = Field("none", none=SILENT, steps=from_one(colour))
    return stat_(title, says, field, now(first_of(expr, NONE)))


STARTED = _count(
    "Firings 24 h",
    Says(
        "How often an alert of any priority began to fire in the last 24 hours, as far as they "
        "were recorded.",
        "as many as on other days: see the bars below.",
        "the tables below name the alerts and the markets.",
    ),
    total(FIRINGS, "1d"),
    colours.NOTED,
)
PAGES = _count(
    "P1 24 h",
    Says(
        "How often an alert of priority P1 began to fire in the last 24 hours. Each pages, unless "
        "something worse mutes it.",
        "0 on most days.",
        "more than two a shift is more than people can follow up: mend the market or tune.",
    ),
    total(FIRINGS, "1d", priority="P1"),
    colours.BAD,
)
ESCALATED = _count(
    "Escalated 24 h",
    Says(
        "How often a P2 fired for so long that it paged, in the last 24 hours.",
        "0.",
        "nobody took care of it in the chat within five minutes, or it cannot be taken care of.",
    ),
    total(ESCALATIONS, "1d"),
    colours.WARNING,
)
BLINDLY = _count(
    "No data 24 h",
    Says(
        "How many alerts ended in the last 24 hours because their data went missing for five "
        "minutes: whether the market was well again is not known.",
        "0.",
        "look what the market did when its feed came back, and mend the feed.",
    ),
    total(ENDINGS, "1d", reason="no_data"),
    colours.UNKNOWN,
)


def _resolve(window: str, text: str) -> stat.Panel:
    return stat_(
        f"Resolve {text}",
        Says(
            f"For how long an alert fired on average, until it ended, over {text}: time firing by "
            "number of ends.",
            "a few minutes. It has no limit of its own.",
            "the tables below show which alerts fire for long.",
        ),
        Field("s", decimals=1, none="none ended"),
        now(f"{total(SECONDS, window)} / {total(ENDINGS, window)}"),
    )


RESOLVE_DAY = _resolve("1d", "24 h")
RESOLVE_WEEK = _resolve("7d", "7 d")

_PRIORITIES = {"P1": colours.BAD, "P2": colours.WARNING, "P3": colours.NOTED}
_REASONS = {
    "cleared": colours.GOOD,
    "no_data": colours.UNKNOWN,
    "new_regime": colours.NEAR,
    "disabled": colours.IDLE,
}


def _daily(
    title: str, says: Says, unit: str, series: str, by: str, lines: Mapping[str, str]
) -> timeseries.Panel:
    """A bar for each of the last 14 days, today's as far as it has come."""
    panel = graph(
        title,
        says,
        Field(unit, none="nothing happened, as far as it was recorded", minimum=0),
        Query(total(series, "1d", by, later="1d"), f"{{{{{by}}}}}"),
        calcs=("sum",),
        lines=lines,
        bars=True,
    )
    return (
        panel.time_from("14d")
        .time_shift("0d/d")
        .hide_time_override(True)
        .interval("1d")
        .bar_alignment(BarAlignment.AFTER)
    )


DAILY_FIRINGS = _daily(
    "Firings per day, 14 days",
    Says(
        "How often an alert began to fire on each day, by the priority of the alert.",
        "about the same every day, hardly any P1.",
        "a day that stands out: choose it as the range and look at the states above.",
    ),
    "none",
    FIRINGS,
    "priority",
    _PRIORITIES,
)
DAILY_SECONDS = _daily(
    "Time firing per day, 14 days",
    Says(
        "For how long alerts fired on each day, all of them added up, by priority. What fires in "
        "two markets at once counts twice.",
        "minutes.",
        "few firings and much time is one long incident; many and little is noise.",
    ),
    "s",
    SECONDS,
    "priority",
    _PRIORITIES,
)
DAILY_ENDINGS = _daily(
    "Ends per day, 14 days",
    Says(
        "How alerts ended: the figure came back (cleared), was missing for five minutes "
        "(no_data), lasted until it became the new normal (new_regime), or the alert was taken "
        "out of the configuration (disabled).",
        "nearly all cleared.",
        "no_data: mend feeds. new_regime: a threshold or a baseline no longer fits the market.",
    ),
    "none",
    ENDINGS,
    "reason",
    _REASONS,
)
