"""What no single value of `alerts.yaml` can break: values that belong together, names, files.

Every entry that fits its model is looked at, whatever is wrong with the others. Nothing is
concluded from another file that is wrong, nor are rules compared that are wrong alone.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import TypeVar

from pydantic import ValidationError

from exporter.conditions import Condition
from exporter.config import features, instruments
from exporter.config.alert_pairs import (
    Finding,
    ceilings,
    left_behind,
    meetings,
    milder,
    strangers,
)
from exporter.config.alerts import FILE, OTHER, SIDES, AlertRule, BaselineSizes
from exporter.config.features import Features
from exporter.config.instruments import InstrumentsFile
from exporter.config.reading import Tree
from exporter.config.regimes import Regime
from exporter.config.values import Section
from exporter.config.wording import listed, near_miss, place
from exporter.errors import Problem
from exporter.signals import SIGNALS

S = TypeVar("S", bound=Section)

_LEAST = {"bps": -10_000, "percent": -100, "quote": 0, "seconds": 0, "trades": 0}
"""What a signal of this unit is never below."""
_BANDS = f"depth.bands_bps in {features.FILE}"


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
    rules = _fitting(AlertRule, entries)
    regimes = _fitting(Regime, tree.get("regimes"))
    baseline = _fitting(BaselineSizes, {"baseline": tree.get("baseline", {})}).get("baseline")
    alone = {name: list(_alone(rule, baseline, watched, chosen)) for name, rule in rules.items()}
    for name, findings in alone.items():
        yield from ((("alerts", name, *where), sentence) for where, sentence in findings)
    yield from ceilings(rules, entries)
    sound = {name: rule for name, rule in rules.items() if not alone[name]}
    yield from milder(sound)
    yield from strangers(regimes, entries)
    yield from meetings(regimes)
    yield from left_behind(sound, regimes)


def _fitting(model: type[S], entries: object) -> Mapping[str, S]:
    """The entries that fit `model`; the others are refused by it."""
    fitting: dict[str, S] = {}
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        with suppress(ValidationError):
            fitting[name] = model.model_validate(entry)
    return fitting


def _alone(
    rule: AlertRule,
    baseline: BaselineSizes | None,
    watched: InstrumentsFile | None,
    chosen: Features | None,
) -> Iterator[Finding]:
    """What is wrong with one rule, at places within it."""
    yield from _unsuited(rule)
    yield from _thresholds(rule)
    if (rule.severity, rule.priority) == ("info", "P1"):
        yield ("priority",), "must be P2 or P3 for info, found P1; information wakes nobody"
    if baseline is not None and rule.z is not None:
        yield from _persistence(rule, baseline.freeze_limit_seconds)
    if watched is not None:
        yield from _unknown_instruments(rule, watched.instruments)
    if chosen is not None:
        yield from _not_computed(rule, chosen)


def _unsuited(rule: AlertRule) -> Iterator[Finding]:
    """Keys that the signal does not have, or needs."""
    signal = SIGNALS[rule.signal]
    if rule.z is not None and not signal.baseline:
        able = listed(name for name, known in SIGNALS.items() if known.baseline)
        yield ("z",), f"does not suit {rule.signal}, as only {able} have a baseline; remove it"
    choices = {"side": listed(SIDES, "or"), "band_bps": f"one of {_BANDS}"}
    for key, choice in choices.items():
        is_written = getattr(rule, key) is not None
        if signal.banded and not is_written:
            yield (key,), f"is missing; add `{key}:`, {choice}, as {rule.signal} needs it"
        elif is_written and not signal.banded:
            yield (key,), f"does not suit {rule.signal}, which has no band; remove it"


def _thresholds(rule: AlertRule) -> Iterator[Finding]:
    for name, threshold in rule.thresholds.items():
        least = _least(rule, threshold)
        if least:
            yield ("thresholds", name), f"must be {least}, found {threshold}"


def _least(rule: AlertRule, threshold: Decimal) -> str | None:
    """What a threshold must be to make sense under its condition; None where it does."""
    least = _LEAST.get(SIGNALS[rule.signal].unit)
    match rule.condition:
        case Condition.ABSOLUTE if threshold <= 0:
            return "more than 0 for the condition absolute"
        case Condition.ABOVE if threshold < 0:
            return "at least 0 for the condition >"
        case Condition.BELOW if least is not None and threshold <= least:
            return f"more than {least} for the condition <, as {rule.signal} is never below that"
        case Condition.BELOW if threshold == 0:
            return "above or below 0 for the condition <"
    return None


def _persistence(rule: AlertRule, limit: int) -> Iterator[Finding]:
    if rule.persistence_seconds >= limit:
        yield (
            ("persistence_seconds",),
            f"must be less than {limit} beside a z, as what lasts as long as "
            "baseline.freeze_limit_seconds is the new normal, "
            f"found {rule.persistence_seconds}; lower it, or raise that",
        )


def _unknown_instruments(rule: AlertRule, watched: Collection[str]) -> Iterator[Finding]:
    known = {name.lower(): name for name in (*watched, OTHER)}
    for name in rule.by_instrument:
        if name not in watched:
            nearest = near_miss(name, known, cutoff=0.9)
            remedy = (
                f"did you mean `{known[nearest]}`?" if nearest else "add it there, or remove it"
            )
            yield ("thresholds", name), f"is not in {instruments.FILE}; {remedy}"


def _not_computed(rule: AlertRule, chosen: Features) -> Iterator[Finding]:
    signal, bands = SIGNALS[rule.signal], chosen.depth.bands_bps
    if rule.enabled and not chosen.switched_on(signal.switch):
        yield (
            ("signal",),
            f"{rule.signal} needs metrics.{signal.switch}, which is false in {features.FILE}; "
            "make it true there, or write `enabled: false` here",
        )
    if signal.banded and rule.band_bps is not None and rule.band_bps not in bands:
        yield (
            ("band_bps",),
            f"must be one of {_BANDS}, found {rule.band_bps}; "
            f"write {listed(map(str, bands), 'or')}, or add it there",
        )
