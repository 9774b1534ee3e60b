"""What is not the same in two configurations, place by place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType

from pydantic import BaseModel

from exporter.config.config import Config
from exporter.config.instruments import Instruments

_ABSENT = object()


def differences(before: Config, after: Config) -> list[str]:
    """`alerts.alerts.spread_warning.z: 2 -> 2.5`, one for each place, the file first.

    What is wholly new or gone is one place: `alerts.alerts.spread_warning: added`.
    """
    return list(_differences("", _effective(before), _effective(after)))


def _effective(config: Config) -> Config:
    """With the limits that hold for each instrument: a part left out stands for the default."""
    given = config.instruments
    limits = given.defaults.stale_after_seconds
    instruments = {
        name: replace(one, stale_after_seconds=one.stale_after(limits))
        for name, one in given.instruments.items()
    }
    return replace(config, instruments=Instruments(given.defaults, MappingProxyType(instruments)))


def _differences(place: str, before: object, after: object) -> Iterator[str]:
    old, new = _parts(before), _parts(after)
    if old is not None and new is not None:
        for name in dict.fromkeys((*old, *new)):
            inner = f"{place}.{name}" if place else name
            yield from _differences(inner, old.get(name, _ABSENT), new.get(name, _ABSENT))
    elif before is _ABSENT:
        yield f"{place}: added" if new is not None else f"{place}: added, {_text(after)}"
    elif after is _ABSENT:
        yield f"{place}: removed"
    elif before != after:
        yield f"{place}: {_text(before)} -> {_text(after)}"


def _parts(value: object) -> Mapping[str, object] | None:
    """What is below a value, by name; None where it is a value of its own."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value if isinstance(value, Mapping) else None


def _text(value: object) -> str:
    """A value much as it is written in the file."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)
