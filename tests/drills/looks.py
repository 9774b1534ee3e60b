"""Looks at a sandbox that somebody made up."""

from exporter.drills.plan import Expected, Plan
from exporter.drills.sight import Alert, Message, Page, Sight, alert
from exporter.drills.table import DRILLS
from exporter.model import Target

TARGET = Target("binance", "BTC-USDT-PERP")
SPREAD = Expected(
    "spread_critical",
    TARGET,
    {"kind": "market", "family": "spread", "severity": "critical", "priority": "P1"},
    "bps",
)
PLAN = Plan(DRILLS["spread-blow-out"], "binance", "BTC-USDT-PERP", SPREAD, 2)
SILENT = Plan(DRILLS["sequence-gap"], "binance", "BTC-USDT-PERP", None, 2)
TITLE = "[DRILL] [P1] spread_critical: drill-binance BTC-USDT-PERP"
OVER = "[DRILL] [P1 resolved] spread_critical: drill-binance BTC-USDT-PERP"


def page(firing: int = 0, up: int = 1, gaps: int = 0) -> Page:
    """An exporter's page with the series of one market."""
    where = 'exchange="binance",instrument="BTC-USDT-PERP"'
    named = f'{where},other="",alert="spread_critical"'
    return Page(
        f'market_alert_firing{{{named},priority="P1",escalated=""}} {firing}\n'
        f"market_alert_value{{{named}}} 8.021\n"
        f"market_feed_up{{{where}}} {up}\n"
        f'market_feed_gaps_total{{{where},reason="sequence"}} {gaps}\n'
    )


def found(
    name: str = "spread_critical", *receivers: str, muted: bool = False, **more: str
) -> Alert:
    """An alert of the drill, unless `more` says otherwise; a label that is "" is left out."""
    labels = {"alertname": name, **SPREAD.labels, **SPREAD.drilled, **more}
    kept = {key: value for key, value in labels.items() if value}
    return alert(kept, receivers or ("drill",), muted=muted)


def sight(
    firing: int = 0,
    rules: tuple[Alert, ...] = (),
    alerts: tuple[Alert, ...] = (),
    *titles: str,
    receiver: str = "drill",
) -> Sight:
    """One look."""
    messages = tuple(Message(receiver, title, "") for title in titles)
    return Sight(page(firing), rules, alerts, messages)
