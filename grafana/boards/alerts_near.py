"""How close alerts are to firing, and which of them cannot fire at all."""

from dataclasses import replace

from grafana.boards.active import RUNBOOK, WHY
from grafana.boards.alerts_states import ALERT
from grafana.frame import colours, links
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph
from grafana.frame.queries import Query, closeness, first_of, of, one, rows
from grafana.frame.tables import Column, grid

_TO_MARKET = (links.to_row(links.INSTRUMENT),)
_TO_ALERT = (WHY, RUNBOOK)
_EXCHANGE = Column("exchange", "Exchange", 80, Field("string", links=_TO_MARKET))
_INSTRUMENT = Column("instrument", "Instrument", 135, Field("string", links=_TO_MARKET))
_MOST = 20


def _z_share() -> str:
    """How much of the way to its limit each z-score has gone, on the side that its alert asks."""
    z, limit = one(of("market_alert_zscore")), one(of("market_alert_zscore_threshold"))

    def under(condition: str, expr: str) -> str:
        return f'({expr}) and on (alert) market_alert_rule_info{{condition="{condition}"}}'

    return first_of(
        under(">", f"clamp_min({z} / {limit}, 0)"),
        under("absolute", f"abs({z}) / {limit}"),
        under("<", f"clamp_min(-{z} / {limit}, 0)"),
    )


_NEAREST = f"topk({_MOST}, {closeness()})"


def _of_nearest(expr: str) -> str:
    return f"({expr})\nand on ({ALERT}) {_NEAREST}"


_REASONS = (
    f"max by ({ALERT}, reason) ({of('market_alert_evaluation_unknown')} == 1)"
    f" unless on ({ALERT}) max by ({ALERT}) ({of('market_alert_evaluation_known')}) == 1"
)
_SHARE = Field(
    "percentunit",
    none="–",
    steps=((None, colours.GOOD), (0.7, colours.NEAR), (1, colours.WARNING)),
    minimum=0,
    maximum=1,
)

NEAREST = grid(
    f"How close to firing: the nearest {_MOST}",
    Says(
        "How much of the way to its threshold the value of each alert has gone, and how much of "
        "the way to its limit the z-score, for those that ask for one: they need both. At 100 % "
        "only persistence is missing, or what stands under 'Not known': until that is known again "
        "the alert neither fires nor clears. There is no way to a threshold of zero.",
        "below 70 %.",
        "look at the market of the first row before it fires. What stands near its threshold for "
        "days on end needs another threshold.",
    ),
    (
        Column("alert", "Alert", 195, Field("string", links=_TO_ALERT)),
        _EXCHANGE,
        _INSTRUMENT,
        Column("other", "Against", 80, Field("string", none="")),
        Column(0, "To the threshold", 320, _SHARE, gauge=True),
        Column(1, "z to its limit", 110, replace(_SHARE, none=""), coloured=True),
        Column("reason", "Not known", 135, Field("string", none="")),
    ),
    rows(_NEAREST),
    rows(_of_nearest(_z_share())),
    rows(_of_nearest(f"topk by ({ALERT}) (1, {_REASONS})")),
    sort="To the threshold",
    none="no alert can be evaluated",
)

BLIND = grid(
    "Cannot be evaluated",
    Says(
        "How many alerts of each market no exporter can evaluate, by reason; the 20 with most.",
        "an empty list; young baselines (zscore_warmup) for half a minute after a start.",
        "stale, gap, crossed, one_sided: the feed or its exchange. leg_missing: the other market "
        "of a comparison. not_trading: the exchange has halted it.",
    ),
    (
        _EXCHANGE,
        _INSTRUMENT,
        Column("reason", "Reason", 130, Field("string")),
        Column(0, "Alerts", 86, Field("none")),
    ),
    rows(f"topk(20, count by (exchange, instrument, reason) ({_REASONS}))"),
    sort="Alerts",
    none="none reported",
)

IN_FORCE = graph(
    "Alerting in force",
    Says(
        "The share of each exchange's alerts that could be evaluated. The rest could neither fire "
        "nor clear; a gap is a time in which no exporter was seen.",
        "100 %, with a dip after a start.",
        "a dip to nothing is a lost feed or exchange; a lasting low is a leg that is missing.",
    ),
    Field("percentunit", none="no exporter was seen in this range", minimum=0, maximum=1),
    Query(f"avg by (exchange) ({of('market:market_alert_evaluation_known:avg')})", "{{exchange}}"),
    calcs=("lastNotNull", "min"),
    each=True,
)
