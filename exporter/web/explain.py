"""`/explain`: why every alert is where it is, for people and for programs."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from aiohttp import web

from exporter.alerts.explanation import (
    Changes,
    Subject,
    changes,
    explain,
)
from exporter.alerts.history import Point
from exporter.alerts.past import Span, spans
from exporter.pipeline import Pipeline
from exporter.web import explain_json
from exporter.web.asked import RefusedError, found, wanted, wants_json
from exporter.web.explain_list import listing
from exporter.web.explain_one import single
from exporter.web.slices import in_slices
from exporter.web.style import document, sentence

_HEADERS = {"Vary": "Accept", "Cache-Control": "no-store"}


async def explained(pipeline: Pipeline, request: web.Request) -> web.Response:
    """What a request to `/explain` is answered; an error is a sentence in the same form."""
    json = wants_json(request.query, request.headers.get("Accept", ""))
    try:
        asked = wanted(request.query)
        subjects = found(pipeline.alerts, asked)
    except RefusedError as error:
        return _refusal(error, json=json)
    last, now = changes(pipeline.alerts.last), pipeline.now
    if json:
        return _json(await _encoded(subjects, last, now))
    if len(subjects) == 1:
        one = explain(subjects[0], last, now)
        return _html(single(one, *_past(subjects[0], last)))
    explanations = await in_slices(explain(subject, last, now) for subject in subjects)
    return _html(await listing(explanations, asked, now))


async def _encoded(subjects: Sequence[Subject], last: Changes, now: int) -> bytes:
    """All of them as JSON; a single one with its last minutes."""
    if len(subjects) == 1:
        one = explain(subjects[0], last, now)
        more = explain_json.past(*_past(subjects[0], last))
        return explain_json.answer(now, [explain_json.encoded(one, more)])
    made = (explain_json.encoded(explain(subject, last, now)) for subject in subjects)
    return explain_json.answer(now, await in_slices(made))


def _past(subject: Subject, last: Changes) -> tuple[Sequence[Point], Sequence[Span]]:
    """The last minutes of an alert: its points, and its states as far as they are drawn."""
    points = tuple(subject.watch.history.points())
    if not points:
        return (), ()
    own = last.get(subject.name, ())
    return points, spans(subject.alert.life, own, points[0].time, points[-1].time)


def _refusal(error: RefusedError, *, json: bool) -> web.Response:
    if json:
        return _json(msgspec.json.encode({"error": str(error)}), error.status)
    heading = f"{error.status.phrase} <small>{error.status.value}</small>"
    body = f"<p>{sentence(str(error))}</p>"
    return _html(document(error.status.phrase, heading, body, ()), error.status)


def _html(text: str, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)


def _json(body: bytes, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", headers=_HEADERS)
