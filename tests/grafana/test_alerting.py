"""Grafana's own alerting in a real one: it is given what is rendered, and tells people itself.

The incident is one of the simulated exchanges and goes through the real exporter and Prometheus.
The tests read what came of one story; with `-s` it prints who was told what when.
"""

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from tests.cli.processes import program
from tests.grafana.server import FILES, Grafana, grafana
from tests.stack.configuration import secrets
from tests.stack.receivers import Receivers, receivers
from tests.stack.stack import Stack, stack

pytestmark = pytest.mark.skipif(
    not os.environ.get("GRAFANA_HOME"), reason="needs a Grafana: GRAFANA_HOME says where it is"
)
PAGE = ("pagerduty", "slack")
CHAT = ("slack", "discord")
SLOW = 120
"""Seconds for what takes Grafana up to a minute and a half: it looks every ten seconds, and says
once a minute what has changed in a group."""
POLL = "5s"
"""Until then a Grafana that starts for the first time would tell its own default contact point."""
ALERT, WARNING = "spread_critical", "spread_warning"
EXCHANGE, INSTRUMENT = "binance", "BTC-USDT-PERP"
WHAT = f"{ALERT}: {EXCHANGE} {INSTRUMENT}"
SINCE = f'ALERTS_FOR_STATE{{alert="{ALERT}"}}'
"""Which of two began first is asked of this."""
RULES = "/api/prometheus/grafana/api/v1/rules"


class Told(NamedTuple):
    """What Grafana sent to a webhook; `at` is monotonic seconds."""

    at: float
    place: str
    content: Mapping[str, Any]

    @property
    def labels(self) -> Mapping[str, str]:
        """Those that its alerts share."""
        labels: Mapping[str, str] = self.content["commonLabels"]
        return labels


class Webhooks:
    """All that came, in order; `base` is their address, a place comes after it."""

    def __init__(self) -> None:
        self.all: list[Told] = []
        self.base = ""

    async def take(self, request: web.Request) -> web.Response:
        """Whatever it is."""
        place = request.match_info["place"]
        self.all.append(Told(time.monotonic(), place, await request.json()))
        return web.Response()

    def told(self, alert: str, status: str = "firing") -> list[Told]:
        """What was said of an alert, at any place."""
        return [
            one
            for one in self.all
            if one.content["status"] == status
            and alert in (one.labels.get("alert"), one.labels["alertname"])
        ]


class Seen(NamedTuple):
    """What came of the story; moments are monotonic seconds."""

    webhooks: Webhooks
    receivers: Receivers
    rules: list[dict[str, Any]]
    complaints: list[str]
    since: list[float]
    began: float
    ended: float


