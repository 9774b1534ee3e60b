"""Which alerts fire most often and for shortest: candidates for tuning."""

from grafana.boards.alerts_history import ENDINGS, ESCALATIONS, FIRINGS, SECONDS, SHORT, total
from grafana.frame import colours, links
from grafana.frame.looks import Field, Says
from grafana.frame.queries import first_of, rows
from grafana.frame.tables import Column, grid

_ALERT = "alert"
_PLACE = "exchange, instrument, other, alert"
_MOST = 20
_NONE = "no alert fired, as far as it was recorded"
_COUNT = Field("none", none="0")
_LENGTH = Field("s", decimals=1, none="–")
_SHARE = Field(
    "percentunit",
    none="–",
    steps=((None, colours.NO_COLOUR), (0.5, colours.WARNING)),
)
_TO_MARKET = (links.to_row(links.INSTRUMENT),)


def _mean(by: str) -> str:
    return f"{total(SECONDS, '7d', by)} / {total(ENDINGS, '7d', by)}"


def _short(by: str) -> str:
    firings = total(FIRINGS, "7d", by)
    return f"({first_of(total(SHORT, '7d', by), f'0 * {firings}')}) / {firings}"


def _most(expr: str) -> str:
    """Of those only that fired most often."""
    return f"({expr})\nand on ({_PLACE}) topk({_MOST}, {total(FIRINGS, '7d', _PLACE)})"


NOISE = grid(
    "Alerts by firings, 7 days",
    Says(
        "What each alert did in the last seven days in all markets together: how often it fired, "
        "for how long in all and on average, and which share was over within a minute.",
        "few firings, minutes long.",
        "many that are over within a minute tell people nothing: raise the threshold or the "
        "persistence in alerts.yaml, and try it on a recording.",
    ),
    (
        Column("alert", "Alert", 195),
        Column(0, "Fired", 70, _COUNT),
        Column(1, "Time", 70, _LENGTH),
        Column(2, "Mean", 68, _LENGTH),
        Column(3, "≤ 1 min", 66, _SHARE, coloured=True),
        Column(4, "Esc.", 48, _COUNT),
    ),
    rows(total(FIRINGS, "7d", _ALERT)),
    rows(total(SECONDS, "7d", _ALERT)),
    rows(_mean(_ALERT)),
    rows(_short(_ALERT)),
    rows(total(ESCALATIONS, "7d", _ALERT)),
    sort="Fired",
    none=_NONE,
)

NOISIEST = grid(
    f"The {_MOST} that fired most often, 7 days",
    Says(
        "The same for each alert of each market, with the last 24 hours beside it, and how often "
        "it escalated (a P2 that fired for so long that it paged).",
        "spread over markets.",
        "one market far above the others: it wants thresholds of its own, or somebody who talks "
        "to the exchange.",
    ),
    (
        Column("alert", "Alert", 195),
        Column("exchange", "Exchange", 80, Field("string", links=_TO_MARKET)),
        Column("instrument", "Instrument", 140, Field("string", links=_TO_MARKET)),
        Column("other", "Against", 80, Field("string", none="")),
        Column(0, "Fired", 80, _COUNT),
        Column(1, "In 24 h", 80, _COUNT),
        Column(2, "Time", 90, _LENGTH),
        Column(3, "Mean", 90, _LENGTH),
        Column(4, "≤ 1 min", 80, _SHARE, coloured=True),
        Column(5, "Escalated", 90, _COUNT),
    ),
    rows(f"topk({_MOST}, {total(FIRINGS, '7d', _PLACE)})"),
    rows(_most(total(FIRINGS, "1d", _PLACE))),
    rows(_most(total(SECONDS, "7d", _PLACE))),
    rows(_most(_mean(_PLACE))),
    rows(_most(_short(_PLACE))),
    rows(_most(total(ESCALATIONS, "7d", _PLACE))),
    sort="Fired",
    none=_NONE,
)
