"""Market health: is the market stable, is the price right, is there liquidity, is our data true?"""

from grafana_foundation_sdk.models.common import BigValueTextMode

from grafana.boards.active import ACTIVE_ALERTS, URLS
from grafana.boards.alerts_states import SILENT, counted
from grafana.boards.markets import BAND, DOWN, LIVE, MARKETS, WORST_STATE
from grafana.boards.objectives_series import LEFT
from grafana.frame import colours, links
from grafana.frame.colours import State
from grafana.frame.layout import Board, Row, exchange, instrument
from grafana.frame.looks import Field, Says, from_one
from grafana.frame.panels import bars, stat_, timeline
from grafana.frame.queries import Query, by_market, closeness, either, now, of, one

_FIRING = "market:alert_firing:held"
_SAME = "on (exchange, instrument, other, alert)"
_ESCALATED = either(_FIRING, escalated="true")


_PAGING = stat_(
    "Paging",
    Says(
        "How many alerts of priority P1 fire: each has paged, or is muted by one that has.",
        "0.",
        "the list below names them. Open the market, then the runbook of the alert.",
    ),
    Field("none", none=SILENT, steps=from_one(colours.BAD)),
    now(counted(either(_FIRING, priority="P1"))),
)
_CHAT = stat_(
    "In chat",
    Says(
        "How many alerts of priority P2 fire. One that goes on for five minutes pages.",
        "0; a few a day on a busy market.",
        "look at them before they page: the list below names them.",
    ),
    Field(
        "none",
        none=SILENT,
        steps=from_one(colours.WARNING),
    ),
    now(counted(f"{either(_FIRING, priority='P2')} unless {_SAME} {_ESCALATED}")),
)
_WORST = stat_(
    "Worst market",
    Says(
        "The market in the worst state, and among equals the one whose figure has gone farthest "
        "towards the threshold of an alert. The colour is that of its state.",
        "green: some market is always the nearest to a threshold.",
        "open it with a click; its dashboard shows which figure it is.",
    ),
    Field(
        "none",
        none=SILENT,
        steps=(
            (None, colours.UNKNOWN),
            (0, colours.GOOD),
            (10, colours.UNKNOWN),
            (20, colours.NEAR),
            (30, colours.NOTED),
            (40, colours.WARNING),
            (50, colours.BAD),
        ),
        links=(links.to_line(links.INSTRUMENT),),
    ),
    now(
        f"topk(1, 10 * (\n{WORST_STATE}\n)\n+ on (exchange, instrument)"
        f" (clamp_max({by_market(closeness())}, 9) or 0 * {by_market(of('market_feed_up'))}))",
        "{{exchange}} {{instrument}}",
    ),
    text=BigValueTextMode.NAME,
)
_DEAD = stat_(
    "Not live",
    Says(
        "How many markets have no live book: what is said of them is not known to be true. Those "
        "that the exchange does not trade are left out.",
        "0.",
        "open Feeds and exporter. If all of one exchange are dead, it or the way to it is down.",
    ),
    Field("none", none=SILENT, steps=from_one(colours.BAD)),
    now(counted(f"{by_market(of('market:feed_up:held'))} == 0")),
)
_BLIND = stat_(
    "Unevaluated",
    Says(
        "How many markets have at least one alert that cannot be evaluated, for whatever reason: "
        "a young baseline, a dead feed, a missing leg.",
        "0; all of them in the first half minute after a start.",
        "the note in the table says why. Nothing fires or clears meanwhile.",
    ),
    Field(
        "none",
        none=SILENT,
        steps=from_one(colours.UNKNOWN),
    ),
    now(counted(f"{by_market(one(of('market_alert_evaluation_known')), 'min')} == 0")),
)
_PLANNED = stat_(
    "Planned",
    Says(
        "How many markets are in planned maintenance: their alerts are silenced, their objectives "
        "do not count.",
        "0, or what was announced.",
        "a market that should be watched again: end its maintenance (docs/maintenance.md).",
    ),
    Field(
        "none",
        none=SILENT,
        steps=from_one(colours.PLANNED),
    ),
    now(counted(f"{by_market(of('market_maintenance_active'))} == 1")),
)

_BUDGETS = bars(
    "Error budgets, the least first",
    Says(
        "What is left of the 30-day error budget of each objective, the ten with the least. "
        "Below zero the objective is missed.",
        "above 25 %.",
        "the objectives' dashboard shows when it burnt.",
    ),
    Field(
        "percentunit",
        none="no figures yet (5 min)",
        steps=LEFT,
        minimum=0,
        maximum=1,
        links=(links.to_line(links.OBJECTIVES),),
    ),
    now(
        f"sort(bottomk(10, {of('market:slo_budget_remaining:ratio30d')}))",
        "{{exchange}} {{instrument}} {{objective}}",
    ),
)
_DIED = f"bottomk(20, min_over_time({of('market:feed_up:held')}[$__range] @ end())) == 0"
_ANSWERS = 'and on () max(max_over_time(up{job="market-exporter",drill=""}[$__interval])) == 1'
_SHARE = (
    '(min_over_time(exchange:market_feed_up:avg{exchange=~"$exchange",drill=""}[$__interval])'
    f" {_ANSWERS})"
)
_PARTLY = State(2, "some live", colours.NEAR)
_STRIP = timeline(
    "Feeds",
    Says(
        "Whether the books of each exchange are live, all or some of them, and below it each "
        "market that was not live at some time of the range, at most 20 of them.",
        "green without a gap.",
        "a gap in all exchanges at once is the exporter's or its network's; one in a single market "
        "is the exchange's.",
    ),
    Field("none", none="unseen", states=(DOWN, LIVE, _PARTLY)),
    Query(
        f"({_SHARE} == bool 1) + {_PARTLY.code} * (({_SHARE} > bool 0) * ({_SHARE} < bool 1))",
        "{{exchange}}",
        every="15s",
    ),
    Query(
        f"min_over_time({of('market:feed_up:held')}[$__interval]) {_ANSWERS}"
        f" and on (exchange, instrument) ({_DIED})",
        "{{exchange}} {{instrument}}",
    ),
)

HEALTH = Board(
    links.HEALTH,
    "Is the market healthy, which market is worst, what is paging and why?",
    (
        Row(3, ((_WORST, 8), (_PAGING, 3), (_CHAT, 3), (_DEAD, 3), (_BLIND, 4), (_PLANNED, 3))),
        Row(8, ((MARKETS, 24),)),
        Row(8, ((ACTIVE_ALERTS, 24),)),
        Row(8, ((_STRIP, 12), (_BUDGETS, 12))),
    ),
    (exchange(), instrument(), BAND, *URLS),
)
