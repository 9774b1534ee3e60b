"""The alerts that fire or are pending now, as the exporter itself says."""

from grafana.frame import colours, links
from grafana.frame.layout import hidden
from grafana.frame.looks import Field, Says
from grafana.frame.queries import either, first_of, rows
from grafana.frame.tables import Column, grid

_KEY = "exchange, instrument, other, alert"


def _each(expr: str) -> str:
    return f"max by ({_KEY}) ({expr})"


def _firing(priority: str) -> str:
    return f"({_each(either('market:alert_firing:held', priority=priority))} == 1)"


STATE = first_of(
    f"{colours.P1.code} * {_firing('P1')}",
    f"{colours.P2.code} * {_firing('P2')}",
    f"{colours.P3.code} * {_firing('P3')}",
    f"{colours.PENDING.code} * ({_each(either('market_alert_state', state='pending'))} == 1)",
)
"""The state of each alert that is not inactive; one that escalated has its new priority."""


def _of_active(expr: str) -> str:
    return f"({expr})\nand on ({_KEY}) (\n{STATE}\n)"


_VALUE = _each(either("market_alert_value"))
UNIT = 'topk by (alert) (1, max by (alert, unit) (market_alert_rule_info{drill=""}))'

URLS = (
    hidden("explain", "label_values(market_exporter_urls_info, exporter)"),
    hidden("runbooks", "label_values(market_exporter_urls_info, runbooks)"),
)
"""Where the exporter explains itself and keeps its runbooks, as it says itself."""
WHY = {
    "title": "Why (explain)",
    "url": "${explain}/explain?exchange=${__data.fields.Exchange}"
    "&instrument=${__data.fields.Instrument}&alert=${__data.fields.Alert}"
    "&other=${__data.fields.Against}",
    "targetBlank": True,
}
RUNBOOK = {
    "title": "Runbook",
    "url": "${runbooks}/${__data.fields.Alert}",
    "targetBlank": True,
}
_BIG = Field("short", decimals=2, none="–")

ACTIVE_ALERTS = grid(
    "Firing and pending alerts",
    Says(
        "Each alert that fires or is pending, held while its exporter is away: how far the value "
        "is from its threshold, and since when. A click on the alert opens its explanation or its "
        "runbook, one on the market its dashboard.",
        "an empty list.",
        "begin with the oldest P1. What a broken feed or a worse alert mutes stands here, too, "
        "but told nobody.",
    ),
    (
        Column(0, "State", 92, Field("none", states=colours.ALERT_STATES), coloured=True),
        Column("alert", "Alert", 200, Field("string", links=(WHY, RUNBOOK))),
        Column(
            "exchange", "Exchange", 85, Field("string", links=(links.to_row(links.INSTRUMENT),))
        ),
        Column(
            "instrument",
            "Instrument",
            140,
            Field("string", links=(links.to_row(links.INSTRUMENT),)),
        ),
        Column("other", "Against", 80, Field("string", none="")),
        Column(1, "For", 80, Field("dthms", none="–")),
        Column(2, "Value", 90, _BIG),
        Column(3, "Threshold", 90, _BIG),
        Column("unit", "Unit", 70, Field("string", none="")),
        Column(4, "z", 60, Field("none", decimals=1, none="–")),
    ),
    rows(STATE),
    rows(_of_active(f"time() - {_each(either('market_alert_since_timestamp_seconds'))}")),
    rows(
        _of_active(f"{_each(either('market_alert_value'))} * on (alert) group_left (unit) {UNIT}")
    ),
    rows(_of_active(_each(either("market_alert_threshold")))),
    rows(_of_active(_each(either("market_alert_zscore")))),
    sort="State",
)
