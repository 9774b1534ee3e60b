"""Grafana's variables in texts: which there are, and what stands for them in a query."""

import re
from collections.abc import Callable, Iterator

BUILT_IN = frozenset(
    {
        "__all_variables",
        "__data",
        "__field",
        "__from",
        "__interval",
        "__interval_ms",
        "__range",
        "__range_ms",
        "__range_s",
        "__rate_interval",
        "__to",
        "__url_time_range",
        "__value",
    }
)
"""Those that Grafana has itself, as far as they are of use here."""
RATE_INTERVAL, INTERVAL, RANGE = "4m7s", "13s", "59m59s"
"""What stands for the three in a query: times that nobody would write."""
_DURATIONS = {
    "__rate_interval": RATE_INTERVAL,
    "__interval": INTERVAL,
    "__interval_ms": "13000",
    "__range": RANGE,
    "__range_s": "3599",
    "__range_ms": "3599000",
}
_REFERENCE = re.compile(
    r"\$(?P<bare>[A-Za-z_]\w*)"
    r"|\$\{(?P<braced>[A-Za-z_]\w*)(?:[.\[][^}:]*)?(?::[^}]*)?\}"
    r"|\[\[(?P<square>[A-Za-z_]\w*)(?::\w+)?\]\]"
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')


def referenced(text: str) -> Iterator[str]:
    """The names of the variables that a text refers to, Grafana's own too."""
    for match in _REFERENCE.finditer(text):
        yield _name(match)


def substituted(query: str) -> str:
    """A query with something in the place of each variable, so that it can be parsed."""
    result, end = "", 0
    for quoted in _QUOTED.finditer(query):
        result += _replaced(query[end : quoted.start()], _unquoted)
        result += _replaced(quoted.group(), lambda _: "x")
        end = quoted.end()
    return result + _replaced(query[end:], _unquoted)


def _unquoted(name: str) -> str:
    return _DURATIONS.get(name, "1")


def _replaced(text: str, stand_in: Callable[[str], str]) -> str:
    return _REFERENCE.sub(lambda match: stand_in(_name(match)), text)


def _name(match: re.Match[str]) -> str:
    return next(name for name in match.groups() if name is not None)
