"""The shipped configuration, changed as an operator would: place by place, in its files."""

import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from exporter.config import Config, load
from tests.shared import ROOT

FILES = ("exchanges", "instruments", "features", "alerts", "slo")

Change = Callable[[dict[str, Any]], None]
"""What is done to the contents of the files, by name."""


def put(place: str, value: object) -> Change:
    """Write a value at `alerts/alerts/spread_warning/z`; None takes away what stands there."""

    def change(files: dict[str, Any]) -> None:
        *path, last = place.split("/")
        for name in path:
            files = files.setdefault(name, {})
        if value is None:
            del files[last]
        else:
            files[last] = deepcopy(value)

    return change


def write(folder: Path, *changes: Change) -> Path:
    """The changed files, in this folder."""
    files = deepcopy(_shipped())
    for change in changes:
        change(files)
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(content))  # which is YAML as well
    return folder


@cache
def _shipped() -> dict[str, Any]:
    return {name: yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text()) for name in FILES}


def changed(folder: Path, *changes: Change) -> Config:
    """The changed configuration, by way of files in this folder."""
    return load(write(folder, *changes))
