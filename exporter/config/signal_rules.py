"""What an entry about a signal can get wrong, an alert or an objective, at places within it."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Protocol, TypeVar

from pydantic import ValidationError

from exporter.conditions import Condition
from exporter.config import features, instruments
from exporter.config.alert_pairs import Finding
from exporter.config.alerts import OTHER, SIDES
from exporter.config.features import Features
from exporter.config.values import Section
from exporter.config.wording import listed, near_miss
from exporter.signals import SIGNALS

S = TypeVar("S", bound=Section)

_LEAST = {"bps": -10_000, "percent": -100, "quote": 0, "seconds": 0, "trades": 0}
"""What a signal of this unit is never below."""
_BANDS = f"depth.bands_bps in {features.FILE}"


class Entry(Protocol):
    """An entry that names a signal."""

    @property
    def enabled(self) -> bool: ...
    @property
    def signal(self) -> str: ...
    @property
    def side(self) -> str | None: ...
    @property
    def band_bps(self) -> Decimal | None: ...


def fitting(model: type[S], entries: object) -> Mapping[str, S]:
    """The entries that fit `model`; the others are refused by it."""
    found: dict[str, S] = {}
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        with suppress(ValidationError):
            found[name] = model.model_validate(entry)
    return found


def unsuited_band(entry: Entry) -> Iterator[Finding]:
    """A side or a band that the signal does not have, or needs."""
    banded = SIGNALS[entry.signal].banded
    choices = {"side": listed(SIDES, "or"), "band_bps": f"one of {_BANDS}"}
    for key, choice in choices.items():
        is_written = getattr(entry, key) is not None
        if banded and not is_written:
            yield (key,), f"is missing; add `{key}:`, {choice}, as {entry.signal} needs it"
        elif is_written and not banded:
            yield (key,), f"does not suit {entry.signal}, which has no band; remove it"


def senseless(
    signal: str, condition: Condition, words: str, key: str, numbers: Mapping[str, Decimal]
) -> Iterator[Finding]:
    """Those of the numbers under `key` that the signal lies beyond always, or never.

    `words` is what the file calls the condition.
    """
    for name, number in numbers.items():
        if must_be := _must_be(signal, condition, words, number):
            yield (key, name), f"must be {must_be}, found {number}"


def _must_be(signal: str, condition: Condition, words: str, number: Decimal) -> str | None:
    least = _LEAST.get(SIGNALS[signal].unit)
    match condition:
        case Condition.ABSOLUTE if number <= 0:
            return f"more than 0 for {words}"
        case Condition.ABOVE if number < 0:
            return f"at least 0 for {words}"
        case Condition.BELOW if least is not None and number <= least:
            return f"more than {least} for {words}, as {signal} is never below that"
        case Condition.BELOW if number == 0:
            return f"above or below 0 for {words}"
    return None


def unknown_instruments(
    key: str, named: Collection[str], watched: Collection[str]
) -> Iterator[Finding]:
    """Names under `key` that no instrument has."""
    known = {name.lower(): name for name in (*watched, OTHER)}
    for name in named:
        if name not in watched and name != OTHER:
            nearest = near_miss(name, known, cutoff=0.9)
            remedy = (
                f"did you mean `{known[nearest]}`?" if nearest else "add it there, or remove it"
            )
            yield (key, name), f"is not in {instruments.FILE}; {remedy}"


def not_computed(entry: Entry, chosen: Features) -> Iterator[Finding]:
    """A signal whose metric is off, or a band that is not summed."""
    signal, bands = SIGNALS[entry.signal], chosen.depth.bands_bps
    if entry.enabled and not chosen.switched_on(signal.switch):
        yield (
            ("signal",),
            f"{entry.signal} needs metrics.{signal.switch}, which is false in {features.FILE}; "
            "make it true there, or write `enabled: false` here",
        )
    if signal.banded and entry.band_bps is not None and entry.band_bps not in bands:
        yield (
            ("band_bps",),
            f"must be one of {_BANDS}, found {entry.band_bps}; "
            f"write {listed(map(str, bands), 'or')}, or add it there",
        )
