"""What the landing page says of maintenance."""

import re

from exporter.feeds.announcement import Announcement
from exporter.markets.maintenance import Maintenance
from exporter.model import MarketId
from exporter.web.maintenance import mark, told
from tests.made import PERP_NAME, everything
from tests.maintenance.made import HOUR, NOW, window
from tests.web.conftest import Get, Site, client, get, site

__all__ = ["client", "get", "site"]

PERP = MarketId("okx", "BTC-USDT-PERP")


def lines(maintenance: Maintenance) -> list[str]:
    """What is told, without its tags."""
    return [re.sub("<[^>]*>", "", line) for line in told(maintenance, NOW).split("</p>")][:-1]


def test_without_maintenance_nothing_is_said() -> None:
    assert told(Maintenance(), NOW) == ""
    assert mark(Maintenance(), PERP, NOW) == ""


def test_a_market_in_maintenance_says_so_with_its_end_and_its_reason() -> None:
    maintenance = Maintenance()
    maintenance.windows = [window(reason='a "new" <engine>')]
    assert mark(maintenance, PERP, NOW) == (
        ' <span class="maintenance" title="until 2026-11-18 12:06 UTC: '
        'a &quot;new&quot; &lt;engine&gt;">maintenance</span>'
    )
    assert mark(maintenance, PERP, NOW + HOUR) == ""
    assert mark(maintenance, MarketId("binance", "BTC-USDT-PERP"), NOW) == ""


def test_what_goes_on_and_what_is_planned_is_told_in_order_and_what_is_over_is_not() -> None:
    maintenance = Maintenance()
    maintenance.windows = [
        window("binance", "BTC-USDT-PERP", begin=NOW + HOUR, end=NOW + 2 * HOUR, reason="<b>"),
        window(),
        window(begin=NOW - 2 * HOUR, end=NOW, reason="over"),
    ]
    assert lines(maintenance) == [
        "Maintenance of okx, 2026-11-18 11:06 to 2026-11-18 12:06 UTC: upgrade",
        "Planned maintenance of binance BTC-USDT-PERP, 2026-11-18 12:06 to 2026-11-18 13:06 UTC: "
        "&lt;b&gt;",
    ]


def test_what_exchanges_announce_is_told_with_the_times_that_they_name() -> None:
    maintenance = Maintenance()
    maintenance.announced = {
        "okx": [Announcement("okx-1", "Spot <upgrade>", NOW, NOW + HOUR, active=False)],
        "binance": [Announcement("binance-1", "system_maintenance", None, None, active=True)],
    }
    assert lines(maintenance) == [
        "binance says that it is under maintenance: system_maintenance",
        "okx announces maintenance, 2026-11-18 11:06 to 2026-11-18 12:06 UTC: Spot &lt;upgrade&gt;",
    ]


async def test_the_page_has_it_beside_the_market_and_above_the_table(site: Site, get: Get) -> None:
    everything(site.pipeline)
    clean = await get("/")
    assert 'class="maintenance"' not in clean
    exchange, instrument = PERP_NAME.split("/")
    end = site.pipeline.now + HOUR
    site.pipeline.maintenance.windows = [window(exchange, instrument, begin=0, end=end)]
    text = await get("/")
    row = next(row for row in text.split("<tr>") if PERP_NAME in row)
    assert ">maintenance</span></td>" in row
    assert text.count(">maintenance</span>") == 1
    assert text.index("Maintenance of ") < text.index("<table>")
