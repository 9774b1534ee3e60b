"""`/runbooks/`: Markdown as pages, nothing from outside the folder, and a way on where none is."""

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from exporter.telemetry import Telemetry
from exporter.web.server import Server
from tests.alerts.rig import PERP, Rig, configured, written
from tests.web.conftest import Client, Get, Site
from tests.web.test_explain import Read

RUNBOOK = """# spread_critical

Look **here** first.

## Diagnosis

```promql
topk(1, market_spread_bps{exchange="binance"}) > 3
```

| value | meaning |
|---|---|
| 1 | up |

<script>alert(1)</script> and a < b, <b onclick="x()">bold</b>

[a link](/explain?alert=spread_critical&exchange=okx) and [not one](javascript:alert(1))
"""
SECRET = "what nobody outside may read"  # noqa: S105 - it stands for one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two runbooks, other files, and a secret beside it."""
    made = tmp_path / "runbooks"
    (made / "inner").mkdir(parents=True)
    (made / "spread_critical.md").write_text(RUNBOOK)
    (made / "feed_stale.md").write_text("# feed_stale\n\nText.\n")
    for outside in ("../secret.md", "inner/secret.md", "secret.txt", "UPPER.md", "a-b.md"):
        (made / outside).write_text(SECRET)
    return made


@pytest.fixture
async def reader(site: Site, folder: Path) -> AsyncIterator[Client]:
    """Asks a server that has these runbooks."""
    server = Server(site.pipeline, Telemetry(), lambda: "", list, runbooks=folder)
    async with TestClient(TestServer(server.application())) as asking:
        yield asking


async def read(asking: Client, path: str, status: HTTPStatus = HTTPStatus.OK) -> str:
    """The page at a path, which is sent as it is written."""
    async with asking.get(URL(path, encoded=True)) as response:
        assert response.status == status
        assert response.content_type == "text/html"
        return await response.text()


async def test_a_runbook_is_a_page_made_from_its_markdown(reader: Client) -> None:
    text = await read(reader, "/runbooks/spread_critical")
    assert "<title>Runbook: spread_critical</title>" in text
    assert "<strong>here</strong>" in text
    assert "<h2>Diagnosis</h2>" in text
    assert "topk(1, market_spread_bps{exchange=&quot;binance&quot;}) &gt; 3\n</code></pre>" in text
    assert Read(text).rows == [["value", "meaning"], ["1", "up"]]


async def test_its_title_stands_once_and_all_others_are_a_link_away(reader: Client) -> None:
    text = await read(reader, "/runbooks/spread_critical")
    assert text.count("<h1>") == 1
    assert {"/", "/explain", "/runbooks/"} <= set(Read(text).links)


async def test_html_in_a_runbook_is_text_and_no_link_runs_a_script(reader: Client) -> None:
    text = await read(reader, "/runbooks/spread_critical")
    page = Read(text)
    assert {"script", "b"}.isdisjoint(page.tags)
    assert '<script>alert(1)</script> and a < b, <b onclick="x()">bold</b>' in page.text
    assert "/explain?alert=spread_critical&exchange=okx" in page.links
    assert not any(link.startswith("javascript:") for link in page.links)


async def test_a_runbook_that_changed_on_disk_is_shown_as_it_is_now(
    reader: Client, folder: Path
) -> None:
    assert "Text." in await read(reader, "/runbooks/feed_stale")
    (folder / "feed_stale.md").write_text("# feed_stale\n\nOther words.\n")
    assert "Other words." in await read(reader, "/runbooks/feed_stale")


@pytest.mark.parametrize("path", ["/runbooks", "/runbooks/"])
async def test_the_list_links_every_runbook_and_nothing_else(reader: Client, path: str) -> None:
    links = Read(await read(reader, path)).links
    listed = [link for link in links if re.match("/runbooks/.", link)]
    assert listed == ["/runbooks/feed_stale", "/runbooks/spread_critical"]
    for link in listed:
        assert await read(reader, link)


@pytest.mark.parametrize(
    "name",
    [
        "none",
        "spread_critical.md",
        "..%2fsecret",
        "..%2Fsecret.md",
        "%2e%2e%2fsecret",
        "..%5csecret",
        "inner%2fsecret",
        "inner/secret",
        "spread_critical%00",
        "secret.txt",
        "UPPER",
        "a-b",
        "%2fetc%2fpasswd",
        "sp%C3%AFread",
        "a" * 5000,
    ],
)
async def test_what_is_no_runbook_is_not_found_and_leads_to_the_list(
    reader: Client, name: str
) -> None:
    text = await read(reader, f"/runbooks/{name}", HTTPStatus.NOT_FOUND)
    assert "/runbooks/" in Read(text).links
    assert SECRET not in text
    assert "root:" not in text


async def test_a_path_that_climbs_out_reaches_nothing(reader: Client) -> None:
    for path in ("/runbooks/../secret", "/runbooks/..//secret.md", "/runbooks/./../../secret.md"):
        async with reader.get(URL(path, encoded=True)) as response:
            assert response.status == HTTPStatus.NOT_FOUND
            assert SECRET not in await response.text()


async def test_the_name_asked_for_is_escaped(reader: Client) -> None:
    text = await read(reader, "/runbooks/%3Cscript%3Ex", HTTPStatus.NOT_FOUND)
    assert "<script>x" in Read(text).text
    assert "script" not in Read(text).tags


async def test_a_near_miss_is_led_to_what_was_meant(reader: Client) -> None:
    text = await read(reader, "/runbooks/spread_critcal", HTTPStatus.NOT_FOUND)
    assert "did you mean spread_critical?" in Read(text).text
    assert "/runbooks/spread_critical" in Read(text).links


async def test_without_a_folder_there_are_none_and_the_rest_is_served(client: Client) -> None:
    assert "There are none here." in await read(client, "/runbooks/")
    await read(client, "/runbooks/spread_critical", HTTPStatus.NOT_FOUND)
    await read(client, "/")


async def test_a_folder_that_is_missing_is_named(site: Site, tmp_path: Path) -> None:
    missing = tmp_path / "<none>"
    server = Server(site.pipeline, Telemetry(), lambda: "", list, runbooks=missing)
    async with TestClient(TestServer(server.application())) as asking:
        assert f"There are none in {missing}." in Read(await read(asking, "/runbooks/")).text
        await read(asking, "/runbooks/feed_stale", HTTPStatus.NOT_FOUND)


async def test_an_explanation_leads_to_the_runbook_of_its_alert(site: Site, get: Get) -> None:
    rig = Rig(configured({"wide": written()}), [("spread_bps", PERP)])
    site.pipeline.alerts = rig.alerts
    rig.step(11)
    page = Read(await get("/explain?alert=wide&exchange=binance&instrument=BTC-USDT-PERP"))
    assert page.links.count("/runbooks/wide") == 1
