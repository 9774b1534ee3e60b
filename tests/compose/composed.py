"""docker-compose.yml and what goes with it, as the tests read it."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tests.shared import ROOT

Service = Mapping[str, Any]
FILE = ROOT / "docker-compose.yml"
PROFILES = ("live", "demo", "pair")
KINDS = {
    "prom/prometheus": "prometheus",
    "prom/alertmanager": "alertmanager",
    "grafana/grafana": "grafana",
    "market-quality-exporter": "exporter",
}
"""Whose program an image has."""
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def read() -> dict[str, Any]:
    """The whole file, with its anchors resolved."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def services(profile: str) -> dict[str, Service]:
    """Those that a profile starts."""
    return {
        name: service
        for name, service in read()["services"].items()
        if profile in service["profiles"]
    }


def variables(text: str) -> Iterator[tuple[str, str]]:
    """Each variable that is put in, with its default."""
    yield from _VARIABLE.findall(text)


def documented() -> dict[str, str]:
    """What .env.example has, each variable with its value."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def kind(service: Service) -> str:
    """prometheus, alertmanager, grafana or exporter."""
    return KINDS[str(service["image"]).partition(":")[0]]


def command(service: Service, **given: str) -> list[str]:
    """Its arguments, with these variables or their defaults put in."""
    told = service.get("command", [])
    if isinstance(told, str):
        return shlex.split(_put(told, given))
    return [_put(part, given) for part in told]


def environment(service: Service) -> dict[str, str]:
    """Its variables, with the defaults put in."""
    return {name: _put(value, {}) for name, value in service.get("environment", {}).items()}


def _put(text: str, given: Mapping[str, str]) -> str:
    """The text with these variables or their defaults put in."""
    put = _VARIABLE.sub(lambda found: given.get(found[1]) or found[2] or "", text)
    return put.replace("$$", "$")
