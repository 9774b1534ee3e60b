"""Maintenance that simulated exchanges announce: proposed, and made so where it is wanted."""

import asyncio
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import aiohttp
import pytest

from exporter import clock
from exporter.__main__ import main
from exporter.config.maintenance import MaintenanceFile
from exporter.feeds import FEEDS
from exporter.feeds.feed import RestRules
from exporter.feeds.notices import BOARDS
from exporter.live.notices import Asked, Notices
from exporter.live.rest import RestClient
from exporter.pipeline import Pipeline
from exporter.simulator import okx_rest
from exporter.telemetry import Telemetry
from tests.cli.processes import configured, everywhere
from tests.live.rig import Heard, rig
from tests.maintenance.keeper import Keeper, keeping
from tests.shared import shipped
from tests.simulator.serving import Site, running

COUNTED = "market_exporter_notice_reads_total"
SERVICES = {"binance/spot": "binance/spot", "okx": "okx/public"}
"""The simulated service by feed."""


class Still(Random):
    """Waits for nobody."""

    def uniform(self, a: float, b: float) -> float:
        return a


@dataclass
class Asking:
    """The part of an exporter that asks exchanges, each time that it is told to."""

    pipeline: Pipeline
    telemetry: Telemetry
    heard: Heard
    notices: Notices
    session: aiohttp.ClientSession
    applied: int = 0

    async def asks(self) -> None:
        await self.notices.ask(self.session, self._applied)

    def _applied(self) -> None:
        self.applied += 1

    def counted(self, exchange: str, result: str) -> float:
        labels = {"exchange": exchange, "result": result}
        return self.telemetry.registry.get_sample_value(COUNTED, labels) or 0

    def told(self, event: str = "maintenance_notice") -> list[dict[str, str | int]]:
        return [details for name, details in self.heard.events if name == event]

    def active(self) -> Mapping[str, bool]:
        """By exchange, whether it says that maintenance goes on."""
        announced = self.pipeline.maintenance.announced
        return {name: any(one.active for one in those) for name, those in announced.items()}


@asynccontextmanager
async def asking(site: Site, **settings: object) -> AsyncIterator[Asking]:
    """One that asks the simulated exchanges, under these settings of maintenance."""
    maintenance = MaintenanceFile(**{"alertmanagers": (), **settings})  # type: ignore[arg-type]
    heard, telemetry = Heard(), Telemetry()
    pipeline = Pipeline(replace(shipped(), maintenance=maintenance), observer=heard)
    async with aiohttp.ClientSession() as session:
        clients = {
            feed: RestClient(f"{site.base}/{service}", rules(feed), session, 5)
            for feed, service in SERVICES.items()
        }

        def asked() -> Asked:
            for feed, board in BOARDS.items():
                yield feed.partition("/")[0], board, clients[feed]

        notices = Notices(pipeline, telemetry, heard, Still(), asked)
        yield Asking(pipeline, telemetry, heard, notices, session)


