"""The user's files for the sandbox: the same rules and times, other addresses."""

from collections.abc import Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

import yaml

from exporter.config import alerts, exchanges, instruments, maintenance, slo
from exporter.drills.markets import Ground
from exporter.drills.sight import DRILLED

Endpoints = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Addresses by exchange, feed, and `websocket` or `rest`."""
Tree = Mapping[str, Any]


def configuration(given: Path, out: Path, ground: Ground, endpoints: Endpoints, told: str) -> Path:
    """A copy of a configuration folder that watches the simulated exchanges; `told` is the address
    of the sandbox's Alertmanager. Thresholds, persistences and limits stay what they are; drills
    count for no objective."""
    copytree(given, out)
    (out / slo.FILE).unlink(missing_ok=True)
    watched = {exchange: {"feeds": endpoints[exchange]} for exchange, _ in ground.markets}
    _write(out / exchanges.FILE, {"exchanges": watched})
    _change(out / instruments.FILE, lambda tree: _instruments(tree, ground))
    _change(out / alerts.FILE, lambda tree: _alerts(tree, ground))
    _change(
        out / maintenance.FILE,
        lambda tree: {**tree, "alertmanagers": [told], "notices": False},
    )
    return out


def prometheus(config: str, port: int) -> str:
    """A prometheus.yml in which each exchange is a drill's, and in which there is, by the name of
    the exporter's job, a target that is no drill: nobody is to be told that it is absent."""
    tree: dict[str, Any] = yaml.safe_load(config)
    for job in tree["scrape_configs"]:
        if job["job_name"] == "market-exporter":
            job.setdefault("metric_relabel_configs", []).extend(
                map(_renamed, ("exchange", "other"))
            )
    standing_in = {"targets": [f"127.0.0.1:{port}"], "labels": {"job": "market-exporter"}}
    tree["scrape_configs"].append(
        {
            "job_name": "in-earnest",
            "static_configs": [standing_in],
            "metric_relabel_configs": [{"action": "drop", "regex": ".*"}],
        }
    )
    return yaml.safe_dump(tree, sort_keys=False)


def _renamed(label: str) -> Tree:
    renaming = {"regex": "(.+)", "target_label": label, "replacement": f"{DRILLED}$1"}
    return {"source_labels": [label], **renaming}


def _instruments(tree: Tree, ground: Ground) -> Tree:
    """Only what is drilled, by the simulator's symbols; what else is said of it stays."""
    found = {
        name: {**tree["instruments"][name], "symbols": dict(names)}
        for name, names in ground.instruments.items()
    }
    return {**tree, "instruments": found}


def _alerts(tree: Tree, ground: Ground) -> Tree:
    rules = {name: _rule(rule, ground) for name, rule in (tree.get("alerts") or {}).items()}
    return {**tree, "alerts": rules}


def _rule(rule: Tree, ground: Ground) -> Tree:
    """Without the thresholds of other instruments; off where it has no others."""
    known = {*ground.instruments, alerts.OTHER}
    kept = {name: value for name, value in rule["thresholds"].items() if name in known}
    if kept:
        return {**rule, "thresholds": kept}
    return {
        **rule,
        "enabled": False,
        "thresholds": {alerts.OTHER: next(iter(rule["thresholds"].values()))},
    }


def _change(path: Path, change: Any) -> None:
    if path.exists():
        _write(path, change(yaml.safe_load(path.read_text(encoding="utf-8")) or {}))


def _write(path: Path, tree: Tree) -> None:
    path.write_text(yaml.safe_dump(dict(tree), sort_keys=False), encoding="utf-8")
