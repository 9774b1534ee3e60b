"""What an announcement of an exchange would be as planned maintenance. Pure."""

import re
import shlex
from collections.abc import Iterable

from exporter.feeds.announcement import Announcement
from exporter.live.silence import Kept
from exporter.markets.maintenance import LONGEST, Window
from exporter.model import NANOSECONDS
from exporter.timestamps import timestamp

BY = "market-quality-exporter"
"""Who makes the silences that nobody asked for."""
_UNTIL_TOLD_OTHERWISE = 3600 * NANOSECONDS
"""How long maintenance is taken to last whose end is not announced."""
_ID = re.compile(r"\[([a-z]+-[0-9a-z]+)\]$")
_MOST_WORDS = 200


def window(exchange: str, announcement: Announcement, now: int) -> Window:
    """From `now` at the earliest, to the end that is announced if it is ahead."""
    begin = max(announcement.begin or 0, now)
    end = announcement.end or 0
    if end <= begin:
        end = begin + _UNTIL_TOLD_OTHERWISE
    reason = f"{' '.join(announcement.title.split())[:_MOST_WORDS]} [{announcement.id}]"
    return Window(exchange, "", begin, min(end, begin + LONGEST), reason, "", BY)


def command(proposed: Window, now: int) -> str:
    """The command line that makes it."""
    begin = ["--from", timestamp(proposed.begin)] if proposed.begin > now else []
    words = ["maintenance", "add", proposed.exchange, *begin, "--to", timestamp(proposed.end)]
    return shlex.join([BY, *words, "--reason", proposed.reason])


def about(kept: Kept) -> str:
    """The id of the announcement that maintenance was made for; "" where there was none."""
    found = _ID.search(kept.window.reason)
    return found[1] if found else ""


def unanswered(announced: Iterable[Announcement], kept: Iterable[Kept]) -> list[Announcement]:
    """Those for which nobody has made a silence; one that somebody has ended stays ended."""
    answered = set(map(about, kept))
    return [one for one in announced if one.id not in answered]


def outdated(
    exchange: str, announced: Iterable[Announcement], kept: Iterable[Kept]
) -> list[Window]:
    """Windows that were made for announcements of the exchange which it has taken back or ended."""
    current = {one.id for one in announced}
    return [
        one.window
        for one in kept
        if one.state != "expired"
        and not one.pair
        and (one.window.by, one.window.exchange) == (BY, exchange)
        and about(one).startswith(f"{exchange}-")
        and about(one) not in current
    ]
