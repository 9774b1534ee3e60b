"""How the alerts of a market stand, in one cell: the worst of it, and where to read on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from exporter.alerts.alerts import Alerts
from exporter.alerts.explanation import Standing, Subject, explain, select, standing, unknown
from exporter.alerts.sentences import why_unknown
from exporter.model import Target
from exporter.web.links import link
from exporter.web.style import mark

_NAMED = 3
"""So many alerts are named; of the others it is said how many."""


def by_target(alerts: Alerts) -> dict[Target, list[Subject]]:
    """All alerts by what they are about."""
    groups: dict[Target, list[Subject]] = {}
    for subject in select(alerts):
        groups.setdefault(subject.alert.target, []).append(subject)
    return groups


def counts(subjects: Iterable[Subject]) -> Counter[Standing]:
    """How many alerts stand how."""
    return Counter(standing(subject.alert) for subject in subjects)


def cell(subjects: Sequence[Subject]) -> str:
    """The cell. It is calm only where every alert is known not to hold."""
    if not subjects:
        return '<td class="text unknown">no alert applies</td>'
    worst = min((standing(subject.alert) for subject in subjects), key=lambda one: one.rank)
    concerned = [subject for subject in subjects if standing(subject.alert) is worst]
    match worst:
        case Standing.FIRING:
            text = _named(sorted(concerned, key=_urgency)) + _beside(subjects)
        case Standing.PENDING:
            text = _named(sorted(concerned, key=_left))
        case Standing.UNKNOWN:
            text = _unknown(concerned, len(subjects))
        case Standing.INACTIVE:
            text = link("calm", subjects[0].alert.target)
    return f'<td class="text alerts {mark(worst)}">{text}</td>'


def _beside(subjects: Iterable[Subject]) -> str:
    """What is about to fire as well."""
    waiting = [one for one in subjects if standing(one.alert) is Standing.PENDING]
    if not waiting:
        return ""
    return f'<div class="{mark(Standing.PENDING)}">{_named(sorted(waiting, key=_left))}</div>'


def _named(concerned: Sequence[Subject]) -> str:
    names = [_name(subject) for subject in concerned[:_NAMED]]
    if len(concerned) > _NAMED:
        others = f"{len(concerned) - _NAMED} more"
        names.append(link(others, concerned[0].alert.target))
    return ", ".join(f"<span>{name}</span>" for name in names)


def _name(subject: Subject) -> str:
    alert = subject.alert
    rule = alert.rule
    linked = link(rule.id, alert.target, rule.id)
    unsure = ", data are missing" if unknown(alert) else ""
    if not alert.firing:
        return f"{linked} {alert.life.held} of {rule.persistence} s{unsure}"
    priority = f"{rule.priority}, escalated" if alert.life.escalated else rule.priority
    return f"{linked} {priority}{unsure}"


def _unknown(concerned: Sequence[Subject], total: int) -> str:
    """The most frequent reason; how many alerts, where it is not all of them."""
    often = Counter(unknown(subject.alert) for subject in concerned).most_common(1)[0][0]
    first = next(subject for subject in concerned if unknown(subject.alert) == often)
    reason = why_unknown(explain(first, {}, 0))
    count = "" if len(concerned) == total else f" in {len(concerned)} of {total}"
    return f"{link(f'unknown{count}', first.alert.target)}: {escape(reason)}"


def _urgency(subject: Subject) -> tuple[bool, str, str]:
    """What pages comes first, critical before warning."""
    rule = subject.alert.rule
    return not subject.alert.life.escalated, rule.priority, rule.severity


def _left(subject: Subject) -> int:
    return subject.alert.rule.persistence - subject.alert.life.held
