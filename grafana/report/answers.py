"""What Prometheus answers."""

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import aiohttp

from grafana.report.asked import Asked, Kind, Span

PATIENCE = 60
"""Seconds for one answer."""
Labels = Mapping[str, str]
Points = Sequence[tuple[float, float]]
"""Unix seconds and values."""


@dataclass(frozen=True)
class Answer:
    """Series with their points, the seconds until they were here, and what went wrong or "".

    Of a variable each value is a series that has its label alone and no points.
    """

    series: Sequence[tuple[Labels, Points]]
    seconds: float
    error: str = ""

    @property
    def nothing(self) -> bool:
        """Whether it is an answer, of no series."""
        return not self.error and not self.series


class UnreachableError(Exception):
    """Nothing answers as Prometheus does; the text says what happened instead."""


async def answer(
    session: aiohttp.ClientSession, prometheus: str, asked: Asked, span: Span
) -> Answer:
    """Ask the server at `prometheus`, an address without the `/api`, while the dashboard looks at
    `span`.

    What Prometheus refuses is an answer with an `error`. Raises UnreachableError where there is no
    Prometheus.
    """
    method, path, parameters = _request(asked, asked.over(span))
    began = perf_counter()
    try:
        said = await _said(session, method, f"{prometheus.rstrip('/')}{path}", parameters)
    except TimeoutError:
        return Answer((), perf_counter() - began, f"no answer within {PATIENCE} s")
    took = perf_counter() - began
    if said.get("status") != "success":
        return Answer((), took, str(said.get("error") or said))
    return Answer(_series(asked, said["data"]), took)


async def metric_names(
    session: aiohttp.ClientSession, prometheus: str, span: Span
) -> frozenset[str]:
    """The names of all series that there were in the span. Raises as `answer` does."""
    url = f"{prometheus.rstrip('/')}/api/v1/label/__name__/values"
    said = await _said(session, "GET", url, _bounds(span))
    return frozenset(said.get("data") or ())


async def _said(
    session: aiohttp.ClientSession, method: str, url: str, parameters: Mapping[str, str]
) -> Mapping[str, Any]:
    """Prometheus' JSON, refusals as well: those come with a status of their own."""
    sent: dict[str, Any] = {"params" if method == "GET" else "data": parameters}
    try:
        async with (
            asyncio.timeout(PATIENCE),
            session.request(method, url, **sent) as response,
        ):
            text, status = await response.text(), response.status
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise UnreachableError(f"{url} is no address such as http://127.0.0.1:9090") from error
    except aiohttp.ClientError as error:
        raise UnreachableError(f"{url}: Prometheus does not answer: {error}") from error
    with suppress(ValueError):
        said = json.loads(text)
        if isinstance(said, dict) and "status" in said:
            return said
    raise UnreachableError(f"{url}: this is not Prometheus, it says {status} {text[:80].strip()!r}")


def _request(asked: Asked, span: Span) -> tuple[str, str, Mapping[str, str]]:
    if asked.kind is Kind.VARIABLE:
        matching = {"match[]": asked.expr} if asked.expr else {}
        return "GET", f"/api/v1/label/{asked.label}/values", {**matching, **_bounds(span)}
    if asked.instant:
        return "POST", "/api/v1/query", {"query": asked.expr, "time": f"{span.end:.3f}"}
    start, end = (math.floor(one / asked.step) * asked.step for one in (span.start, span.end))
    every = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{asked.step:g}"}
    return "POST", "/api/v1/query_range", {"query": asked.expr, **every}


def _bounds(span: Span) -> dict[str, str]:
    return {"start": f"{span.start:.3f}", "end": f"{span.end:.3f}"}


def _series(asked: Asked, data: Any) -> Sequence[tuple[Labels, Points]]:
    if asked.kind is Kind.VARIABLE:
        return [({asked.label: value}, ()) for value in data]
    if data["resultType"] == "scalar":
        return [({}, _points([data["result"]]))]
    return [
        (one["metric"], _points(one["values"] if "values" in one else [one["value"]]))
        for one in data["result"]
    ]


def _points(pairs: Sequence[Sequence[Any]]) -> Points:
    return [(float(time), float(value)) for time, value in pairs]
