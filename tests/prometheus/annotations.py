"""The queries inside the annotations of a rule, as they are asked for a label's own name."""

import re
from collections.abc import Iterator, Sequence

_PRINTF = r"printf `(?P<text>[^`]*)`(?P<values>(?: [.$][\w.]+)*)"
_SET = re.compile(rf"(?P<name>\$\w+) :?= (?:`(?P<plain>[^`]*)`|{_PRINTF})")
_ASKED = re.compile(rf"query \({_PRINTF}\)")
_QUERY = re.compile(r"\bquery\b")
_VERB = re.compile(r"%(?:\[(\d+)\])?s")
_LABEL = re.compile(r"\$labels\.(\w+)")


def queries(template: str) -> list[str]:
    """Every query of a template, with the name of a label in the place of its value.

    Variables have what they are set to last. Fails where a query is written in another way.
    """
    variables: dict[str, str] = {}
    for found in _SET.finditer(template):
        variables[found["name"]] = (
            found["plain"] if found["text"] is None else _printed(found, variables)
        )
    asked = [_printed(found, variables) for found in _ASKED.finditer(template)]
    assert len(asked) == len(_QUERY.findall(template)), "a query that is not `query (printf …)`"
    return asked


def labels(template: str) -> set[str]:
    """Labels of the alert that a template names."""
    return set(_LABEL.findall(template))


def _printed(found: re.Match[str], variables: dict[str, str]) -> str:
    values = list(_values(found["values"].split(), variables))
    following = iter(values)
    return _VERB.sub(
        lambda verb: values[int(verb[1]) - 1] if verb[1] else next(following), found["text"]
    )


def _values(words: Sequence[str], variables: dict[str, str]) -> Iterator[str]:
    for word in words:
        yield variables[word] if word in variables else word.rpartition(".")[2]
