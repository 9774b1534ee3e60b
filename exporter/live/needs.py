"""What a book or a stream needs, as rules over what is known of it: pure."""

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction

from exporter.config.live import Live
from exporter.live.plan import Plan
from exporter.markets.market import Market
from exporter.model import NANOSECONDS, GapReason, Stream

_OFTEN_SILENT = {Stream.TRADE}
"""Streams that a quiet market leaves silent for as long as it likes."""
_FIRST_UPDATE = 3 * NANOSECONDS
"""How long a snapshot waits for the first update, which tells whether it is new enough."""


class Need(StrEnum):
    """Why a book wants a new snapshot."""

    GAP = "gap"
    CROSSED = "crossed"
    NARROW = "narrow"
    """The band that must be known is not wholly known any more."""


def snapshot_need(
    market: Market, since: int, now: int, settings: Live, band: Fraction
) -> Need | None:
    """Whether a book that is synchronised by REST needs a snapshot, subscribed `since` then.

    What the exchange does not trade has none to give.
    """
    sync = market.sync
    if market.trading is False:
        return None
    if not sync.live:
        return Need.GAP if sync.waiting or now - since > _FIRST_UPDATE else None
    if _crossed(market, now, settings):
        return Need.CROSSED
    return None if market.knows(band, now) else Need.NARROW


def stream_need(market: Market, since: int, now: int, settings: Live) -> Need | None:
    """Whether a book whose snapshots come on its stream must be subscribed anew.

    What the exchange does not trade has nothing to say, and is left alone.
    """
    sync = market.sync
    if market.trading is False:
        return None
    if sync.live:
        return Need.CROSSED if _crossed(market, now, settings) else None
    broken = sync.gap is not None and sync.gap.start > since
    if broken and sync.gap is not None and sync.gap.reason is not GapReason.DISCONNECT:
        return Need.GAP
    return Need.GAP if now - since > settings.answer_timeout_seconds * NANOSECONDS else None


def silent_streams(
    plan: Plan, market: Market, since: int, now: int, settings: Live
) -> Iterator[Stream]:
    """Streams of a market that were acknowledged (`since` then) and have said nothing for long."""
    if market.trading is False:
        return
    patience = round(settings.silent_stream_seconds * NANOSECONDS)
    for stream in plan.streams:
        if stream in _OFTEN_SILENT or plan.service.stream_name(market.spec.symbol, stream) is None:
            continue
        last = max(since, market.clocks[stream].last or 0)
        if now - last > max(patience, market.spec.stale_after[stream]):
            yield stream


def _crossed(market: Market, now: int, settings: Live) -> bool:
    since = market.crossed_since
    return since is not None and now - since >= settings.crossed_book_seconds * NANOSECONDS
