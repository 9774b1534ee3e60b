"""Variables in the texts of a dashboard, replaced as Grafana does for Prometheus."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ALL = "$__all"
"""Chooses all values of a variable."""
EVERYTHING = ".*"
_REFERENCE = re.compile(
    r"\$(?P<bare>[A-Za-z_]\w*)"
    r"|\$\{(?P<braced>[A-Za-z_]\w*)(?::(?P<format>\w+))?\}"
    r"|\[\[(?P<square>[A-Za-z_]\w*)(?::(?P<square_format>\w+))?\]\]"
)
_OF_PATTERNS = re.compile(r"[\\$^*{}\[\]+?.()|]")
_OF_STRINGS = re.compile(r'[\\"]')
_UNCHOSEN = frozenset({"constant", "custom", "datasource", "interval", "textbox"})
"""Kinds of variables that have a value without asking for one."""


class UnknownError(ValueError):
    """A text names a variable, or a way to write one, that there is not; the text says where."""


@dataclass(frozen=True)
class Value:
    """What stands for a variable: `text` as it was chosen, as a `pattern`, and within a string of
    PromQL `quoted`."""

    text: str
    pattern: str
    quoted: str

    def written(self, form: str) -> str:
        """In one of the ways of `${name:form}`. Raises KeyError for an unknown one."""
        raw = dict.fromkeys(("raw", "text", "pipe", "csv"), self.text)
        return {"": self.quoted, "regex": self.pattern, **raw}[form]


def values_of(
    board: Mapping[str, Any], chosen: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, Value]:
    """What stands for each variable of a dashboard that has a value.

    `chosen` are those by name, `ALL` or the variable's own `allValue` for all; `own` are Grafana's.
    """
    found = {name: Value(text, text, text) for name, text in (*chosen.items(), *own.items())}
    for variable in variables(board):
        name = variable["name"]
        if name in chosen:
            found[name] = _value(variable, chosen[name])
        elif variable["type"] in _UNCHOSEN:
            current = variable.get("current") or {}
            found[name] = _value(variable, str(current.get("value", variable.get("query", ""))))
    return found


def variables(board: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The variables of a dashboard, in their order."""
    yield from board.get("templating", {}).get("list") or ()


def of_many(variable: Mapping[str, Any]) -> bool:
    """Whether all or several values can be chosen at once."""
    return bool(variable.get("multi") or variable.get("includeAll"))


def substitute(text: str, values: Mapping[str, Value], place: str) -> str:
    """The text with each variable replaced; `$1` of a pattern is none.

    Raises UnknownError where there is no such variable, with the `place`.
    """
    return _REFERENCE.sub(_replacing(values, place), text)


def _replacing(values: Mapping[str, Value], place: str) -> Callable[[re.Match[str]], str]:
    def replaced(match: re.Match[str]) -> str:
        name = match["bare"] or match["braced"] or match["square"]
        form = match["format"] or match["square_format"] or ""
        if name not in values:
            raise UnknownError(f"{place}: there is no variable {name}")
        try:
            return values[name].written(form)
        except KeyError:
            raise UnknownError(f"{place}: {match[0]} is written in a way not known here") from None

    return replaced


def _value(variable: Mapping[str, Any], text: str) -> Value:
    everything = variable.get("allValue") or EVERYTHING
    if text in (ALL, everything):
        return Value(everything, everything, everything)
    pattern = _escaped(_OF_PATTERNS, text)
    return Value(text, pattern, _escaped(_OF_STRINGS, pattern if of_many(variable) else text))


def _escaped(special: re.Pattern[str], text: str) -> str:
    return special.sub(lambda match: "\\" + match[0], text)
