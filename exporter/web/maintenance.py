"""Planned maintenance on the landing page: a mark beside a market, and what is planned."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from exporter.markets.maintenance import Maintenance, Window
from exporter.model import NANOSECONDS, MarketId

STYLE = """
.maintenance { color: var(--pending); white-space: nowrap } .maintenance::before { content: "◇ " }
"""


def mark(maintenance: Maintenance, market: MarketId, now: int) -> str:
    """Says beside a market that it is in maintenance, and until when, as HTML; "" if it is not."""
    window = maintenance.of(market, now)
    if window is None:
        return ""
    title = f"until {_time(window.end)} UTC: {window.reason}"
    return f' <span class="maintenance" title="{escape(title)}">maintenance</span>'


def told(maintenance: Maintenance, now: int) -> str:
    """What goes on, what is planned and what exchanges announce themselves, as HTML."""
    lines = [*_windows(maintenance, now), *_announced(maintenance)]
    return "".join(f'<p><span class="maintenance">{escape(line)}</span></p>' for line in lines)


def _windows(maintenance: Maintenance, now: int) -> Iterator[str]:
    for window in maintenance.ahead(now):
        word = "Maintenance" if window.begin <= now else "Planned maintenance"
        yield f"{word} of {_scope(window)}, {_span(window.begin, window.end)}: {window.reason}"


def _announced(maintenance: Maintenance) -> Iterator[str]:
    for exchange, announced in sorted(maintenance.announced.items()):
        for one in announced:
            word = "says that it is under" if one.active else "announces"
            span = _span(one.begin, one.end)
            yield f"{exchange} {word} maintenance{span and f', {span}'}: {one.title}"


def _scope(window: Window) -> str:
    return f"{window.exchange} {window.instrument}".rstrip()


def _span(begin: int | None, end: int | None) -> str:
    """`2026-11-21 18:00 to 2026-11-21 20:00 UTC`, as far as it is known."""
    first = "" if begin is None else _time(begin)
    last = "" if end is None else f"to {_time(end)}"
    return f"{first} {last}".strip() + (" UTC" if first or last else "")


def _time(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment // NANOSECONDS, UTC):%Y-%m-%d %H:%M}"