def rules(name: str) -> RestRules:
    (service,) = (feed.service for feed in FEEDS if feed.name == name)
    assert service is not None
    return service.rest


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Exchanges that may be asked as often as a test wants to."""
    monkeypatch.setattr(okx_rest, "_STATUS_LIMIT", (1000, 5))
    async with running() as it:
        yield it


@pytest.fixture
async def keeper() -> AsyncIterator[Keeper]:
    async with keeping() as it:
        yield it


async def announce(site: Site, exchange: str, begins_in: float = 0, **more: object) -> None:
    wanted = {"exchange": exchange, "begins_in": begins_in, **more}
    async with site.http.post(f"{site.base}/control/maintenance", json=wanted) as answer:
        assert answer.status == 201, await answer.text()


async def withdraw(site: Site) -> None:
    async with site.http.delete(f"{site.base}/control/maintenance") as answer:
        assert answer.status == 200


async def test_where_nothing_is_announced_nothing_is_proposed(site: Site) -> None:
    async with asking(site) as it:
        await it.asks()
        assert it.active() == {"binance": False, "okx": False}
        assert it.heard.events == []
        assert it.counted("okx", "ok") == it.counted("binance", "ok") == 1


async def test_what_is_new_is_proposed_once_as_a_command_that_does_it(
    site: Site, keeper: Keeper, tmp_path: Path
) -> None:
    await announce(site, "okx", 3600, title="Spot system upgrade", seconds=1800)
    await announce(site, "binance")
    async with asking(site) as it:
        await it.asks()
        await it.asks()
        assert it.active() == {"binance": True, "okx": False}
        binance, okx = it.told()
        assert (binance["exchange"], binance["begin"], binance["end"]) == ("binance", "", "")
        assert (okx["exchange"], okx["title"]) == ("okx", "Spot system upgrade")
    config = configured(tmp_path, everywhere("127.0.0.1:1"))
    for one in (binance, okx):
        program, *words = shlex.split(str(one["proposal"]))
        assert program == "market-quality-exporter"
        given = [*words, "--config", str(config), "--alertmanager", keeper.url]
        assert await asyncio.to_thread(main, given) == 0
    scopes = [
        [(m["name"], m["value"]) for m in silence["matchers"] if m["name"] in ("exchange", "other")]
        for silence in keeper.silences
    ]
    assert scopes == [
        [("exchange", "binance")], [("other", "binance")], [("exchange", "okx")], [("other", "okx")]
    ]  # fmt: skip
    assert keeper.silences[2]["endsAt"] == okx["end"]
    assert keeper.silences[2]["status"]["state"] == "pending"


async def test_what_has_changed_is_proposed_anew_and_what_comes_back_too(site: Site) -> None:
    await announce(site, "okx", 3600)
    async with asking(site) as it:
        await it.asks()
        await withdraw(site)
        await announce(site, "okx", 7200)
        await it.asks()
        assert len(it.told()) == 2
        await withdraw(site)
        await it.asks()
        assert it.pipeline.maintenance.announced == {"binance": (), "okx": []}
        await announce(site, "binance")
        await it.asks()
        assert [one["exchange"] for one in it.told()] == ["okx", "okx", "binance"]


async def test_nothing_is_silenced_unless_it_is_wanted(site: Site, keeper: Keeper) -> None:
    await announce(site, "okx")
    async with asking(site, alertmanagers=(keeper.url,)) as it:
        await it.asks()
    assert (keeper.silences, keeper.asked) == ([], 0)


async def test_where_it_is_wanted_it_is_silenced_once_by_a_pair_and_after_a_restart(
    site: Site, keeper: Keeper
) -> None:
    await announce(site, "okx", title="upgrade")
    await announce(site, "binance")
    settings = {"alertmanagers": (keeper.url,), "apply_notices": True}
    async with asking(site, **settings) as one, asking(site, **settings) as other:
        await one.asks()
        await other.asks()
        assert (one.applied, other.applied) == (2, 0)
    async with asking(site, **settings) as again:
        await again.asks()
    assert len(keeper.silences) == 4
    assert {silence["createdBy"] for silence in keeper.silences} == {"market-quality-exporter"}


async def test_what_somebody_has_ended_stays_ended(site: Site, keeper: Keeper) -> None:
    await announce(site, "okx")
    async with asking(site, alertmanagers=(keeper.url,), apply_notices=True) as it:
        await it.asks()
        for silence in keeper.live():
            keeper.expire(silence["id"])
        await it.asks()
        assert keeper.live() == []


async def test_it_ends_when_the_exchange_says_that_it_is_over(site: Site, keeper: Keeper) -> None:
    people = keeper.put("okx", reason="by hand")
    await announce(site, "okx")
    async with asking(site, alertmanagers=(keeper.url,), apply_notices=True) as it:
        await it.asks()
        assert len(keeper.live()) == 3
        await withdraw(site)
        await it.asks()
        assert [silence["id"] for silence in keeper.live()] == [people]


async def test_an_alertmanager_that_fails_is_told_and_asked_again(
    site: Site, keeper: Keeper
) -> None:
    await announce(site, "okx")
    keeper.failing = True
    async with asking(site, alertmanagers=(keeper.url,), apply_notices=True) as it:
        await it.asks()
        assert {one["exchange"] for one in it.told("notice_not_applied")} == {"binance", "okx"}
        keeper.failing = False
        await it.asks()
        assert len(keeper.live()) == 2


async def test_an_exchange_that_does_not_answer_is_told_once_and_its_last_word_stands(
    site: Site,
) -> None:
    await announce(site, "okx")
    async with asking(site) as it:
        await it.asks()
        incident = await site.begin("rest-errors", exchange="okx")
        await it.asks()
        await it.asks()
        assert it.active() == {"binance": False, "okx": True}
        (trouble,) = it.told("notices_unreadable")
        assert trouble["exchange"] == "okx"
        assert it.counted("okx", "failed") == 2
        await site.end(incident)
        await it.asks()
        assert [one["exchange"] for one in it.told("notices_readable_again")] == ["okx"]


async def test_switched_off_nobody_is_asked_and_nothing_is_known(site: Site) -> None:
    await announce(site, "okx")
    async with asking(site) as it:
        await it.asks()
        settings = MaintenanceFile(alertmanagers=(), notices=False)
        it.pipeline.reconfigure(replace(it.pipeline.config, maintenance=settings), clock.now())
        await it.asks()
        assert it.active() == {}
        assert it.counted("okx", "ok") == 1


async def test_okx_is_asked_at_most_once_in_five_seconds() -> None:
    async with running() as site:
        path = "/okx/public/api/v5/system/status"
        assert [(await site.get(path))[0] for _ in range(2)] == [200, 429]
        assert sum(site.simulation.violations.values()) == 1


async def test_a_live_exporter_hears_of_it_within_the_limits(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        maintenance = it.pipeline.maintenance
        await it.until(lambda: len(maintenance.announced) == 2)
        it.feeds.reconfigured()
        it.feeds.reconfigured()
        await it.all_live()
        assert it.read("okx/BTC-USDT-PERP").keys().isdisjoint({("market_maintenance_active",)})


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({}, "missing required field `exchange`"),
        ({"exchange": "kraken"}, "Invalid enum value 'kraken'"),
        ({"exchange": "okx", "seconds": 0}, "Expected `float` > 0"),
        ({"exchange": "okx", "size": 1}, "unknown field `size`"),
    ],
)
async def test_an_announcement_that_cannot_be_made_is_refused(
    wanted: dict[str, object], sentence: str
) -> None:
    async with running() as site:
        url = f"{site.base}/control/maintenance"
        async with site.http.post(url, json=wanted) as answer:
            assert answer.status == 400
            assert sentence in (await answer.json())["error"]


async def test_what_is_announced_is_over_after_its_time(site: Site) -> None:
    await announce(site, "okx", -3600, seconds=3599)
    await announce(site, "binance", -3600, seconds=3599)
    _, okx = await site.get("/okx/public/api/v5/system/status")
    assert okx == {"code": "0", "data": [], "msg": ""}
    status = "/binance/spot/sapi/v1/system/status"
    assert await site.get(status) == (200, {"status": 0, "msg": "normal"})
    await announce(site, "binance", 3600)
    assert await site.get(status) == (200, {"status": 0, "msg": "normal"})
    await announce(site, "binance")
    assert await site.get(status) == (200, {"status": 1, "msg": "system_maintenance"})
