"""`/metrics` over HTTP: the format asked for, compressed only when asked."""

import gzip

import pytest

from exporter.exposition.text import OPENMETRICS, TEXT
from tests.exposition.reading import series
from tests.made import everything
from tests.shared import page
from tests.web.conftest import Client, Site

PROMETHEUS_ASKS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
OLD = "text/plain;version=0.0.4;charset=utf-8"


async def body(client: Client, **headers: str) -> bytes:
    async with client.get("/metrics", headers=headers) as response:
        assert response.status == 200
        return await response.read()


@pytest.mark.parametrize("accept", [None, "*/*", "text/plain", OLD, "text/html,*/*;q=0.8"])
async def test_the_classic_format_is_what_one_gets_by_default(
    client: Client, accept: str | None
) -> None:
    headers = {} if accept is None else {"Accept": accept}
    async with client.get("/metrics", headers=headers) as response:
        assert response.status == 200
        assert (
            response.headers["Content-Type"] == TEXT == "text/plain; version=0.0.4; charset=utf-8"
        )
        assert "# EOF" not in await response.text()


@pytest.mark.parametrize("accept", ["application/openmetrics-text", PROMETHEUS_ASKS])
async def test_openmetrics_is_given_to_whom_asks_for_it(client: Client, accept: str) -> None:
    async with client.get("/metrics", headers={"Accept": accept}) as response:
        text = await response.text()
        assert response.headers["Content-Type"] == OPENMETRICS
        assert OPENMETRICS.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("\n# EOF\n")
    assert text.count("# EOF") == 1
    assert series(text, openmetrics=True)


async def test_both_formats_are_read_and_hold_the_same_series(client: Client, site: Site) -> None:
    everything(site.pipeline)
    plain = series((await body(client)).decode())
    other = (await body(client, Accept="application/openmetrics-text")).decode()
    assert plain.keys() == series(other, openmetrics=True).keys()


async def test_it_holds_the_markets_and_the_exporters_own_state(client: Client, site: Site) -> None:
    everything(site.pipeline)
    text = (await body(client)).decode()
    assert text.startswith(page(site.pipeline))
    names = {name for name, _ in series(text)}
    assert names >= {"market_exporter_build_info", "process_resident_memory_bytes", "python_info"}


async def test_building_the_page_is_itself_measured(client: Client, site: Site) -> None:
    await body(client)
    assert series((await body(client)).decode())["market_exporter_page_duration_seconds_count", ()]


async def test_it_answers_before_anything_was_received(client: Client) -> None:
    found = series((await body(client)).decode())
    states = [value for (name, _), value in found.items() if name == "market_feed_up"]
    assert states == [0] * 4


@pytest.mark.parametrize("openmetrics", [False, True])
async def test_compressed_when_asked_it_is_the_same_page(
    client: Client, site: Site, openmetrics: bool
) -> None:
    everything(site.pipeline)
    accept = OPENMETRICS if openmetrics else TEXT
    asked = {"Accept-Encoding": "gzip, deflate", "Accept": accept}
    async with client.get("/metrics", headers=asked) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Content-Type"] == accept
        compressed = await response.read()
    text = gzip.decompress(compressed).decode()
    assert text.startswith(page(site.pipeline, openmetrics=openmetrics))
    assert len(compressed) < len(text) / 4
    plain = (await body(client, Accept=accept)).decode()
    assert (
        series(text, openmetrics=openmetrics).keys()
        == series(plain, openmetrics=openmetrics).keys()
    )


@pytest.mark.parametrize("encoding", [None, "identity", "deflate, br", "gzip;q=0", "gzip; q=0.0"])
async def test_it_is_not_compressed_unless_asked(client: Client, encoding: str | None) -> None:
    headers = {} if encoding is None else {"Accept-Encoding": encoding}
    async with client.get("/metrics", headers=headers) as response:
        assert "Content-Encoding" not in response.headers
        assert (await response.text()).startswith("# HELP")


async def test_caches_are_told_what_the_answer_depends_on(client: Client) -> None:
    async with client.get("/metrics") as response:
        assert response.headers["Vary"] == "Accept, Accept-Encoding"


async def test_only_reading_is_possible(client: Client) -> None:
    async with client.post("/metrics") as response:
        assert response.status == 405
    async with client.get("/nothing") as response:
        assert response.status == 404
