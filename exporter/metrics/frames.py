"""What became of every frame and REST answer: the results add up to those received."""

from collections.abc import Iterator, Mapping

from exporter.families import Family, Reading
from exporter.feeds.feed import Feed

RESULTS = ("applied", "ignored", "notice", "refused")

FRAMES = Family(
    "market_exporter_frames_total",
    "counter",
    ("exchange", "feed", "result"),
    "",
    "WebSocket frames by what became of them: applied, ignored (a stream that is not used), notice "
    "(about the connection), refused (unreadable).",
)


ANSWERS = Family(
    "market_exporter_rest_answers_total",
    "counter",
    ("exchange", "feed", "result"),
    "",
    "REST answers by what became of them: applied, ignored (nothing in it is used), refused "
    "(unreadable).",
)

_Counts = Mapping[tuple[str, str], int]


def readings(feeds: Mapping[str, Feed], frames: _Counts, answers: _Counts) -> Iterator[Reading]:
    """Counts are by (feed name, result); `feeds` are those that anything may come from."""
    kinds = ((FRAMES, frames, RESULTS), (ANSWERS, answers, RESULTS[:2] + RESULTS[3:]))
    for family, counts, results in kinds:
        for name, feed in sorted(feeds.items()):
            for result in results:
                series = family.series(feed.exchange, feed.product or "public", result)
                yield series, counts.get((name, result), 0)
