"""Rules, configurations and a page on several versions of the servers: `make test-versions`.

VERSIONS is a folder with a folder for each pair of versions, which holds prometheus, promtool,
alertmanager and amtool.
"""

import os
import shutil
from io import StringIO
from pathlib import Path

import pytest

from exporter.commands.render import PrometheusOptions, RenderOptions, render_command
from exporter.config import load
from tests.paging.integrations import NEEDED
from tests.programs import amtool, promtool
from tests.shared import ROOT
from tests.stack.configuration import CHAT, PAGE
from tests.stack.measured import table, ways
from tests.stack.stack import Stack, stack

PROGRAMS = ("prometheus", "promtool", "alertmanager", "amtool")
FOLDER = os.environ.get("VERSIONS")
EACH = sorted(path.name for path in Path(FOLDER).iterdir() if path.is_dir()) if FOLDER else []
RULES = sorted((ROOT / "prometheus" / "rules").glob("*.yml"))
TESTS = sorted((ROOT / "prometheus" / "tests").glob("*.yml"))
MARKET = ("binance", "BTC-USDT-PERP")
ALERT = "spread_critical"
SOON, RESOLVED = 30, 90
"""Seconds within which a page and its end must come."""

pytestmark = pytest.mark.skipif(
    not EACH, reason="VERSIONS names no folder with a folder for each version"
)


@pytest.fixture(params=EACH or ["none"])
def version(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, which are found first."""
    folder = Path(str(FOLDER)).resolve() / str(request.param)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    for name in PROGRAMS:
        assert shutil.which(name) == str(folder / name), f"{folder} has no {name}"
    return folder


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_tests_say(path: Path) -> None:
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("version")
def test_the_configuration_of_prometheus_is_taken(tmp_path: Path) -> None:
    rendered(tmp_path)
    for path in (ROOT / "prometheus" / "prometheus.yml", tmp_path / "prometheus.yml"):
        done = promtool("check", "config", str(path))
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{len(RULES)} rule files found" in done.stdout


@pytest.mark.usefixtures("version")
def test_every_receiver_is_taken_by_alertmanager(tmp_path: Path) -> None:
    done = amtool("check-config", str(rendered(tmp_path)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert " - 5 receivers" in done.stdout


async def test_an_incident_is_told_once_and_ends_once(version: Path, tmp_path: Path) -> None:
    async with stack(tmp_path) as it:
        try:
            await it.warm(8)
            assert [str(one) for one in it.messages()] == []
            began = await it.begin("spread-blow-out", *MARKET)
            await it.until(lambda: told(it, "firing") == sorted(PAGE), SOON)
            await it.exporter.restart()
            await it.sure("min(market_feed_up) == 1")
            await it.end(began)
            await it.until(lambda: told(it, "resolved") == sorted(PAGE), RESOLVED)
            assert told(it, "firing") == sorted(PAGE), "a restart told it again"
            assert not it.messages(place="chat", alert=ALERT, status="firing"), CHAT
        finally:
            print(f"\n{version.name}: {await versions(it)}", table(ways(it)), sep="\n")


def rendered(folder: Path) -> Path:
    """Both configurations with all that they can have; the one of Alertmanager."""
    secrets = folder / "secrets"
    for receiver in ("page", "chat", "watchdog"):
        for texts in NEEDED.values():
            for name, text in texts.items():
                path = secrets / receiver / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    urls = load(ROOT / "config").urls
    links = urls.model_copy(update={name: "https://links.example.org" for name, _ in urls})
    places = {"market-exporter": ["a:1", "b:2"], "prometheus": "c:3", "alertmanager": "d:4"}
    options = RenderOptions(
        ROOT / "prometheus" / "alertmanager.template.yml",
        secrets,
        folder,
        prometheus=PrometheusOptions(places, "a", "http://remote:8428/api/v1/write"),
    )
    assert render_command(links, options, StringIO()) == 0
    return folder / "alertmanager.yml"


def told(it: Stack, status: str) -> list[str]:
    """The kinds of receiver that were told of it, as often as they were."""
    exchange, instrument = MARKET
    came = it.messages(alert=ALERT, exchange=exchange, instrument=instrument, status=status)
    return sorted(one.kind for one in came)


async def versions(it: Stack) -> str:
    """What the two servers say that they are."""
    one = (await it.prometheus.get("/api/v1/status/buildinfo"))["data"]["version"]
    other = (await it.alertmanager.get("/api/v2/status"))["versionInfo"]["version"]
    return f"Prometheus {one}, Alertmanager {other}"
