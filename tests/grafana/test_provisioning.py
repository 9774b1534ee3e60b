"""What Grafana is given from files: what stands in them, and what a real one makes of it."""

import configparser
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml

from exporter.stack.grafana import HOME, OPEN, settings
from exporter.stack.programs import found_grafana
from tests.compose.composed import environment, kind, read
from tests.grafana.server import FILES, grafana
from tests.shared import ROOT

PROVISIONING = FILES / "provisioning"
PROMETHEUS, ALERTMANAGER = "http://127.0.0.1:9", "http://127.0.0.1:19"
"""Nobody is there: what Grafana reads from files does not depend on them."""
WANTED = {"alerting", "dashboards", "datasources", "plugins"}
"""Folders that Grafana misses in its log where they are not there."""
on_demand = pytest.mark.skipif(
    not os.environ.get("GRAFANA_HOME"), reason="needs a Grafana: GRAFANA_HOME says where it is"
)


def provisioned(folder: str) -> dict[str, Any]:
    """The one file in a folder."""
    (path,) = (PROVISIONING / folder).iterdir()
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def sources() -> dict[str, dict[str, Any]]:
    """The data sources by uid."""
    return {one["uid"]: one for one in provisioned("datasources")["datasources"]}


def given(folder: Path) -> dict[str, str]:
    """What `demo` starts Grafana with."""
    return settings(FILES, folder, 3000, prometheus=PROMETHEUS, alertmanager=ALERTMANAGER)


def dashboards() -> dict[str, str]:
    """Title by uid."""
    trees = (json.loads(path.read_text()) for path in (FILES / "dashboards").glob("*.json"))
    return {tree["uid"]: tree["title"] for tree in trees}


def composed() -> Iterator[dict[str, str]]:
    """The environment of each Grafana in docker-compose.yml."""
    for service in read()["services"].values():
        if kind(service) == "grafana":
            yield environment(service)


# --- what stands in the files


def test_each_folder_that_grafana_reads_is_there_with_a_file_that_it_takes() -> None:
    """It warns of every file in them that is none of its own, also of a hidden one."""
    assert {path.name for path in PROVISIONING.iterdir()} == WANTED
    for folder in WANTED:
        assert provisioned(folder)["apiVersion"] == 1
    assert {path.suffix for path in PROVISIONING.glob("*/*")} == {".yml"}


def test_the_data_sources_are_those_that_dashboards_and_links_name() -> None:
    assert {uid: one["type"] for uid, one in sources().items()} == {
        "market-prometheus": "prometheus",
        "market-alertmanager": "alertmanager",
    }
    assert [uid for uid, one in sources().items() if one.get("isDefault")] == ["market-prometheus"]
    assert {one["access"] for one in sources().values()} == {"proxy"}


def test_no_panel_asks_for_more_points_than_are_scraped() -> None:
    shipped = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text())
    told = sources()["market-prometheus"]["jsonData"]["timeInterval"]
    assert told == shipped["global"]["scrape_interval"]


def test_rules_are_shown_with_their_silences_and_grafana_tells_nobody() -> None:
    prometheus = sources()["market-prometheus"]["jsonData"]
    assert prometheus["manageAlerts"] is True
    assert prometheus["alertmanagerUid"] in sources()
    alertmanager = sources()[prometheus["alertmanagerUid"]]
    assert alertmanager["jsonData"] == {
        "implementation": "prometheus",
        "handleGrafanaManagedAlerts": False,
    }
    assert provisioned("alerting") == {"apiVersion": 1}


def test_nothing_that_is_provisioned_can_be_changed_in_the_browser() -> None:
    assert {one["editable"] for one in sources().values()} == {False}
    (provider,) = provisioned("dashboards")["providers"]
    assert provider["allowUiUpdates"] is False
    assert (provider["folder"], provider["folderUid"]) == ("Market quality", "market-quality")


def test_no_plugin_is_needed_and_no_secret_is_in_them() -> None:
    assert provisioned("plugins") == {"apiVersion": 1}
    text = "".join(path.read_text() for path in PROVISIONING.glob("*/*"))
    assert not re.search("(?i)password|secureJson|basicAuth|token", text)


