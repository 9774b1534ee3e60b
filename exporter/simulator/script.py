"""Scripts of incidents: a YAML file that says what goes wrong, and when.

    repeat_every: 600
    incidents:
      - {at: 20, kind: spread-blow-out, exchange: binance, instrument: BTC-USDT-PERP, size: 10}
      - {at: 120, kind: disconnect, exchange: okx, seconds: 15}

`at` is in seconds from the start. A script that is not repeated may be the list alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

import yaml

from exporter.errors import ConfigError, Problem
from exporter.simulator.incidents import Incidents
from exporter.simulator.scope import Markets, check_scope
from exporter.simulator.symbols import symbols

_TYPES: Mapping[str, str] = {
    "at": "a number",
    "kind": "text",
    "exchange": "text",
    "instrument": "text",
    "size": "a number",
    "seconds": "a number",
}
_NEEDED = ("at", "kind")


@dataclass(frozen=True, slots=True)
class Planned:
    """An incident to be started `at` so many ms from the start."""

    at: int
    kind: str
    exchange: str | None = None
    instrument: str | None = None
    size: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Incidents in the order of their times; all again every `period` ms, if there is one."""

    planned: Sequence[Planned]
    period: int | None = None

    def due(self, after: int, until: int) -> list[Planned]:
        """What is to be started later than `after` and not later than `until` (ms from start)."""
        if self.period is None:
            return [one for one in self.planned if after < one.at <= until]
        rounds = range(max(after, 0) // self.period, until // self.period + 1)
        return [
            one
            for number in rounds
            for one in self.planned
            if after < number * self.period + one.at <= until
        ]


def load_script(path: Path, pairs: int = 1) -> Script:
    """The script in a file, for exchanges with so many pairs.

    Raises ConfigError that names every problem with its place.
    """
    markets = {(symbol.exchange, symbol.instrument) for symbol in symbols(pairs)}
    return _Reader(path, markets).read()


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, path: Path, markets: Markets) -> None:
        self._path = path
        self._markets = markets
        self._problems: list[Problem] = []

    def read(self) -> Script:
        """The script; raises ConfigError where there is any problem."""
        tree = self._tree()
        top: Mapping[object, object] = tree if isinstance(tree, dict) else {"incidents": tree}
        self._known(top, "", ("repeat_every", "incidents"))
        entries = top.get("incidents")
        if not isinstance(entries, list) or not entries:
            self._add("incidents" if isinstance(tree, dict) else "", "must be a list of incidents")
            entries = []
        planned = [self._planned(entry, f"incidents[{i}]") for i, entry in enumerate(entries)]
        whole = sorted((one for one in planned if one is not None), key=lambda one: one.at)
        period = self._period(top.get("repeat_every"), whole)
        if self._problems:
            raise ConfigError(tuple(self._problems))
        return Script(whole, period)

    def _tree(self) -> object:
        try:
            return yaml.load(self._path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
        except OSError as error:
            sentence = f"cannot be read: {error.strerror}"
        except UnicodeDecodeError:
            sentence = "is not UTF-8 text"
        except yaml.YAMLError as error:
            sentence = f"is not YAML: {' '.join(str(error).split())}"
        raise ConfigError((Problem(self._path.name, "", sentence),))

    def _planned(self, entry: object, place: str) -> Planned | None:
        before = len(self._problems)
        if not isinstance(entry, dict):
            self._add(
                place,
                f"must be a mapping such as {{at: 20, kind: disconnect}}, not {_shown(entry)}",
            )
            return None
        self._known(entry, place, tuple(_TYPES))
        for key in _NEEDED:
            if key not in entry:
                self._add(place, f"needs `{key}`")
        for key, value in entry.items():
            if key in _TYPES and not _fits(value, _TYPES[key]):
                self._add(f"{place}.{key}", f"must be {_TYPES[key]}, not {_shown(value)}")
        if len(self._problems) > before:
            return None
        return self._checked(Planned(**{**entry, "at": round(1000 * entry["at"])}), place)

    def _checked(self, planned: Planned, place: str) -> Planned:
        if planned.at < 0:
            self._add(f"{place}.at", "must not be below zero")
        try:
            check_scope(self._markets, planned.kind, planned.exchange, planned.instrument)
            Incidents().start(planned.kind, 0, size=planned.size, seconds=planned.seconds)
        except ValueError as error:
            self._add(place, str(error))
        return planned

    def _period(self, value: object, planned: Sequence[Planned]) -> int | None:
        if value is None:
            return None
        if not isinstance(value, int | float) or not _fits(value, "a number"):
            self._add("repeat_every", f"must be a number of seconds, not {_shown(value)}")
            return None
        period = round(1000 * value)
        if period <= max((one.at for one in planned), default=0):
            self._add("repeat_every", "must be later than the last incident's `at`")
        return period

    def _known(self, mapping: Mapping[object, object], place: str, names: Sequence[str]) -> None:
        for key in mapping:
            if key not in names:
                near = get_close_matches(str(key), names, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(names)}"
                self._add(f"{place}.{key}".lstrip("."), f"is not a known key; {hint}")

    def _add(self, place: str, sentence: str) -> None:
        self._problems.append(Problem(self._path.name, place, sentence))


class _Loader(yaml.SafeLoader):
    """Reads what YAML allows, and refuses a key that stands twice in a mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """A mapping; raises yaml.YAMLError for a key that stands twice."""
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.YAMLError(f"`{twice}` stands twice in line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep=deep)


def _fits(value: object, wanted: str) -> bool:
    if wanted == "text":
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _shown(value: object) -> str:
    return f"the text {value!r}" if isinstance(value, str) else str(value)
