"""The shipped prometheus.yml for servers elsewhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

JOBS = ("market-exporter", "prometheus", "alertmanager")
Targets = Mapping[str, str | Sequence[str]]
"""HOST:PORT, or several, by job."""


def prometheus_config(
    shipped: Path,
    targets: Targets,
    labels: Mapping[str, str],
    *,
    replica: str = "",
    remote_write: str = "",
) -> str:
    """The configuration with these targets, and its rules found where they are.

    A job without a target is left out. `labels` are put on the exporters' targets. `replica` tells
    servers of a pair apart wherever their series meet; `remote_write` is an address to which all
    samples are sent, too.
    """
    tree: dict[str, Any] = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    if replica:
        tree["global"]["external_labels"] = {"replica": replica}
    if remote_write:
        tree["remote_write"] = [{"url": remote_write}]
    tree["rule_files"] = [str(shipped.parent.resolve() / name) for name in tree["rule_files"]]
    tree["scrape_configs"] = [
        {**job, "static_configs": [_static(job["job_name"], targets, labels)]}
        for job in tree["scrape_configs"]
        if job["job_name"] in targets
    ]
    tree["alerting"]["alertmanagers"] = [
        {"static_configs": [{"targets": _places(targets["alertmanager"])}]}
        for _ in range("alertmanager" in targets)
    ]
    return yaml.safe_dump(tree, sort_keys=False)


def _static(job: str, targets: Targets, labels: Mapping[str, str]) -> dict[str, object]:
    extra = {"labels": dict(labels)} if labels and job == "market-exporter" else {}
    return {"targets": _places(targets[job]), **extra}


def _places(given: str | Sequence[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)