@asynccontextmanager
async def webhooks() -> AsyncIterator[Webhooks]:
    """They take all that comes; ended after."""
    them, app = Webhooks(), web.Application()
    app.router.add_post("/{place}", them.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        them.base = f"http://{host}:{port}"
        yield them
    finally:
        await runner.cleanup()


async def provisioning(folder: Path, them: Receivers, hooks: Webhooks) -> Path:
    """The project's own, and in its folder for alerting what is rendered for these receivers."""
    made = copytree(FILES / "provisioning", folder / "provisioning")
    given = secrets(folder, them, page=PAGE, chat=CHAT)
    for place in ("page", "chat", "watchdog"):
        (given / place / "webhook_url").write_text(f"{hooks.base}/{place}\n", encoding="utf-8")
    arguments = ("--secrets", given, "--out", folder / "out", "--grafana-alerting")
    async with program("render", *arguments, made / "alerting") as render:
        assert await render.ended() == 0, "\n".join(render.err)
    return made


async def lived(folder: Path) -> Seen:
    async with stack(folder) as it, receivers() as them, webhooks() as hooks:
        (folder / "own").mkdir()
        files = await provisioning(folder / "own", them, hooks)
        extra = {
            "GF_PATHS_PROVISIONING": str(files),
            "GF_UNIFIED_ALERTING_ALERTMANAGER_CONFIG_POLL_INTERVAL": POLL,
        }
        urls = (it.prometheus.url, it.alertmanager.url)
        async with grafana(folder / "own", *urls, extra) as server:
            return await _lived(it, server, hooks, them)


async def _lived(it: Stack, server: Grafana, hooks: Webhooks, them: Receivers) -> Seen:
    now = asyncio.get_running_loop().time
    await it.warm(8)
    await it.until(lambda: hooks.told("watchdog"), SLOW)
    began = now()
    await it.begin("spread-blow-out", EXCHANGE, INSTRUMENT)
    await it.until(lambda: hooks.told(ALERT), SLOW)
    told, complained = await asked(server), complaints(server)
    await it.exporter.restart()
    since = await it.query(SINCE)
    await it.prometheus.restart()
    fed = len(hooks.told("watchdog"))
    await it.until(lambda: len(hooks.told("watchdog")) > fed + 1, SLOW)
    since += await it.query(SINCE)
    ended = now()
    await it.end()
    await it.until(lambda: hooks.told(ALERT, "resolved"), SLOW)
    await it.until(lambda: not it.running_alerts())
    seen = Seen(hooks, them, told, complained, [at for _, at in since], began, ended)
    print(f"\n{story(seen, it)}")
    return seen


async def asked(server: Grafana) -> list[dict[str, Any]]:
    """All rules, as Grafana says they do."""
    groups = (await server.get(RULES))["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def complaints(server: Grafana) -> list[str]:
    """Of what it reads from files, and of its alerting."""
    return server.complaints("provisioning") + server.complaints("ngalert")


def story(seen: Seen, it: Stack) -> str:
    """Who was told what, in seconds after the beginning."""
    lines = [(one.at, f"webhook {one.place}: {one.content['title']}") for one in seen.webhooks.all]
    lines += [(one.at, f"{one.kind} {one.place}: {one}") for one in seen.receivers.messages()]
    lines += [(seen.began, "the incident begins"), (seen.ended, "the incident ends")]
    offset = time.monotonic() - time.time()
    lines += [
        (one.time + offset, f"exporter: {one.alert} {one.before} -> {one.after}")
        for one in it.changes()
    ]
    return "\n".join(f"{at - seen.began:8.2f}  {what}" for at, what in sorted(lines))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The whole story, once."""
    return asyncio.run(lived(tmp_path_factory.mktemp("alerting")))


def test_it_takes_the_files_and_evaluates_the_rules_without_a_complaint(seen: Seen) -> None:
    assert seen.complaints == []
    assert len(seen.rules) > 20
    assert {rule["name"]: rule["health"] for rule in seen.rules if rule["health"] != "ok"} == {}


@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_the_incident_is_told_once_and_its_end_once(seen: Seen, status: str) -> None:
    """Though exporter and Prometheus are restarted meanwhile."""
    (told,) = seen.webhooks.told(ALERT, status)
    assert told.place == "page"
    assert (told.at > seen.ended) == (status == "resolved")
    mark = "P1" if status == "firing" else "P1 resolved"
    assert told.content["title"] == f"[{mark}] {WHAT}"
    assert told.labels.items() >= {"exchange": EXCHANGE, "instrument": INSTRUMENT}.items()


def test_neither_restart_forgets_since_when_it_fires(seen: Seen) -> None:
    before, after = seen.since
    assert before == after


@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_it_is_told_with_its_numbers(seen: Seen, status: str) -> None:
    """At the end with those that were seen last."""
    ((alert,),) = (one.content["alerts"] for one in seen.webhooks.told(ALERT, status))
    numbers = r"quoted spread (\S+) bps, fires above 5\.00; z (\S+), fires beyond 3\.0; since 2.*"
    found = re.fullmatch(numbers, alert["annotations"]["description"])
    assert found is not None, alert["annotations"]["description"]
    assert float(found[1]) > 5
    assert float(found[2]) > 3


def test_it_is_told_with_its_links(seen: Seen) -> None:
    message = seen.webhooks.told(ALERT)[0].content["message"]
    assert f"/runbooks/{ALERT}" in message
    assert f"/explain?exchange={EXCHANGE}&instrument={INSTRUMENT}&alert={ALERT}" in message
    assert "/alerting/silence/new?" in message


def test_what_pages_is_in_no_chat(seen: Seen) -> None:
    assert seen.webhooks.told(WARNING) == []
    assert seen.receivers.messages(place="chat", alert=ALERT) == []


@pytest.mark.parametrize("kind", PAGE)
def test_each_service_of_the_pager_takes_it(seen: Seen, kind: str) -> None:
    told = seen.receivers.messages(kind=kind, place="page", alert=ALERT)
    assert Counter(one.status for one in told) == {"firing": 1, "resolved": 1}


def test_no_service_refuses_anything(seen: Seen) -> None:
    assert [str(one) for one in seen.receivers.refusals()] == []


def test_nothing_else_is_told_but_the_watchdog(seen: Seen) -> None:
    others = {one.labels["alertname"] for one in seen.webhooks.all} - {"watchdog"}
    assert others == {"market_alert"}
    assert {one.labels.get("alert") for one in seen.webhooks.all} == {None, ALERT}
