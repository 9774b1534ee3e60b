"""Which markets are in planned maintenance, until when, and what exchanges announce of theirs."""

from collections.abc import Iterator

from exporter.config.maintenance import MaintenanceFile
from exporter.families import Family, Reading
from exporter.markets.maintenance import Maintenance
from exporter.metrics.metric import MARKET, in_seconds
from exporter.model import MarketId

_ACTIVE = Family(
    "market_maintenance_active",
    "gauge",
    MARKET,
    "",
    "1 while the market is in planned maintenance, 0 if not; absent where nobody is asked.",
)
_END = Family(
    "market_maintenance_end_timestamp_seconds",
    "gauge",
    MARKET,
    "seconds",
    "Unix time at which the maintenance ends that the market is in.",
)
_ENDING = Family(
    "market_maintenance_ending_seconds",
    "gauge",
    (),
    "seconds",
    "How long before its end an alert reminds of maintenance (ending_minutes).",
)
_NOTICE = Family(
    "market_exchange_notice_active",
    "gauge",
    ("exchange",),
    "",
    "1 while the exchange itself says that it is under maintenance, 0 if not.",
)
_NOTICE_END = Family(
    "market_exchange_notice_end_timestamp_seconds",
    "gauge",
    ("exchange",),
    "seconds",
    "Unix time at which the maintenance ends that the exchange says it is under, where it says so.",
)
FAMILIES = (_ACTIVE, _END, _ENDING, _NOTICE, _NOTICE_END)


def of_market(maintenance: Maintenance, market: MarketId, now: int) -> Iterator[Reading]:
    """Whether a market is in maintenance at `now`; nothing where that is not known."""
    if maintenance.known:
        window = maintenance.of(market, now)
        yield _ACTIVE.series(*market), int(window is not None)
        if window is not None:
            yield _END.series(*market), in_seconds(window.end)


def of_all(maintenance: Maintenance, settings: MaintenanceFile) -> Iterator[Reading]:
    """What holds for all markets, and what each exchange announces."""
    if maintenance.known:
        yield _ENDING.series(), 60 * settings.ending_minutes
    for exchange, announced in sorted(maintenance.announced.items()):
        current = [one for one in announced if one.active]
        yield _NOTICE.series(exchange), int(bool(current))
        if ends := [one.end for one in current if one.end is not None]:
            yield _NOTICE_END.series(exchange), in_seconds(max(ends))
