"""What a drill waits for, stage by stage, and what must not be seen meanwhile. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from exporter.drills.plan import Expected, Plan
from exporter.drills.sight import Alert, Page, Sight
from exporter.model import Target

EXPORTER, RULE, ALERTMANAGER, RECEIVER = "exporter", "rule", "Alertmanager", "receiver"
STAGES = (EXPORTER, RULE, ALERTMANAGER, RECEIVER)
MARK = "[DRILL] "
"""With which each title begins."""

_SAYS_NOTHING = "watchdog"
"""The kind of alert that always fires."""
_MANY_GAPS = 5
"""The rule asks for more, but takes five within the first minute of a series for six."""
_AMOUNT = {True: ",.0f", False: ".2f"}
"""How a value is written, whether it is large or not."""


S = TypeVar("S")


class Goal(NamedTuple, Generic[S]):
    """What a stage must show; `seen` says what of a look was seen, "" as long as it is not."""

    stage: str
    seen: Callable[[S], str]


Goals = tuple[Goal[Sight], ...]


def fires(expected: Expected) -> Goals:
    """The stages on the way to whoever is told."""
    return (
        Goal(EXPORTER, lambda sight: _state(expected, sight.page, fired=True)),
        Goal(RULE, lambda sight: _fires(expected, sight.rules)),
        Goal(ALERTMANAGER, lambda sight: _active(expected, sight.alerts)),
        Goal(RECEIVER, lambda sight: _told(expected, sight, "")),
    )


def clears(expected: Expected) -> Goals:
    """The same after the end of the incident."""
    return (
        Goal(EXPORTER, lambda sight: _state(expected, sight.page, fired=False)),
        Goal(RULE, lambda sight: _gone(expected, sight.rules)),
        Goal(ALERTMANAGER, lambda sight: _gone(expected, sight.alerts)),
        Goal(RECEIVER, lambda sight: _told(expected, sight, " resolved")),
    )


def notices(plan: Plan, calm: Page) -> Goals:
    """That the exporter sees what nobody is told of, against its page before."""
    if plan.drill.noticed is None:
        return lives()
    name, label, value = plan.drill.noticed
    wanted = {"exchange": plan.exchange, label: value}
    if plan.instrument:
        wanted["instrument"] = plan.instrument
    before = sum(calm.values(name, **wanted))

    def seen(sight: Sight) -> str:
        more = sum(sight.page.values(name, **wanted)) - before
        return f'{name}{{{label}="{value}"}} rose by {more:g}' if more > 0 else ""

    return (Goal(EXPORTER, seen),)


def lives() -> Goals:
    """That all books are live."""
    return (Goal(EXPORTER, lambda sight: "all books are live" if is_live(sight.page) else ""),)


def is_live(page: Page) -> bool:
    """Whether all books are."""
    ups = page.values("market_feed_up")
    return bool(ups) and all(ups)


def faults(plan: Plan, sight: Sight) -> Iterator[str]:
    """What must not be: an alert that wakes somebody in vain, what is not marked as a drill, what
    goes to others. Of a drill that is silent nobody is told anything, not in the chat either."""
    for alert in sight.rules:
        if alert.labels.get("kind") == _SAYS_NOTHING:
            continue
        if not alert.is_drill:
            yield f"{RULE}: {alert} fires without the label drill"
        elif not _may_fire(plan, alert):
            yield f"{RULE}: {alert} fires, which this incident is no reason for"
    for alert in sight.alerts:
        others = [name for name in alert.receivers if name != "drill"]
        if alert.is_drill and others:
            yield f"{ALERTMANAGER}: {alert} goes to {', '.join(others)}"
    for message in sight.messages:
        if message.receiver != "drill" or not message.title.startswith(MARK):
            yield f"{RECEIVER}: {message.receiver} was told {message.title!r}"


def _may_fire(plan: Plan, alert: Alert) -> bool:
    if alert.name in (plan.drill.alert, *plan.drill.also):
        return True
    return alert.priority not in (("P1", "P2") if plan.drill.silent else ("P1",))


def _state(expected: Expected, page: Page, *, fired: bool) -> str:
    """What the exporter itself says, in a sentence; "" where it says the contrary."""
    if expected.alert in _OF_RULES:
        return _OF_RULES[expected.alert](page, expected.target, fired)
    names = {"alert": expected.alert, **expected.target._asdict()}
    if page.values("market_alert_firing", priority=expected.priority, **names) != [fired]:
        return ""
    values = page.values("market_alert_value", **names)
    at = f" at {values[0]:{_AMOUNT[abs(values[0]) >= 100]}} {expected.unit}" if values else ""
    return f"{expected.alert} {'fires' if fired else 'is over'}{at}"


def _exchange_down(page: Page, target: Target, fired: bool) -> str:
    ups = page.values("market_feed_up", exchange=target.exchange)
    if fired:
        return f"no book of {target.exchange} is live" if ups and not any(ups) else ""
    return f"books of {target.exchange} are live" if any(ups) else ""


def _gap_rate_high(page: Page, target: Target, fired: bool) -> str:
    market = {"exchange": target.exchange, "instrument": target.instrument}
    gaps = sum(page.values("market_feed_gaps_total", **market))
    if fired:
        return f"the book broke {gaps:g} times" if gaps >= _MANY_GAPS else ""
    return "the book is live" if page.values("market_feed_up", **market) == [1] else ""


_OF_RULES: Mapping[str, Callable[[Page, Target, bool], str]] = {
    "exchange_down": _exchange_down,
    "gap_rate_high": _gap_rate_high,
}
"""What the exporter shows of alerts that it does not decide itself."""


def _fires(expected: Expected, alerts: Sequence[Alert]) -> str:
    found = next(filter(expected.is_this, alerts), None)
    return f"{found} fires" if found else ""


def _gone(expected: Expected, alerts: Sequence[Alert]) -> str:
    return "" if any(map(expected.is_this, alerts)) else f"{expected.alert} is gone"


def _active(expected: Expected, alerts: Sequence[Alert]) -> str:
    found = next(filter(expected.is_this, alerts), None)
    if found is None or found.muted:
        return ""
    return f"active, for {' and '.join(found.receivers)}"


def _told(expected: Expected, sight: Sight, status: str) -> str:
    """The title of the message of this status."""
    head = f"{MARK}[{expected.priority}{status}] {expected.alert}: "
    about = [value for name, value in expected.drilled.items() if name != "drill"]
    titles = (message.title for message in sight.messages)
    told = (one for one in titles if one.startswith(head) and all(word in one for word in about))
    return next(told, "")
