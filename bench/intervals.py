"""How often each series gets a sample where the project's own files are in force."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bench.observed import Series
from grafana.report.span import seconds

_PROMETHEUS = Path(__file__).parent.parent / "prometheus"


def interval(one: Series) -> int:
    """Seconds between two samples, by its rule or by the job that scrapes it."""
    usual, by_rule, by_job = _intervals()
    return by_rule.get(one.name) or by_job.get(one.labels.get("job", ""), usual)


@cache
def _intervals() -> tuple[int, dict[str, int], dict[str, int]]:
    tree = _read(_PROMETHEUS / "prometheus.yml")
    usual = _seconds(tree["global"]["scrape_interval"])
    by_job = {
        job["job_name"]: _seconds(job.get("scrape_interval", f"{usual}s"))
        for job in tree["scrape_configs"]
    }
    every = tree["global"]["evaluation_interval"]
    by_rule = {
        rule["record"]: _seconds(group.get("interval", every))
        for path in sorted((_PROMETHEUS / "rules").glob("*.yml"))
        for group in _read(path)["groups"]
        for rule in group["rules"]
        if "record" in rule
    }
    return usual, by_rule, by_job


def _seconds(text: str) -> int:
    return int(seconds(text))


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
