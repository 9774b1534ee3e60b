"""What no single value of `alerts.yaml` can break: values that belong together, names, files.

Every entry that fits its model is looked at, whatever is wrong with the others. Nothing is
concluded from another file that is wrong, nor are rules compared that are wrong alone.
"""

from collections.abc import Iterator

from exporter.config.alert_pairs import (
    Finding,
    ceilings,
    left_behind,
    meetings,
    milder,
    strangers,
)
from exporter.config.alerts import FILE, AlertRule, BaselineSizes
from exporter.config.features import Features
from exporter.config.instruments import InstrumentsFile
from exporter.config.reading import Tree
from exporter.config.regimes import Regime
from exporter.config.signal_rules import (
    fitting,
    not_computed,
    senseless,
    unknown_instruments,
    unsuited_band,
)
from exporter.config.wording import listed, place
from exporter.errors import Problem
from exporter.signals import SIGNALS


def problems(
    tree: Tree | None, watched: InstrumentsFile | None, chosen: Features | None
) -> Iterator[Problem]:
    """What is wrong with the tree of `alerts.yaml`, beside what its models say.

    `watched` and `chosen` are the other two files, None where nothing can be concluded from them.
    """
    for where, sentence in _findings(tree or {}, watched, chosen):
        yield Problem(FILE, place(where), sentence)


def _findings(
    tree: Tree, watched: InstrumentsFile | None, chosen: Features | None
) -> Iterator[Finding]:
    entries = tree.get("alerts", {})
    if not isinstance(entries, dict):
        return
    rules = fitting(AlertRule, entries)
    regimes = fitting(Regime, tree.get("regimes"))
    baseline = fitting(BaselineSizes, {"baseline": tree.get("baseline", {})}).get("baseline")
    alone = {name: list(_alone(rule, baseline, watched, chosen)) for name, rule in rules.items()}
    for name, findings in alone.items():
        yield from ((("alerts", name, *where), sentence) for where, sentence in findings)
    yield from ceilings(rules, entries)
    sound = {name: rule for name, rule in rules.items() if not alone[name]}
    yield from milder(sound)
    yield from strangers(regimes, entries)
    yield from meetings(regimes)
    yield from left_behind(sound, regimes)


def _alone(
    rule: AlertRule,
    baseline: BaselineSizes | None,
    watched: InstrumentsFile | None,
    chosen: Features | None,
) -> Iterator[Finding]:
    """What is wrong with one rule, at places within it."""
    words = f"the condition {rule.condition}"
    yield from _unsuited_z(rule)
    yield from unsuited_band(rule)
    yield from senseless(rule.signal, rule.condition, words, "thresholds", rule.thresholds)
    if (rule.severity, rule.priority) == ("info", "P1"):
        yield ("priority",), "must be P2 or P3 for info, found P1; information wakes nobody"
    if baseline is not None and rule.z is not None:
        yield from _persistence(rule, baseline.freeze_limit_seconds)
    if watched is not None:
        yield from unknown_instruments("thresholds", rule.thresholds, watched.instruments)
    if chosen is not None:
        yield from not_computed(rule, chosen)


def _unsuited_z(rule: AlertRule) -> Iterator[Finding]:
    """A z where the signal has no baseline."""
    if rule.z is not None and not SIGNALS[rule.signal].baseline:
        able = listed(name for name, known in SIGNALS.items() if known.baseline)
        yield ("z",), f"does not suit {rule.signal}, as only {able} have a baseline; remove it"


def _persistence(rule: AlertRule, limit: int) -> Iterator[Finding]:
    if rule.persistence_seconds >= limit:
        yield (
            ("persistence_seconds",),
            f"must be less than {limit} beside a z, as what lasts as long as "
            "baseline.freeze_limit_seconds is the new normal, "
            f"found {rule.persistence_seconds}; lower it, or raise that",
        )
