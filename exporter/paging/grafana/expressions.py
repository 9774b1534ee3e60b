"""What Grafana asks Prometheus: 1 while an alert fires and nothing mutes it, 0 otherwise. PromQL.

Grafana cannot inhibit, so that what Alertmanager is told in `inhibit_rules` stands in the queries.
Prometheus' own `ALERTS` says what fires, and `ALERTS_FOR_STATE` since when.

What has been told is not muted, or people would read that it is over: only what began to fire with
or after the other is. Grafana looks every ten seconds, and waits for longer than that before it
tells what is no P1. So that is muted, too, by what fires up to ten seconds after it. What mutes
counts for a little longer than it fires: by then what was kept because it was muted has ended.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from exporter.paging.grafana.alerts import MARKET, WIDE, Alert
from exporter.paging.grafana.matchers import Inhibition, Matcher, may_match, selector

LOOK = 10
"""Seconds between two looks of Grafana; it allows no fewer."""
AFTER = 15
"""Seconds for which what has ended goes on muting, and Grafana waits: longer than a look."""
_REMEMBERED = "5m"
"""For so long what has ended is 0, before it is absent."""
_ADDED: Mapping[str, Sequence[str]] = {MARKET: ("job",)}
"""Labels of an alert that nobody needs, besides those that its rule gives it."""
_P1 = Matcher("priority", "=", "P1")

_MAINTAINED = """\
ALERTS_FOR_STATE{alertname="market_alert"}
and on (exchange, instrument, drill) market:maintenance_active:held
unless ignoring (alertname, kind) market:alert_firing:before_maintenance
or
ALERTS_FOR_STATE{alertname="market_alert"}
and on (other, instrument, drill)
label_replace(market:maintenance_active:held, "other", "$1", "exchange", "(.+)")
unless ignoring (alertname, kind) market:alert_firing:before_maintenance"""
"""Market alerts that began in planned maintenance."""
_MAINTAINED_WIDE = """\
ALERTS_FOR_STATE{alertname="market_wide"}
and on (exchange, drill) min by (exchange, drill) (
  max without (instance, job) (last_over_time(market_maintenance_active[1m]))
) == 1
unless on (exchange, family, priority, drill) (
  count by (exchange, family, priority, drill) (
    max by (exchange, instrument, family, priority, drill) (market:alert_firing:before_maintenance)
  )
  >= on () group_left ()
  max(last_over_time(market_alert_wide_instruments{drill=""}[5m]))
)"""
"""The same of many markets, unless enough of them fired before it."""
_MAINTENANCE: Mapping[str, str] = {MARKET: _MAINTAINED, WIDE: _MAINTAINED_WIDE}


def firing(alert: Alert, inhibitions: Iterable[Inhibition], alerts: Iterable[Alert]) -> str:
    """1 or 0 for each that an alert may be about; `alerts` are all that there are.

    The labels that its rule gives it are not among those of the answer.
    """
    told = _firing(alert)
    if mutes := [*_mutes(alert, inhibitions, list(alerts))]:
        told += f"\nunless ignoring (alertstate) (\n{_indented(_either(mutes))}\n)"
    return f"{_without_added(alert, told)}\nor 0 * {_universe(alert)}"


def number(expression: str) -> str:
    """One for a text, the last of a minute: what is over is told with what was last seen of it.

    It is never nothing: a query without an answer would stop its rule.
    """
    seen = f"last_over_time((\n{_indented(expression)}\n)[1m:5s])"
    return f'{seen}\nor label_replace(vector(0), "none", "none", "", "")'


def of_market(alert: Alert, series: str) -> str:
    """What a series of the exporter says of each market alert that fires, with its labels."""
    return (
        f"0 * {_without_added(alert, _firing(alert))}\n"
        "+ on (alert, exchange, instrument, other, drill) group_left ()\n"
        f"max by (alert, exchange, instrument, other, drill) (last_over_time({series}[5m]))"
    )


def described(expression: str) -> str:
    """The same with what its rule looks at as labels: `meaning`, `unit`, `condition`."""
    return (
        f"(\n{_indented(expression)}\n)\n"
        "* on (alert, drill) group_left (meaning, unit, condition)\n"
        "topk by (alert, drill) (1, last_over_time(market_alert_rule_info[5m]))"
    )


def _mutes(
    alert: Alert, inhibitions: Iterable[Inhibition], alerts: Sequence[Alert]
) -> Iterator[str]:
    """What of an alert is muted, for each reason."""
    for one in inhibitions:
        sources = [source for source in alerts if may_match(one.source, source.known)]
        if sources and may_match(one.target, alert.known):
            pending = max(source.pending for source in sources)
            yield _muted(alert, one, pending)
    if alert.name in _MAINTENANCE:
        yield _MAINTENANCE[alert.name]


def _muted(alert: Alert, inhibition: Inhibition, pending: int) -> str:
    """What of an alert fired with or after what mutes it, which is pending for so many seconds."""
    same = ", ".join(inhibition.equal)
    began = selector("ALERTS_FOR_STATE", inhibition.source)
    fires = selector("ALERTS", (*inhibition.source, Matcher("alertstate", "=", "firing")))
    return (
        f"{_told_at(alert, inhibition.target, pending)}\n>= on ({same}) group_left ()\n"
        f"min by ({same}) (\n  last_over_time({began}[{AFTER}s])\n"
        f"  and ignoring (alertstate) last_over_time({fires}[{AFTER}s])\n)"
    )


def _told_at(alert: Alert, target: Iterable[Matcher], pending: int) -> str:
    """When it is told at the soonest, less the seconds for which the other is pending."""
    unknown = [one for one in target if one.label not in alert.known]
    its, at_once = [Matcher("alertname", "=", alert.name), *unknown], alert.pending - pending
    if known := alert.labels.get("priority", _pinned(unknown)):
        return _since(its, at_once if known == _P1.value else at_once + LOOK)
    later = _since([*its, _P1._replace(how="!=")], at_once + LOOK)
    return f"({later} or {_since([*its, _P1], at_once)})"


def _pinned(matchers: Iterable[Matcher]) -> str:
    """The one priority that they leave; "" where there are several."""
    return next((one.value for one in matchers if (one.label, one.how) == _P1[:2]), "")


def _since(matchers: Iterable[Matcher], later: int) -> str:
    """Since when something has been pending or firing, and so many seconds."""
    sign = "-" if later < 0 else "+"
    return selector("ALERTS_FOR_STATE", matchers) + (f" {sign} {abs(later)}" if later else "")


def _firing(alert: Alert) -> str:
    state = Matcher("alertstate", "=", "firing")
    return selector("ALERTS", (Matcher("alertname", "=", alert.name), state))


def _universe(alert: Alert) -> str:
    """All that it may be about: for market alerts what is configured, for others what has fired."""
    if alert.name == MARKET:
        return f"max without (instance, job) (last_over_time(market_alert_firing[{_REMEMBERED}]))"
    fired = _without_added(alert, f"last_over_time({_firing(alert)}[{_REMEMBERED}])")
    return f"{fired}\nor vector(0)"


def _without_added(alert: Alert, expression: str) -> str:
    """What fires, without the labels that Prometheus and its rule have put on it."""
    labels = ", ".join(("alertname", "alertstate", *alert.labels, *_ADDED.get(alert.name, ())))
    return f"max without ({labels}) (\n{_indented(expression)}\n)"


def _either(parts: Iterable[str]) -> str:
    return "\nor\n".join(parts)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
