"""What became of every frame and REST answer: the results add up to those received."""

from collections.abc import Iterable, Iterator, Mapping

from exporter.config.catalogue import label
from exporter.families import Family, Reading
from exporter.feeds.feed import Feed
from exporter.markets.intake import Intake

RESULTS = ("applied", "ignored", "notice", "refused", "dropped")
_ANSWER_RESULTS = ("applied", "ignored", "refused")

FRAMES = Family(
    "market_exporter_frames_total",
    "counter",
    ("exchange", "feed", "result"),
    "",
    "WebSocket frames by what became of them: applied, ignored (a stream that is not used), notice "
    "(about the connection), refused (unreadable), dropped (more came than could be processed).",
)

ANSWERS = Family(
    "market_exporter_rest_answers_total",
    "counter",
    ("exchange", "feed", "result"),
    "",
    "REST answers by what became of them: applied, ignored (nothing in it is used), refused "
    "(unreadable).",
)

REQUESTS = Family(
    "market_exporter_rest_requests_total",
    "counter",
    ("exchange", "feed", "result"),
    "",
    "REST requests by result: ok, timeout, unreachable, oversize, or the HTTP status that refused.",
)

FAMILIES = (FRAMES, ANSWERS, REQUESTS)


def readings(intakes: Iterable[Intake]) -> Iterator[Reading]:
    """Counts of every feed that anything may come from."""
    ordered = sorted(intakes, key=lambda intake: intake.feed.name)
    for intake in ordered:
        yield from _counted(FRAMES, intake.feed, intake.frames, RESULTS)
    for intake in ordered:
        yield from _counted(ANSWERS, intake.feed, intake.answers, _ANSWER_RESULTS)
    for intake in ordered:
        yield from _counted(REQUESTS, intake.feed, intake.requests, sorted(intake.requests))


def _counted(
    family: Family, feed: Feed, counts: Mapping[str, int], results: Iterable[str]
) -> Iterator[Reading]:
    for result in results:
        yield family.series(feed.exchange, label(feed), result), counts.get(result, 0)
