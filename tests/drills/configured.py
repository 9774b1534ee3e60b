"""The shipped configuration with some of its lines changed."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import yaml

from exporter.config import Config, load
from tests.shared import ROOT

Change = Callable[[dict[str, Any]], None]


def folder(target: Path, **changes: Change) -> Path:
    """A copy of the shipped folder; each change is given the tree of the file of its name."""
    copytree(ROOT / "config", target)
    for name, change in changes.items():
        path = target / f"{name}.yaml"
        tree = yaml.safe_load(path.read_text())
        change(tree)
        path.write_text(yaml.safe_dump(tree, sort_keys=False))
    return target


def config(target: Path, **changes: Change) -> Config:
    """The same, read."""
    return load(folder(target, **changes))


def only(base: str) -> dict[str, Change]:
    """Changes after which another coin is watched, and no rule knows BTC."""

    def instruments(tree: dict[str, Any]) -> None:
        tree["instruments"] = {
            f"{base}-USDT-PERP": {"symbols": {"okx": f"{base}-USDT-SWAP"}},
            f"{base}-USDT-SPOT": {"symbols": {"okx": f"{base}-USDT", "binance": f"{base}USDT"}},
        }

    def alerts(tree: dict[str, Any]) -> None:
        for rule in tree["alerts"].values():
            rule["thresholds"] = {"other": rule["thresholds"]["other"]}

    def slo(tree: dict[str, Any]) -> None:
        tree.clear()

    return {"instruments": instruments, "alerts": alerts, "slo": slo}
