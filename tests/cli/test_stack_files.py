"""The shipped prometheus.yml with other targets: nothing else of it changes."""

from pathlib import Path

import yaml

from exporter.stack.files import JOBS, prometheus_config
from tests.programs import promtool
from tests.shared import ROOT

SHIPPED = ROOT / "prometheus" / "prometheus.yml"
TARGETS = {job: f"127.0.0.1:{number}" for number, job in enumerate(JOBS, start=1)}


def test_only_targets_and_the_place_of_the_rules_differ(tmp_path: Path) -> None:
    shipped = yaml.safe_load(SHIPPED.read_text())
    made = yaml.safe_load(prometheus_config(SHIPPED, TARGETS, {}))
    assert made["alerting"]["alertmanagers"] == [{"static_configs": [{"targets": ["127.0.0.1:3"]}]}]
    assert [job["static_configs"] for job in made["scrape_configs"]] == [
        [{"targets": [TARGETS[job]]}] for job in JOBS
    ]
    assert made["rule_files"] == [str(ROOT / "prometheus" / name) for name in shipped["rule_files"]]
    for tree in (shipped, made):
        del tree["rule_files"], tree["alerting"]["alertmanagers"]
        for job in tree["scrape_configs"]:
            del job["static_configs"]
    assert made == shipped


def test_prometheus_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "prometheus.yml"
    path.write_text(prometheus_config(SHIPPED, TARGETS, {"drill": "true"}))
    checked = promtool("check", "config", str(path))
    assert checked.returncode == 0, checked.stderr
    exporter = yaml.safe_load(path.read_text())["scrape_configs"][0]
    assert exporter["static_configs"] == [{"targets": ["127.0.0.1:1"], "labels": {"drill": "true"}}]


def test_several_targets_of_a_job_are_all_there() -> None:
    targets = {"market-exporter": ["a:1", "b:1"], "alertmanager": ("a:3", "b:3")}
    made = yaml.safe_load(prometheus_config(SHIPPED, targets, {}))
    assert made["alerting"]["alertmanagers"] == [{"static_configs": [{"targets": ["a:3", "b:3"]}]}]
    assert {job["job_name"]: job["static_configs"] for job in made["scrape_configs"]} == {
        "market-exporter": [{"targets": ["a:1", "b:1"]}],
        "alertmanager": [{"targets": ["a:3", "b:3"]}],
    }


def test_a_replica_has_a_name_that_its_alerts_do_not_have() -> None:
    made = yaml.safe_load(prometheus_config(SHIPPED, TARGETS, {}, replica="a"))
    assert made["global"]["external_labels"] == {"replica": "a"}
    assert {"regex": "replica", "action": "labeldrop"} in made["alerting"]["alert_relabel_configs"]


def test_samples_are_written_elsewhere_only_if_told(tmp_path: Path) -> None:
    without = yaml.safe_load(prometheus_config(SHIPPED, TARGETS, {}))
    assert not {"remote_write", "external_labels"} & {*without, *without["global"]}
    path, url = tmp_path / "prometheus.yml", "https://remote.example.org/api/v1/write"
    path.write_text(prometheus_config(SHIPPED, TARGETS, {}, replica="a", remote_write=url))
    assert yaml.safe_load(path.read_text())["remote_write"] == [{"url": url}]
    checked = promtool("check", "config", str(path))
    assert checked.returncode == 0, checked.stderr
