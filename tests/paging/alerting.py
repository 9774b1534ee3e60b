"""What is written for Grafana's own alerting, as trees."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from exporter.paging.grafana.files import alerting_files
from exporter.paging.template import render
from tests.paging.integrations import TEMPLATE, Texts
from tests.prometheus.catalogue import RULES
from tests.shared import ROOT

RUNBOOKS = "https://runbooks.example.org"
LOCAL: Texts = {"webhook_url": "http://127.0.0.1:9999/geheim"}
ALL: Mapping[str, Texts] = dict.fromkeys(("page", "chat", "watchdog", "drill", "log"), LOCAL)
MESSAGES = ROOT / "prometheus" / "templates" / "messages.tmpl"


def written(secrets: Mapping[str, Texts] = ALL, template: str = TEMPLATE) -> Mapping[str, str]:
    """Text by file, for these secrets."""
    given = tuple((place, tuple(texts.items())) for place, texts in secrets.items())
    return _written(given, template)


def tree(name: str, secrets: Mapping[str, Texts] = ALL) -> Any:
    """What is the one thing in a file."""
    return _parsed(written(secrets)[name])


def rules() -> Iterator[dict[str, Any]]:
    """Each rule that Grafana is given."""
    for group in tree("rules.yaml"):
        yield from group["rules"]


def queries() -> dict[str, dict[str, str]]:
    """What each rule asks Prometheus, by its title and the name of the query."""
    return {
        rule["title"]: {
            node["refId"]: node["model"]["expr"] for node in rule["data"] if "expr" in node["model"]
        }
        for rule in rules()
    }


@cache
def _written(
    given: tuple[tuple[str, tuple[tuple[str, str], ...]], ...], template: str
) -> Mapping[str, str]:
    secrets = {place: dict(texts) for place, texts in given}
    rules = [path.read_text() for path in sorted(RULES.glob("*.yml"))]
    templates = {"messages.tmpl": MESSAGES.read_text()}
    return alerting_files(
        render(template, secrets).text, rules, templates, RUNBOOKS, ("chat", "page")
    )


@cache
def _parsed(text: str) -> Any:
    content = yaml.safe_load(text)
    assert content.pop("apiVersion") == 1
    ((_, value),) = content.items()
    return value
