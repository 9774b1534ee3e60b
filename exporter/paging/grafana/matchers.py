"""Matchers as Alertmanager writes them: `priority="P1"`, `kind=~"market|health"`."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from exporter.errors import ConfigError, Problem

_MATCHER = re.compile(r"\s*(?P<label>[A-Za-z_]\w*)\s*(?P<how>=~|!~|!=|=)\s*(?P<value>.*?)\s*")


class Matcher(NamedTuple):
    """A label, `=`, `!=`, `=~` or `!~`, and what it is compared with."""

    label: str
    how: str
    value: str

    @classmethod
    def read(cls, text: str) -> "Matcher":
        """From one line. Raises ConfigError where it is none."""
        found = _MATCHER.fullmatch(text)
        if found is None:
            raise ConfigError((Problem("template", "", f"{text!r} is no matcher"),))
        value = found["value"]
        quoted = len(value) > 1 and value[0] == value[-1] == '"'
        return cls(found["label"], found["how"], json.loads(value) if quoted else value)

    def accepts(self, value: str) -> bool:
        """Whether a label with this value fits; "" is a label that is not there."""
        same = re.fullmatch(self.value, value) if "~" in self.how else self.value == value
        return bool(same) is not self.how.startswith("!")

    def __str__(self) -> str:
        """As PromQL writes it."""
        return f"{self.label}{self.how}{json.dumps(self.value, ensure_ascii=False)}"


class Inhibition(NamedTuple):
    """While an alert of `source` fires, those of `target` are muted that have the same `equal`."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]

    @classmethod
    def read(cls, tree: Mapping[str, Any]) -> "Inhibition":
        """From an entry of `inhibit_rules`. Raises ConfigError for what Grafana would not do."""
        only(("source_matchers", "target_matchers", "equal"), tree, "inhibit_rules")
        return cls(
            tuple(map(Matcher.read, tree.get("source_matchers", ()))),
            tuple(map(Matcher.read, tree.get("target_matchers", ()))),
            tuple(tree.get("equal", ())),
        )


def may_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether they fit what has these labels, and others that are not known."""
    return all(one.accepts(labels[one.label]) for one in matchers if one.label in labels)


def selector(name: str, matchers: Iterable[Matcher]) -> str:
    """A series with these matchers, each once, in PromQL."""
    return f"{name}{{{','.join(dict.fromkeys(map(str, matchers)))}}}"


def only(known: Collection[str], tree: Mapping[str, Any], place: str) -> None:
    """Raises ConfigError for what else a part of the template says: it would be lost unseen."""
    problems = [
        Problem("template", f"{place}.{name}", "cannot be carried over to Grafana")
        for name in tree
        if name not in known
    ]
    if problems:
        raise ConfigError(tuple(problems))
