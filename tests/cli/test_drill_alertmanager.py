"""`drill --alertmanager`: one marked alert through a real Alertmanager, with its real routes."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from exporter.stack.servers import free_port
from tests.cli.processes import Program, program
from tests.cli.test_drill import finished
from tests.programs import needed
from tests.shared import ROOT
from tests.stack.processes import Server, alertmanager
from tests.stack.receivers import Receivers, receivers
from tests.stack.stack import rendered

QUICK = ("group_interval: 60s", "group_interval: 5s")


class Told(NamedTuple):
    """An Alertmanager, and who is told by it."""

    server: Server
    them: Receivers


@asynccontextmanager
async def running(
    folder: Path, places: tuple[str, ...] = ("page", "drill"), without: str = ""
) -> AsyncIterator[Told]:
    """Alertmanager with the shipped routes, but for the one of the label drill="`without`", and a
    Slack channel in each of these places. Ends are told after seconds."""
    needed("amtool")
    async with aiohttp.ClientSession() as asking, receivers() as them:
        secrets = folder / "secrets"
        for place in places:
            (secrets / place).mkdir(parents=True)
            (secrets / place / "slack_webhook_url").write_text(them.address("slack", place))
        path = await rendered(ROOT / "config", secrets, folder / "rendered")
        tree: dict[str, Any] = yaml.safe_load(path.read_text().replace(*QUICK))
        tree["route"]["routes"] = [
            route
            for route in tree["route"]["routes"]
            if not (without and route["matchers"] == [f'drill="{without}"'])
        ]
        path.write_text(yaml.safe_dump(tree))
        server = alertmanager(path, folder / "notified", free_port(), asking)
        try:
            await server.start()
            yield Told(server, them)
        finally:
            await server.close()


@asynccontextmanager
async def drill(told: Told, state: Path, *more: str) -> AsyncIterator[Program]:
    """The command, which has ended when it is given."""
    url = ("--alertmanager", told.server.url, "--state", state)
    async with program("drill", "spread-blow-out", *url, *more) as it:
        await finished(it)
        yield it


@pytest.mark.parametrize(
    ("more", "place", "kind"), [((), "drill", "alertmanager"), (("--page",), "page", "page")]
)
async def test_it_reaches_whom_it_should_and_mutes_nothing_and_is_over_again(
    tmp_path: Path, more: tuple[str, ...], place: str, kind: str
) -> None:
    market = {"exchange": "drill-binance", "instrument": "BTC-USDT-PERP", "family": "spread"}
    real = {"alertname": "spread_warning", "kind": "market", "priority": "P2", **market}
    about = "spread_critical: drill-binance BTC-USDT-PERP"
    async with running(tmp_path) as told:
        await told.server.post("/api/v2/alerts", [{"labels": real}])
        async with drill(told, tmp_path / "state", *more) as it:
            assert it.process.returncode == 0, "\n".join((*it.out, *it.err))
        assert [(one.place, one.read.headline) for one in told.them.messages()] == [
            (place, f"[DRILL] [P1] {about}"),
            (place, f"[DRILL] [P1 resolved] {about}"),
        ]
        assert all("Nothing is wrong" in one.read.text for one in told.them.messages())
        (left,) = await told.server.get("/api/v2/alerts")
        assert (left["labels"], left["status"]["state"]) == (real, "active")
    stages = [line.split()[0] for line in it.out[1:7]]
    assert stages == ["routes", "Alertmanager", "delivered", "the", "Alertmanager", "delivered"]
    assert list(json.loads((tmp_path / "state" / "drills.json").read_text())) == [kind]


async def test_routes_that_lead_elsewhere_are_named_and_nothing_is_sent(tmp_path: Path) -> None:
    async with running(tmp_path, without="true") as told:
        async with drill(told, tmp_path / "state") as it:
            assert it.process.returncode == 1
            assert it.err == [
                "market-quality-exporter: routes: it would go to page, not to drill alone"
            ]
        assert told.them.messages() == []
    assert not (tmp_path / "state").exists()


async def test_routes_of_a_file_can_be_tested_instead_of_those_in_force(tmp_path: Path) -> None:
    async with running(tmp_path, without="true") as told:
        given = ("--alertmanager-config", str(ROOT / "prometheus" / "alertmanager.yml"))
        async with drill(told, tmp_path / "state", *given) as it:
            assert it.process.returncode == 1
            assert any("Alertmanager: it goes to page" in line for line in it.out)


async def test_a_receiver_that_tells_nobody_is_named(tmp_path: Path) -> None:
    async with running(tmp_path, ("page",)) as told, drill(told, tmp_path / "state") as it:
        assert it.process.returncode == 1
        assert "the receiver drill of" in it.err[0]
        assert "put a secret into secrets/drill" in it.err[0]


async def test_a_service_that_refuses_is_named(tmp_path: Path) -> None:
    async with running(tmp_path) as told:
        told.them.failing["slack", "drill"] = 503
        async with drill(told, tmp_path / "state") as it:
            assert it.process.returncode == 1
            assert "WRONG  delivered: not seen within 20 s" in it.out
            assert any("a request by slack failed" in line for line in it.out)
        assert await told.server.get("/api/v2/alerts") == []


async def test_what_may_have_been_the_watchdogs_message_is_no_success(tmp_path: Path) -> None:
    places = ("page", "drill", "watchdog")
    async with running(tmp_path, places) as told, drill(told, tmp_path / "state") as it:
        assert it.process.returncode == 1
        assert any("the watchdog is told by slack, too" in line for line in it.out)
    assert not (tmp_path / "state").exists()


async def test_an_incident_that_nobody_is_told_of_has_nothing_to_send(tmp_path: Path) -> None:
    url = ("--alertmanager", "http://127.0.0.1:1", "--state", tmp_path)
    async with program("drill", "duplicate", *url) as it:
        assert await it.ended() == 1
        assert "nobody is told of duplicate, so there is nothing to send" in it.err[0]


async def test_an_alertmanager_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    url = ("--alertmanager", "http://127.0.0.1:1", "--state", tmp_path)
    async with program("drill", "disconnect", *url) as it:
        assert await it.ended() == 1
        (line,) = it.err
        assert "Alertmanager at http://127.0.0.1:1 cannot be asked" in line


@pytest.mark.parametrize("content", [{}, [], None, {"config": "none"}])
async def test_a_server_that_is_no_alertmanager_is_one_sentence(
    tmp_path: Path, content: object
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(content)

    application = web.Application()
    application.add_routes([web.get("/api/v2/status", answer)])
    async with TestServer(application) as server:
        url = ("--alertmanager", str(server.make_url("/")), "--state", tmp_path)
        async with program("drill", "disconnect", *url) as it:
            assert await it.ended() == 1
            (line,) = it.err
            assert line.endswith("does not answer as an Alertmanager does")
