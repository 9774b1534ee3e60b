"""The shipped prometheus.yml for servers on other ports."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

JOBS = ("market-exporter", "prometheus", "alertmanager")
Targets = Mapping[str, str]
"""HOST:PORT by job."""


def prometheus_config(shipped: Path, targets: Targets, labels: Mapping[str, str]) -> str:
    """The configuration with these targets, and its rules found where they are.

    A job without a target is left out. `labels` are put on the exporter's target.
    """
    tree: dict[str, Any] = yaml.safe_load(shipped.read_text())
    tree["rule_files"] = [str(shipped.parent.resolve() / name) for name in tree["rule_files"]]
    tree["scrape_configs"] = [
        {**job, "static_configs": [_static(job["job_name"], targets, labels)]}
        for job in tree["scrape_configs"]
        if job["job_name"] in targets
    ]
    tree["alerting"]["alertmanagers"] = [
        {"static_configs": [{"targets": [targets["alertmanager"]]}]}
        for _ in range("alertmanager" in targets)
    ]
    return yaml.safe_dump(tree, sort_keys=False)


def _static(job: str, targets: Targets, labels: Mapping[str, str]) -> dict[str, object]:
    extra = {"labels": dict(labels)} if labels and job == "market-exporter" else {}
    return {"targets": [targets[job]], **extra}
