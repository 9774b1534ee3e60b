"""Entries of `alerts.yaml` against each other: ceilings, warning and critical, regimes.

Names are checked everywhere; values are compared only of what is enabled.
"""

from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction
from itertools import combinations, permutations

from exporter.conditions import Condition
from exporter.config.alerts import OTHER, AlertRule
from exporter.config.reading import Where
from exporter.config.regimes import Regime
from exporter.config.wording import found, listed, near_miss

Finding = tuple[Where, str]
"""A place, and what is wrong there."""


def ceilings(rules: Mapping[str, AlertRule], names: Collection[str]) -> Iterator[Finding]:
    """Ceilings that stand above nothing that they could stand above."""
    for name, rule in rules.items():
        if rule.ceiling_of is None:
            continue
        where = ("alerts", name, "ceiling_of")
        if rule.z is not None:
            yield ("alerts", name, "z"), "does not suit a ceiling, which has no baseline; remove it"
        if rule.ceiling_of not in names:
            yield where, _no_alert(rule.ceiling_of, names)
        elif rule.ceiling_of in rules:
            sentence = _wrong_ceiling(rule, rule.ceiling_of, rules[rule.ceiling_of])
            if sentence:
                yield where, sentence


def milder(rules: Mapping[str, AlertRule]) -> Iterator[Finding]:
    """Criticals milder than their warnings, and ceilings milder than what they stand above."""
    enabled = {name: rule for name, rule in rules.items() if rule.enabled}
    for (name, rule), (other, beneath) in permutations(enabled.items(), 2):
        if not _same_measure(rule, beneath):
            continue
        is_critical = _is_critical_of(rule, beneath)
        if is_critical or rule.ceiling_of == other:
            yield from _milder_thresholds(name, rule, other, beneath)
        if is_critical and _shared(rule, beneath):
            yield from _lower_z(name, rule, other, beneath)


def strangers(regimes: Mapping[str, Regime], names: Collection[str]) -> Iterator[Finding]:
    """Names in regimes that no alert has."""
    for name, regime in regimes.items():
        for index, alert in enumerate(regime.alerts):
            if alert not in names:
                yield ("regimes", name, "alerts", index), _no_alert(alert, names)


def meetings(regimes: Mapping[str, Regime]) -> Iterator[Finding]:
    """Regimes that may hold together and loosen the same alert by different multipliers."""
    enabled = [(name, regime) for name, regime in regimes.items() if regime.enabled]
    for (first, one), (second, two) in combinations(enabled, 2):
        shared = [alert for alert in two.alerts if alert in one.alerts]
        if shared and one.multiplier != two.multiplier and one.may_overlap(two):
            yield (
                ("regimes", second),
                f"may hold while {first} does, which loosens {listed(shared)} by "
                f"{one.multiplier} and not by {two.multiplier}; write the same multiplier, "
                "or keep them apart",
            )


def left_behind(rules: Mapping[str, AlertRule], regimes: Mapping[str, Regime]) -> Iterator[Finding]:
    """Regimes that loosen an alert beyond the one that stands above it, which they leave."""
    above = [
        (name, rule, other, beneath)
        for (name, rule), (other, beneath) in permutations(rules.items(), 2)
        if rule.enabled and beneath.enabled and _same_measure(rule, beneath)
        if rule.ceiling_of == other or _is_critical_of(rule, beneath)
    ]
    for regime_name, regime in regimes.items():
        for name, rule, other, beneath in above if regime.enabled else ():
            if other in regime.alerts and name not in regime.alerts:
                loosened = _overtaken(rule, beneath, Fraction(regime.multiplier))
                if loosened is not None:
                    yield (
                        ("regimes", regime_name, "alerts"),
                        f"loosens {other} beyond {name} for {loosened}; add {name}",
                    )


def _overtaken(rule: AlertRule, beneath: AlertRule, multiplier: Fraction) -> str | None:
    """The first instrument for which the lower rule, loosened, asks for more than `rule`."""
    for instrument, (mine, theirs) in _shared(rule, beneath).items():
        if rule.condition.milder(mine, rule.condition.loosened(theirs, multiplier)):
            return "other instruments" if instrument == OTHER else instrument
    return None


def _no_alert(name: str, names: Collection[str]) -> str:
    nearest = near_miss(name, names)
    remedy = f"did you mean `{nearest}`?" if nearest else "write the id of one, or remove it"
    return f"must be an alert of this file, found {found(name)}; {remedy}"


def _wrong_ceiling(rule: AlertRule, other: str, beneath: AlertRule) -> str | None:
    if beneath.ceiling_of is not None:
        return f"must be no ceiling itself, as {other} is; write the alert beneath both"
    if not _same_measure(rule, beneath):
        return (
            f"must be an alert on {rule.key} with the condition {rule.condition}, but {other} is "
            f"on {beneath.key} with {beneath.condition}; make them the same"
        )
    return None


def _same_measure(rule: AlertRule, other: AlertRule) -> bool:
    """Whether thresholds of the two can be compared."""
    return (rule.key, rule.condition) == (other.key, other.condition)


def _is_critical_of(rule: AlertRule, warning: AlertRule) -> bool:
    """Whether they are two severities of one thing; a ceiling names what it stands above."""
    return (
        (rule.severity, warning.severity) == ("critical", "warning")
        and rule.family == warning.family
        and rule.ceiling_of is None
        and warning.ceiling_of is None
    )


def _shared(rule: AlertRule, other: AlertRule) -> Mapping[str, tuple[Fraction, Fraction]]:
    """Both thresholds by every name that either has, where both rules apply."""
    names = dict.fromkeys((*rule.thresholds, *other.thresholds))
    pairs = ((name, rule.threshold(name), other.threshold(name)) for name in names)
    return {
        name: (Fraction(mine), Fraction(theirs))
        for name, mine, theirs in pairs
        if mine is not None and theirs is not None
    }


def _milder_thresholds(
    name: str, rule: AlertRule, other: str, beneath: AlertRule
) -> Iterator[Finding]:
    direction = "less" if rule.condition is Condition.BELOW else "more"
    for instrument, (mine, theirs) in _shared(rule, beneath).items():
        if not rule.condition.milder(mine, theirs):
            continue
        line = instrument if instrument in rule.thresholds else OTHER
        extra = "" if line == instrument else f", or add a line for {instrument}"
        whom = "other instruments" if instrument == OTHER else instrument
        limit = beneath.threshold(instrument)
        yield (
            ("alerts", name, "thresholds", line),
            f"must not be milder than {other}, which has {limit} for {whom}, "
            f"found {rule.threshold(instrument)}; write {limit} or {direction}{extra}",
        )


def _lower_z(name: str, rule: AlertRule, other: str, beneath: AlertRule) -> Iterator[Finding]:
    where = ("alerts", name, "z")
    if beneath.z is None:
        return
    if rule.z is None:
        yield where, f"is missing; add `z:`, {beneath.z} or more, which is what {other} asks for"
    elif rule.z < beneath.z:
        yield (
            where,
            f"must not be lower than that of {other}, which is {beneath.z}, found {rule.z}; "
            f"write {beneath.z} or more",
        )
