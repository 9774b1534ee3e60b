"""The user's files in the sandbox: other addresses and names, the same thresholds and rules."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.config import load
from exporter.drills import files
from exporter.drills.markets import ground
from exporter.drills.routes import Routes
from exporter.paging.durations import seconds
from exporter.stack.files import prometheus_config
from tests.cli.processes import everywhere
from tests.drills.configured import folder, only
from tests.programs import promtool
from tests.shared import ROOT

TOLD = "http://127.0.0.1:9"


def copied(given: Path, out: Path) -> Path:
    """The folder as a sandbox has it, with exchanges on a port of their own."""
    where = ground(load(given))
    return files.configuration(given, out, where, everywhere("127.0.0.1:7"), TOLD)


def test_only_addresses_differ_from_the_shipped_configuration(tmp_path: Path) -> None:
    shipped, made = load(ROOT / "config"), load(copied(ROOT / "config", tmp_path / "out"))
    assert made.alerts == shipped.alerts
    assert made.features == shipped.features
    assert made.instruments == shipped.instruments
    addresses = {
        str(endpoint.rest)
        for exchange in made.exchanges.exchanges.values()
        for endpoint in exchange.feeds.values()
    }
    assert addresses == {"http://127.0.0.1:7"}
    assert made.maintenance.alertmanagers == (TOLD,)
    assert not made.maintenance.notices


def test_markets_that_are_not_drilled_are_left_out_with_their_thresholds(tmp_path: Path) -> None:
    def more(tree: dict[str, Any]) -> None:
        tree["instruments"]["XYZ-USDT-SPOT"] = {"symbols": {"binance": "XYZUSDT"}}

    def thresholds(tree: dict[str, Any]) -> None:
        tree["alerts"]["spread_critical"]["thresholds"]["XYZ-USDT-SPOT"] = 30
        tree["alerts"]["depth_drop_warning"]["thresholds"] = {"XYZ-USDT-SPOT": -40}

    given = folder(tmp_path / "given", instruments=more, alerts=thresholds)
    made = load(copied(given, tmp_path / "out"))
    assert set(made.instruments.instruments) == {"BTC-USDT-PERP", "BTC-USDT-SPOT"}
    assert "XYZ-USDT-SPOT" not in made.alerts.alerts["spread_critical"].thresholds
    assert not made.alerts.alerts["depth_drop_warning"].enabled


def test_another_coin_can_be_drilled(tmp_path: Path) -> None:
    given = folder(tmp_path / "given", **only("ETH"))
    made = load(copied(given, tmp_path / "out"))
    assert list(made.instruments.instruments) == ["ETH-USDT-SPOT", "ETH-USDT-PERP"]


@pytest.fixture
def prometheus() -> dict[str, Any]:
    """prometheus.yml as a sandbox has it."""
    targets = {"market-exporter": "127.0.0.1:1", "prometheus": "127.0.0.1:2"}
    shipped = prometheus_config(ROOT / "prometheus" / "prometheus.yml", targets, {"drill": "true"})
    made: dict[str, Any] = yaml.safe_load(files.prometheus(shipped, 2))
    return made


def test_the_exchanges_of_a_drill_have_names_of_their_own(prometheus: dict[str, Any]) -> None:
    exporter = prometheus["scrape_configs"][0]
    assert exporter["static_configs"] == [{"targets": ["127.0.0.1:1"], "labels": {"drill": "true"}}]
    assert [
        (one["source_labels"], one["target_label"], one["replacement"])
        for one in exporter["metric_relabel_configs"]
    ] == [(["exchange"], "exchange", "drill-$1"), (["other"], "other", "drill-$1")]


def test_an_exporter_in_earnest_is_not_missed(prometheus: dict[str, Any], tmp_path: Path) -> None:
    """`exporter_down` asks for a target that is no drill; here another stands for it, without
    any series of its own."""
    stand_in = prometheus["scrape_configs"][-1]
    assert stand_in["static_configs"][0]["labels"] == {"job": "market-exporter"}
    assert stand_in["metric_relabel_configs"] == [{"action": "drop", "regex": ".*"}]
    path = tmp_path / "prometheus.yml"
    path.write_text(yaml.safe_dump(prometheus))
    checked = promtool("check", "config", str(path))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_alertmanager_is_to_do_is_read_from_its_own_words() -> None:
    text = (ROOT / "prometheus" / "alertmanager.yml").read_text()
    routes = Routes(text)
    assert [routes.group_interval(name) for name in ("drill", "page", "chat")] == [10, 60, 60]
    tree = yaml.safe_load(text)
    tree["receivers"][0] |= {
        "slack_configs": [{"send_resolved": False}],
        "webhook_configs": [{"send_resolved": True}],
    }
    routes = Routes(yaml.safe_dump(tree))
    assert routes.integrations("page") == ["slack", "webhook"]
    assert routes.integrations("page", resolved=True) == ["webhook"]
    assert routes.integrations("drill") == []


@pytest.mark.parametrize(
    ("text", "wanted"), [("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("1h", 3600)]
)
def test_durations_are_read(text: str, wanted: float) -> None:
    assert seconds(text) == wanted
