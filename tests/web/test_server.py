"""Listening on an address, and building a long page without holding up what else goes on."""

import asyncio
import itertools
import socket
from collections.abc import Iterator

import aiohttp
import pytest

from exporter import clock
from exporter.config.environment import Address
from exporter.errors import ExporterError
from exporter.model import MILLISECOND
from tests.exposition.reading import series
from tests.made import SPOT, Speaker
from tests.shared import page
from tests.web.conftest import Site

MARKETS = 40
LOOPBACK = Address("127.0.0.1", 0)


@pytest.fixture
def taken() -> Iterator[Address]:
    """A loopback address on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Address("127.0.0.1", listener.getsockname()[1])


@pytest.fixture
def crowded(site: Site) -> Site:
    """Many markets that the configuration does not name."""
    for number in range(MARKETS):
        Speaker(site.session, SPOT, f"COIN{number}USDT").snapshot()
    return site


async def turns(site: Site) -> tuple[int, str]:
    """How often something else got its turn while the page was built, and the page."""
    building = asyncio.create_task(site.server.market_page())
    count = 0
    while not building.done():
        await asyncio.sleep(0)
        count += 1
    return count, await building


async def test_a_port_in_use_is_a_sentence_with_the_address_and_the_way_out(
    site: Site, taken: Address
) -> None:
    with pytest.raises(ExporterError) as caught:
        await site.server.start(taken)
    sentence = str(caught.value)
    assert sentence.startswith(f"cannot listen on {taken}: ")
    assert "in use" in sentence
    assert sentence.endswith("; choose another address with --listen or LISTEN_ADDRESS")
    assert "\n" not in sentence


async def test_an_address_that_is_not_ours_is_a_sentence_too(site: Site) -> None:
    with pytest.raises(ExporterError, match=r"^cannot listen on 192\.0\.2\.1:0: "):
        await site.server.start(Address("192.0.2.1", 0))


async def test_it_says_where_it_listens_and_stops_listening(site: Site) -> None:
    server = site.server
    url = await server.start(LOOPBACK)
    assert url.startswith("http://127.0.0.1:")
    assert not url.startswith("http://127.0.0.1:0")
    async with aiohttp.ClientSession() as asking:
        async with asking.get(f"{url}-/healthy") as response:
            assert response.status == 200
        await server.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await asking.get(f"{url}-/healthy")


async def test_stopping_what_never_started_is_nothing(site: Site) -> None:
    await site.server.stop()


async def test_two_servers_have_addresses_of_their_own(site: Site) -> None:
    servers = [site.server, site.server]
    urls = [await server.start(LOOPBACK) for server in servers]
    assert len(set(urls)) == 2
    for server in servers:
        await server.stop()


async def test_a_page_over_many_markets_is_built_in_slices(
    crowded: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(0, 10 * MILLISECOND)
    monkeypatch.setattr(clock, "monotonic", lambda: next(ticks))
    count, text = await turns(crowded)
    assert count >= MARKETS
    assert text == page(crowded.pipeline)


async def test_a_page_that_takes_no_time_is_built_in_one_go(
    crowded: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: 0)
    count, text = await turns(crowded)
    assert count <= 2
    assert text == page(crowded.pipeline)


async def test_frames_received_between_slices_break_nothing(
    crowded: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(0, 10 * MILLISECOND)
    monkeypatch.setattr(clock, "monotonic", lambda: next(ticks))
    building = asyncio.create_task(crowded.server.market_page())
    for number in itertools.count():
        if building.done():
            break
        Speaker(crowded.session, SPOT, f"NEW{number}USDT").snapshot()
        await asyncio.sleep(0)
    found = series(await building)
    up = [value for (name, _), value in found.items() if name == "market_feed_up"]
    assert len(up) >= MARKETS
