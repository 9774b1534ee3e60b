"""Series of a market leave `/metrics` when its book is unknown, and come back with it."""

from collections.abc import Callable

import pytest

from tests.exposition.reading import series
from tests.made import SPOT, SPOT_NAME, Speaker, market
from tests.web.conftest import Get, Site

PRICED = {
    "market_mid_price",
    "market_best_price",
    "market_spread_bps",
    "market_spread_quote",
    "market_spread_average_bps",
    "market_spread_volatility_bps",
    "market_depth_quote",
    "market_depth_complete",
    "market_depth_touch_quote",
    "market_depth_touch_complete",
    "market_top_quantity",
    "market_imbalance_ratio",
    "market_imbalance_normalized",
}
COUNTED = {
    "market_spread_observed_seconds_total",
    "market_feed_messages_total",
    "market_book_updates_total",
    "market_feed_last_message_timestamp_seconds",
}


@pytest.fixture
def spot(site: Site) -> Speaker:
    """A live spot market, some seconds old."""
    speaker = Speaker(site.session, SPOT, "BTCUSDT").snapshot()
    for size in range(1, 30):
        speaker.update(bids=[("99.7", str(size))])
    return speaker


async def names(get: Get) -> tuple[set[str], float]:
    """Families measured of the spot market on the page, and whether its feed is said to be up."""
    exchange, instrument = SPOT_NAME.split("/")
    wanted = {("exchange", exchange), ("instrument", instrument)}
    found = {
        name: value
        for (name, labels), value in series(await get("/metrics")).items()
        if wanted <= set(labels)
    }
    judged = ("market_alert_", "market_baseline_")
    measured = {name for name in found if not name.startswith(judged)}
    return measured, found["market_feed_up"]


def gap(site: Site, spot: Speaker) -> None:
    spot.update(bids=[("99.8", "9")], lost=3)


def crossed(site: Site, spot: Speaker) -> None:
    spot.update(bids=[("100.15", "1")])


def one_sided(site: Site, spot: Speaker) -> None:
    spot.update(asks=[(price, "0") for price in ("100.1", "100.2", "100.5", "101")])


def stale(site: Site, spot: Speaker) -> None:
    site.session.later(60)


def by_snapshot(spot: Speaker) -> None:
    spot.snapshot()


def by_update(spot: Speaker) -> None:
    spot.update(bids=[("99.7", "4")])


def by_removal(spot: Speaker) -> None:
    spot.update(bids=[("100.15", "0")])


def by_asks(spot: Speaker) -> None:
    spot.update(asks=[("100.1", "1")])


@pytest.mark.parametrize(
    ("reason", "breaks", "mends"),
    [
        ("gap", gap, by_snapshot),
        ("crossed", crossed, by_removal),
        ("one_sided", one_sided, by_asks),
        ("stale", stale, by_update),
    ],
)
async def test_what_is_priced_leaves_and_returns_while_counters_stay(
    site: Site,
    spot: Speaker,
    get: Get,
    reason: str,
    breaks: Callable[[Site, Speaker], None],
    mends: Callable[[Speaker], None],
) -> None:
    before, up = await names(get)
    assert before >= PRICED | COUNTED
    assert up == 1

    breaks(site, spot)
    assert market(site.pipeline, SPOT_NAME).health(site.pipeline.now).reason == reason
    without, up = await names(get)
    assert not without & PRICED
    assert without >= COUNTED
    assert up == 0

    mends(spot)
    after, up = await names(get)
    assert after == before
    assert up == 1


async def test_an_unreadable_frame_is_counted_and_the_answer_stays_200(
    site: Site, spot: Speaker, get: Get
) -> None:
    spot.garbage()
    found = series(await get("/metrics"))
    labels = (("exchange", "binance"), ("instrument", "BTC-USDT-SPOT"))
    assert found["market_feed_decode_errors_total", labels] == 1
    assert found["market_feed_up", labels] == 1
