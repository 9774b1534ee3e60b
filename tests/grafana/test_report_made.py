"""The report of a real Prometheus, and what is said where there is none."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from exporter.stack import servers
from exporter.stack.servers import free_port
from grafana.report.__main__ import main
from grafana.report.answers import Answer, UnreachableError
from grafana.report.asked import Kind, Span, panels
from grafana.report.making import ChoiceError, made, shipped
from grafana.report.report import Report
from tests.grafana.reported import EXCHANGE, board, panel, query_variable
from tests.programs import needed
from tests.stack.processes import BOUND, until

OF_BINANCE = {"exchange": "binance", "band_bps": "10"}
OF_OKX = {"exchange": "okx", "band_bps": "5"}


def config(port: int) -> str:
    """Prometheus scrapes itself as if it were two exchanges."""
    itself = [f"127.0.0.1:{port}"]
    scraped = [{"targets": itself, "labels": labels} for labels in (OF_BINANCE, OF_OKX)]
    job = {"job_name": "itself", "static_configs": scraped}
    return yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]})


async def scraped(url: str) -> None:
    """Returns once both exchanges are there."""

    async def both() -> bool:
        try:
            parameters = {"query": "count(up) == 2"}
            async with session.get(f"{url}/api/v1/query", params=parameters) as said:
                return said.ok and bool((await said.json())["data"]["result"])
        except aiohttp.ClientError:
            return False

    async with aiohttp.ClientSession() as session:
        await until(both, BOUND, "Prometheus has scraped itself")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that has the two."""
    needed("prometheus")
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    (folder / "prometheus.yml").write_text(config(port), encoding="utf-8")
    command = servers.prometheus(folder / "prometheus.yml", folder / "data", port)
    with servers.attached(command, folder / "log"):
        asyncio.run(scraped(f"http://127.0.0.1:{port}"))
        yield f"http://127.0.0.1:{port}"


def simple(*panels_: dict[str, Any]) -> dict[str, Any]:
    """A dashboard of the two exchanges."""
    band = query_variable("band", 'label_values(up{exchange=~"$exchange"}, band_bps)')
    return board(*panels_, templating={"list": [EXCHANGE, band]})


def last(minutes: float = 5) -> Span:
    """Up to now, and a second of what is taken to last."""
    end = time.time() + 1
    return Span(end - minutes * 60, end)


async def report(server: str, *panels_: dict[str, Any], **given: str) -> Report:
    return await made(server, last(), [simple(*panels_)], given)


def answers(it: Report) -> list[Answer]:
    """Those of panels."""
    return [found for query, found in it.got() if query.kind is Kind.PANEL]


async def test_each_query_gets_what_prometheus_has(server: str) -> None:
    now = {"instant": True, "legendFormat": "{{exchange}}"}
    it = await report(
        server,
        panel('up{exchange=~"$exchange"}', target=now),
        panel("sum(up)"),
        panel("scalar(sum(up))", target=now),
        panel("up > 100"),
        panel("up +"),
    )
    instant, range_, scalar, empty, wrong = answers(it)
    assert {labels["exchange"]: points[0][1] for labels, points in instant.series} == {
        "binance": 1, "okx": 1,
    }  # fmt: skip
    ((_, points),) = range_.series
    assert points[-1][1] == 2
    assert [points[0][1] for _, points in scalar.series] == [2]
    assert empty.nothing
    assert "parse error" in wrong.error
    assert it.panels == 5
    assert len(it.failed) == len(it.nothing) == 1
    ((why, _),) = it.grouped(it.got())
    assert why == "its series are there; none matches"


async def test_of_one_choice_the_first_is_taken_and_of_many_all(server: str) -> None:
    (seen,) = (await report(server)).seen
    assert seen.values == {"exchange": "$__all", "band": "5"}


async def test_what_is_given_is_chosen_and_the_others_follow(server: str) -> None:
    it = await report(server, panel('up{exchange=~"$exchange"}'), exchange="okx")
    (found,) = answers(it)
    assert [labels["exchange"] for labels, _ in found.series] == ["okx"]
    assert it.seen[0].values == {"exchange": "okx", "band": "5"}
    with pytest.raises(ChoiceError, match="there is no exchange kraken, but: binance, okx"):
        await report(server, exchange="kraken")


async def test_a_query_longer_than_an_address_may_be_is_answered(server: str) -> None:
    matching = "|".join(["binance", *(f"none{n}" for n in range(3000))])
    it = await report(server, panel(f'up{{exchange=~"{matching}"}}'))
    assert [len(found.series) for found in answers(it)] == [1]


async def test_the_page_has_every_panel_of_the_shipped_dashboards(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.html"
    arguments = ["--prometheus", server, "--minutes", "5", "--out", str(out)]
    assert await asyncio.to_thread(main, arguments) == 0
    html = out.read_text(encoding="utf-8")
    for it in shipped():
        for one in panels(it):
            assert f'id="{it["uid"]}-{one["id"]}"' in html
    assert "0 failed" in capsys.readouterr().out
    assert "there are no series market_feed_up" in html


async def test_where_nothing_answers_it_says_so_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.html"
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert await asyncio.to_thread(main, ["--prometheus", nowhere, "--out", str(out)]) == 2
    assert re.match(f"{nowhere}/.*: Prometheus does not answer: ", capsys.readouterr().err)
    assert not out.exists()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("{server}/elsewhere", "this is not Prometheus, it says 404 '404 page not found'"),
        ("127.0.0.1:9090", "is no address such as http://127.0.0.1:9090"),
    ],
)
async def test_where_there_is_no_prometheus_it_says_so(
    server: str, address: str, said: str
) -> None:
    with pytest.raises(UnreachableError, match=re.escape(said)):
        await made(address.format(server=server), last(), [], {})


async def test_a_file_that_cannot_be_written_is_named(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "missing" / "page.html"
    arguments = ["--prometheus", server, "--out", str(out)]
    assert await asyncio.to_thread(main, arguments) == 2
    assert str(out) in capsys.readouterr().err


async def test_a_password_in_the_address_is_not_shown(server: str) -> None:
    address = server.replace("http://", "http://user:hidden@")
    assert (await made(address, last(), [], {})).server == server
