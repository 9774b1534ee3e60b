"""The composed stack for real, on a machine with a Docker engine: `make test-compose`.

An incident of the simulated exchanges is told by the receiver; a pair sees itself; nothing that
should not start starts, and nothing is left after.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter import __version__
from tests.compose.deployment import (
    IMAGE,
    PASSWORD,
    Deployment,
    answer,
    docker,
    project,
    query,
    secret,
)

pytestmark = pytest.mark.skipif(
    os.environ.get("COMPOSE") != "up", reason="needs a Docker engine: make test-compose"
)
RELOADED = {
    "exporter": lambda log: '"event": "reloaded"' in log,
    "prometheus": lambda log: log.count("Completed loading of configuration file") == 2,
    "alertmanager": lambda log: log.count("Completed loading of configuration file") == 2,
}
"""What each says once it has read its configuration anew."""
TITLE = "[P1] spread_critical: binance BTC-USDT-PERP"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project to deploy."""
    with project(tmp_path_factory.mktemp("deployed")) as copied:
        yield copied


def started(it: Deployment) -> None:
    done = it.up()
    assert done.returncode == 0, done.stdout + done.stderr
    it.until(it.settled, "all services are healthy")


def assert_nothing_left(it: Deployment) -> None:
    it.down()
    assert [it.left(what) for what in ("container", "volume", "network")] == [[], [], []]


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Deployment]:
    """The demonstration, running; nothing of it is left after."""
    it = Deployment(folder, "demo")
    try:
        started(it)
        yield it
    finally:
        assert_nothing_left(it)


def test_an_incident_is_told_by_the_receiver(demo: Deployment) -> None:
    demo.until(lambda: TITLE in demo.log("demo-receiver"), "the spread is told")
    told = demo.log("demo-receiver")
    print(told)
    assert told.count(TITLE) == 1
    assert "Runbook: http://127.0.0.1:9710/runbooks/spread_critical" in told
    assert "simulated" in answer(demo.ports["EXPORTER_PORT"], "/").lower()


def test_what_is_served_is_served_to_this_machine_alone(demo: Deployment) -> None:
    for name, path in (("EXPORTER", "healthy"), ("PROMETHEUS", "ready"), ("ALERTMANAGER", "ready")):
        assert answer(demo.ports[f"{name}_PORT"], f"/-/{path}")
    serving = [name for name, service in demo.services.items() if "ports" in service]
    bound = [
        where["HostIp"]
        for one in demo.containers()
        for places in one["NetworkSettings"]["Ports"].values()
        for where in places or ()
    ]
    assert len(serving) >= 3
    assert bound == ["127.0.0.1"] * len(serving)


def test_no_container_is_root_or_may_write_where_it_need_not(demo: Deployment) -> None:
    them = demo.containers()
    assert len(them) == len(demo.services) >= 5
    assert {one["Config"]["User"] for one in them} == {"65534:65534"}
    assert {one["HostConfig"]["ReadonlyRootfs"] for one in them} == {True}
    for path in ("/app/config/urls.yaml", "/app/exporter/model.py", "/new"):
        asked = ("python", "-c", f"open({path!r}, 'a')")
        refused = demo.compose("exec", "--user=root", "demo", *asked)
        assert refused.returncode == 1
        assert "Read-only file system" in refused.stderr


def test_prometheus_has_the_rules_and_the_series(demo: Deployment) -> None:
    port = demo.ports["PROMETHEUS_PORT"]
    demo.until(lambda: query(port, "market_feed_up"), "the exporter is scraped")
    assert [value for _, value in query(port, "min(up)")] == [1]
    assert "market_alert" in answer(port, "/api/v1/rules")


def test_grafana_shows_the_dashboards_to_everybody(demo: Deployment) -> None:
    if "demo-grafana" not in demo.services:
        pytest.skip("Grafana's image cannot be pulled here, and has no stand-in")
    port = demo.ports["GRAFANA_PORT"]
    assert "market-overview" in answer(port, "/api/search")
    assert "market-overview" in answer(port, "/api/dashboards/home")
    warned = [line for line in demo.log("demo-grafana").splitlines() if "provisioning" in line]
    assert not [line for line in warned if "level=warn" in line or "level=error" in line]


def assert_sees_all(it: Deployment, replica: str, port: int) -> None:
    """A member of the pair scrapes all six, which are of one mind, and sends with its name."""
    it.until(lambda: query(port, "sum(up)") == [({}, 6)], "all six are scraped")
    members = "min(alertmanager_cluster_members)"
    it.until(lambda: query(port, members) == [({}, 2)], "they are a cluster")
    config = answer(port, "/api/v1/status/config")
    assert f"replica: {replica}" in config
    assert "http://127.0.0.1:1/none" in config


def test_a_pair_is_two_of_each_that_know_each_other(folder: Path) -> None:
    given = {"RENDER_OPTIONS": "--no-pager", "REMOTE_WRITE_URL": "http://127.0.0.1:1/none"}
    it = Deployment(folder, "pair", **given)
    try:
        started(it)
        assert_sees_all(it, "a", it.ports["PROMETHEUS_PORT"])
        assert_sees_all(it, "b", it.ports["PROMETHEUS_B_PORT"])
    finally:
        assert_nothing_left(it)


def test_without_a_pager_nothing_that_pages_starts(folder: Path) -> None:
    it = Deployment(folder, "live")
    try:
        assert it.up().returncode != 0
        assert "nothing would receive a P1" in it.log("render")
        assert {name for name, (state, _) in it.states().items() if state == "created"} == {
            "prometheus",
            "alertmanager",
        }
    finally:
        assert_nothing_left(it)


def test_secrets_are_for_the_services_alone_and_history_outlives_them(folder: Path) -> None:
    secret(folder / "secrets", "page/webhook_url", "http://127.0.0.1:1/hook")
    it = Deployment(folder, "live")
    try:
        started(it)
        assert "page: webhook" in it.log("render")
        port = it.ports["PROMETHEUS_PORT"]
        it.until(lambda: query(port, "up{job='market-exporter'}"), "the exporter is scraped")
        told = it.compose("kill", "--signal=HUP", "exporter", "prometheus", "alertmanager")
        assert told.returncode == 0
        for service, words in RELOADED.items():
            it.until(lambda s=service, w=words: w(it.log(s)), f"{service} has reloaded")  # type: ignore[misc]
        assert it.compose("down").returncode == 0
        started(it)
        assert query(port, "count(max_over_time(up[1h]))")
        for one in it.containers():
            for text in ("127.0.0.1:1/hook", PASSWORD):
                assert text not in str(one["Config"])
    finally:
        assert_nothing_left(it)


def test_the_image_has_no_package_manager_and_says_its_version(folder: Path) -> None:
    it = Deployment(folder, "demo")
    assert it.compose("build").returncode == 0
    assert docker("run", "--rm", IMAGE, "--version").stdout.split()[1] == __version__
    asked = ("--entrypoint=python", IMAGE, "-m", "pip", "--version")
    assert "No module named pip" in docker("run", "--rm", *asked).stderr
