"""Asks a Prometheus all that the dashboards ask."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from grafana.frame.links import TITLES
from grafana.report.answers import answer, metric_names
from grafana.report.asked import asked, of_variable
from grafana.report.report import Report, Seen
from grafana.report.span import Span
from grafana.report.variables import ALL, of_many, variables

FOLDER = Path(__file__).parent.parent / "dashboards"
_NUMBERS = re.compile(r"(\d+)")
Json = Mapping[str, Any]


class ChoiceError(Exception):
    """Something was chosen that there is not; the text says what there is."""


def shipped(folder: Path = FOLDER) -> Sequence[Json]:
    """The dashboards as their files have them, in the order of their menu."""
    files = {path.stem: path for path in sorted(folder.glob("*.json"))}
    order = [*(uid for uid in TITLES if uid in files), *(uid for uid in files if uid not in TITLES)]
    return [json.loads(files[uid].read_text(encoding="utf-8")) for uid in order]


async def made(
    prometheus: str,
    span: Span,
    boards: Sequence[Json],
    given: Mapping[str, str],
    reasons: Mapping[tuple[str, str], str] | None = None,
) -> Report:
    """Everything asked, one after the other.

    `given` are values of variables by name; of the others all are chosen, or the first. `reasons`
    say why panels may rightly be empty, by dashboard and title. Raises UnreachableError where no
    Prometheus answers, ChoiceError where it has not what is given, UnknownError for a dashboard
    that names what there is not.
    """
    async with aiohttp.ClientSession() as session:
        names = await metric_names(session, prometheus, span)
        seen = [await _seen(session, prometheus, span, board, given) for board in boards]
    return Report(_without_password(prometheus), span, seen, names, reasons or {})


async def _seen(
    session: aiohttp.ClientSession, prometheus: str, span: Span, board: Json,
    given: Mapping[str, str],
) -> Seen:  # fmt: skip
    values: dict[str, str] = {}
    for variable in variables(board):
        if variable["type"] == "query":
            wanted = of_variable(board, variable, values, span)
            found = await answer(session, prometheus, wanted, span)
            there = [labels[wanted.label] for labels, _ in found.series]
            values[variable["name"]] = _chosen(variable, there, given)
    got = [
        (one, await answer(session, prometheus, one, span)) for one in asked(board, values, span)
    ]
    return Seen(board, values, got)


def _chosen(variable: Json, there: Sequence[str], given: Mapping[str, str]) -> str:
    name = variable["name"]
    if name in given:
        if given[name] not in there:
            listed = ", ".join(there) or "none at all"
            raise ChoiceError(f"there is no {name} {given[name]}, but: {listed}")
        return given[name]
    if of_many(variable):
        return ALL
    current = str((variable.get("current") or {}).get("value"))
    return current if current in there else min(there, key=_naturally, default="")


def _naturally(text: str) -> list[tuple[bool, int, str]]:
    """2 before 10."""
    parts = _NUMBERS.split(text.lower())
    return [(not one.isdigit(), int(one) if one.isdigit() else 0, one) for one in parts]


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