def test_each_variable_in_them_has_a_value_wherever_grafana_is_started(tmp_path: Path) -> None:
    text = "".join(path.read_text() for path in PROVISIONING.glob("*/*"))
    used = set(re.findall(r"\$\{(\w+)\}", text))
    assert used == {"MARKET_PROMETHEUS_URL", "MARKET_ALERTMANAGER_URL", "MARKET_DASHBOARDS"}
    assert text.count("$") == len(used)
    environments = [given(tmp_path), *composed()]
    assert len(environments) == 4
    for one in environments:
        assert all(one[name] for name in used)


def test_what_lets_anybody_look_is_for_demonstrations_alone(tmp_path: Path) -> None:
    anonymous = [
        one for one in (given(tmp_path), *composed()) if "GF_AUTH_ANONYMOUS_ENABLED" in one
    ]
    assert len(anonymous) == 2
    for one in anonymous:
        assert OPEN.items() <= one.items()
        assert not any("PASSWORD" in name for name in one)


def test_grafana_of_a_demonstration_is_on_loopback_and_keeps_to_its_folder(tmp_path: Path) -> None:
    told = given(tmp_path)
    assert told["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert {told[f"GF_PATHS_{name}"] for name in ("DATA", "LOGS", "PLUGINS")} == {
        str(path) for path in (tmp_path, tmp_path / "log", tmp_path / "plugins")
    }
    assert told["GF_PATHS_PROVISIONING"] == str(PROVISIONING)
    assert Path(told["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).name == HOME


# --- what a real Grafana makes of it


@on_demand
async def test_a_real_grafana_takes_all_of_it_without_a_warning(tmp_path: Path) -> None:
    async with grafana(tmp_path, PROMETHEUS, ALERTMANAGER) as it:
        there = {one["uid"]: one for one in await it.get("/api/datasources")}
        assert there.keys() == sources().keys()
        for uid, one in sources().items():
            assert there[uid]["readOnly"] is True
            assert there[uid]["isDefault"] == one.get("isDefault", False)
            assert there[uid]["jsonData"].items() >= one["jsonData"].items()
        assert there["market-prometheus"]["url"] == PROMETHEUS
        assert there["market-alertmanager"]["url"] == ALERTMANAGER
        found = await it.get("/api/search", type="dash-db")
        assert {one["uid"]: one["title"] for one in found} == dashboards()
        assert {one["folderUid"] for one in found} == {"market-quality"}
        home = await it.get("/api/dashboards/home")
        assert home["dashboard"]["uid"] == Path(HOME).stem
        assert it.complaints("provisioning") == []


@on_demand
async def test_a_real_grafana_complains_of_what_is_wrong_in_them(tmp_path: Path) -> None:
    """What the test above looks for is there to be found."""
    wrong = copytree(PROVISIONING, tmp_path / "wrong")
    (wrong / "alerting" / ".gitkeep").touch()
    (wrong / "plugins" / "market.yml").unlink()
    (wrong / "plugins").rmdir()
    extra = {"GF_PATHS_PROVISIONING": str(wrong)}
    async with grafana(tmp_path, PROMETHEUS, ALERTMANAGER, extra) as it:
        assert {line.split()[0] for line in it.complaints("provisioning")} == {
            "logger=provisioning.alerting",
            "logger=provisioning.plugins",
        }


@on_demand
async def test_whoever_looks_at_a_demonstration_can_change_nothing(tmp_path: Path) -> None:
    async with grafana(tmp_path, PROMETHEUS, ALERTMANAGER) as it:
        status, _ = await it.post("/login", {"user": "admin", "password": "admin"})
        assert status in (400, 401)
        dashboard = {"dashboard": {"uid": "other", "title": "Other", "panels": []}}
        status, _ = await it.post("/api/dashboards/db", dashboard)
        assert status == 403
        status, _ = await it.post("/api/datasources", {"name": "a", "type": "prometheus"})
        assert status == 403


@on_demand
def test_a_real_grafana_knows_each_setting(tmp_path: Path) -> None:
    """It says nothing of one that it does not know."""
    there = found_grafana()
    assert there is not None
    known = configparser.RawConfigParser(strict=False, allow_no_value=True, delimiters=("=",))
    text = (there.home / "conf" / "defaults.ini").read_text(encoding="utf-8")
    known.read_string(f"[default]\n{text}")
    names = {
        f"GF_{section}_{key}".upper().replace(".", "_").replace("-", "_")
        for section in known.sections()
        for key in known.options(section)
    }
    used = {name for one in (given(tmp_path), *composed()) for name in one}
    assert {name for name in used if name.startswith("GF_")} <= names
