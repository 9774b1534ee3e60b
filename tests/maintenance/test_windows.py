"""Which market is in which window when, and what the page says of it."""

import pytest

from exporter.config.maintenance import MaintenanceFile
from exporter.families import Histogram, Reading
from exporter.feeds.announcement import Announcement
from exporter.markets.maintenance import Maintenance
from exporter.metrics.maintenance import of_all, of_market
from exporter.model import NANOSECONDS, MarketId
from tests.maintenance.made import HOUR, MINUTE, NOW, window

PERP, SPOT = MarketId("okx", "BTC-USDT-PERP"), MarketId("okx", "BTC-USDT-SPOT")
ELSEWHERE = MarketId("binance", "BTC-USDT-PERP")
EXCHANGE = window()
INSTRUMENT = window(instrument="BTC-USDT-PERP", identity="2", end=NOW + 2 * HOUR)


def known(*windows: object) -> Maintenance:
    maintenance = Maintenance()
    maintenance.windows, maintenance.known = windows, True  # type: ignore[assignment]
    return maintenance


def values(readings: list[Reading]) -> dict[str, float]:
    """Values by name of the family; labels are those of one market."""
    assert not any(isinstance(value, Histogram) for _, value in readings)
    return {series.family.name: float(value) for series, value in readings}  # type: ignore[arg-type]


def test_a_window_of_an_exchange_concerns_all_of_its_markets_and_no_other() -> None:
    maintenance = known(EXCHANGE)
    assert maintenance.of(PERP, NOW) == maintenance.of(SPOT, NOW) == EXCHANGE
    assert maintenance.of(ELSEWHERE, NOW) is None


def test_a_window_of_an_instrument_concerns_it_alone() -> None:
    maintenance = known(INSTRUMENT)
    assert maintenance.of(PERP, NOW) == INSTRUMENT
    assert maintenance.of(SPOT, NOW) is None


@pytest.mark.parametrize(
    ("after", "inside"), [(-1, False), (0, True), (HOUR - 1, True), (HOUR, False)]
)
def test_it_lasts_from_its_begin_up_to_but_not_including_its_end(after: int, inside: bool) -> None:
    assert (known(EXCHANGE).of(PERP, NOW + after) is not None) == inside


def test_of_several_the_one_that_ends_last_counts() -> None:
    assert known(EXCHANGE, INSTRUMENT).of(PERP, NOW) == INSTRUMENT
    assert known(INSTRUMENT, EXCHANGE).of(PERP, NOW) == INSTRUMENT


def test_what_is_ahead_comes_in_the_order_in_which_it_begins() -> None:
    later = window("binance", begin=NOW + 5 * HOUR, end=NOW + 6 * HOUR)
    assert list(known(later, INSTRUMENT, EXCHANGE).ahead(NOW)) == [EXCHANGE, INSTRUMENT, later]
    assert list(known(later, INSTRUMENT, EXCHANGE).ahead(NOW + HOUR)) == [INSTRUMENT, later]


def test_the_series_say_whether_and_until_when() -> None:
    maintenance = known(EXCHANGE)
    end = (NOW + HOUR) / NANOSECONDS
    assert values(list(of_market(maintenance, PERP, NOW))) == {
        "market_maintenance_active": 1,
        "market_maintenance_end_timestamp_seconds": end,
    }
    assert values(list(of_market(maintenance, PERP, NOW + HOUR))) == {
        "market_maintenance_active": 0
    }
    assert values(list(of_market(maintenance, ELSEWHERE, NOW))) == {"market_maintenance_active": 0}


def test_where_nobody_is_asked_nothing_is_said() -> None:
    assert list(of_market(Maintenance(), PERP, NOW)) == []
    assert list(of_all(Maintenance(), MaintenanceFile())) == []


def test_what_an_exchange_announces_is_told_while_it_goes_on() -> None:
    maintenance = known()
    active = Announcement("okx-1", "upgrade", NOW, NOW + MINUTE, active=True)
    planned = Announcement("okx-2", "upgrade", NOW + HOUR, NOW + 2 * HOUR, active=False)
    nameless = Announcement("binance-1", "system_maintenance", None, None, active=True)
    maintenance.announced = {"okx": [active, planned], "binance": [nameless]}
    found = {
        (series.family.name, *series.values): value
        for series, value in of_all(maintenance, MaintenanceFile(ending_minutes=20))
    }
    assert found == {
        ("market_maintenance_ending_seconds",): 1200,
        ("market_exchange_notice_active", "binance"): 1,
        ("market_exchange_notice_active", "okx"): 1,
        ("market_exchange_notice_end_timestamp_seconds", "okx"): (NOW + MINUTE) / NANOSECONDS,
    }
    maintenance.announced = {"okx": [planned]}
    found = {
        (series.family.name, *series.values): value
        for series, value in of_all(maintenance, MaintenanceFile())
    }
    assert found[("market_exchange_notice_active", "okx")] == 0
    assert ("market_exchange_notice_end_timestamp_seconds", "okx") not in found
