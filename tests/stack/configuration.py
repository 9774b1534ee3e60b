"""What the servers of the stack are given: the shipped files, with other addresses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import copytree
from typing import Any

import yaml

from exporter.simulator.symbols import symbols
from tests.cli.processes import Endpoints, configured
from tests.shared import ROOT
from tests.stack.receivers import Receivers

PAGE = ("pagerduty", "webhook")
CHAT = ("slack", "discord", "telegram", "email", "webhook")
"""Kinds of receiver at the places `page` and `chat`."""
QUICK_PERSISTENCE = 5
QUICK_ESCALATION = 20
"""Seconds, in the shortened configuration."""

_WARMUP = 5
_STALE = 5
_EXPORTER, _PROMETHEUS, _ALERTMANAGER = "127.0.0.1:9710", "127.0.0.1:9090", "127.0.0.1:9093"
"""Where the shipped files expect them."""


def exporter_config(
    folder: Path,
    endpoints: Endpoints,
    pairs: int,
    *,
    quick: bool = False,
    exchanges: Sequence[str] = (),
) -> Path:
    """The shipped configuration for so many pairs of simulated markets, of these exchanges alone
    if any are named; `quick` is with short times."""
    config = configured(folder, endpoints)
    path = config / "instruments.yaml"
    _write(path, _instruments(pairs, exchanges or tuple(endpoints), _read(path)))
    if quick:
        _write(config / "alerts.yaml", shortened(_read(config / "alerts.yaml")))
    return config


def shortened(alerts: dict[str, Any]) -> dict[str, Any]:
    """These alerts with short persistences, and a normal that is known after a few samples."""
    rules = {
        name: rule
        | {"persistence_seconds": min(rule.get("persistence_seconds", 0), QUICK_PERSISTENCE)}
        for name, rule in alerts["alerts"].items()
    }
    return {
        **alerts,
        "baseline": {**alerts["baseline"], "warmup_samples": _WARMUP},
        "timing": {**alerts["timing"], "escalate_after_seconds": QUICK_ESCALATION},
        "alerts": rules,
    }


def prometheus_config(folder: Path, ports: Mapping[str, int]) -> Path:
    """The shipped prometheus.yml beside its rules; only the ports of the targets are others."""
    copied = copytree(ROOT / "prometheus", folder / "prometheus")
    path = copied / "prometheus.yml"
    text = path.read_text(encoding="utf-8")
    for place, name in (
        (_EXPORTER, "exporter"), (_PROMETHEUS, "prometheus"), (_ALERTMANAGER, "alertmanager"),
    ):  # fmt: skip
        assert place in text, f"{path.name} names no {place}"
        text = text.replace(place, f"127.0.0.1:{ports[name]}")
    path.write_text(text, encoding="utf-8")
    return path


def secrets(
    folder: Path, them: Receivers, *, page: Sequence[str] = PAGE, chat: Sequence[str] = CHAT
) -> Path:
    """A folder of secrets that leads to these receivers."""
    target = folder / "secrets"
    places = [("page", page), ("chat", chat), ("watchdog", ["watchdog"])]
    for place, kinds in places:
        (target / place).mkdir(parents=True)
        for kind in kinds:
            for name, value in _secret(them, kind, place).items():
                (target / place / name).write_text(f"{value}\n", encoding="utf-8")
    return target


def _secret(them: Receivers, kind: str, place: str) -> Mapping[str, str]:
    """Files that a receiver of this kind is made of."""
    address = them.address(kind, place)
    match kind:
        case "pagerduty":
            return {"pagerduty_routing_key": "0123456789abcdef" * 2, "pagerduty_url": address}
        case "telegram":
            return {
                "telegram_bot_token": "123456:secret",
                "telegram_chat_id": "-1001234567890",
                "telegram_api_url": address,
            }
        case "email":
            return {
                "email_to": f"{place}@example.org",
                "email_from": "alerts@example.org",
                "smtp_smarthost": them.mail,
                "smtp_require_tls": "false",
            }
        case "slack" | "discord":
            return {f"{kind}_webhook_url": address}
    return {"webhook_url": address}


def _instruments(pairs: int, exchanges: Sequence[str], shipped: dict[str, Any]) -> dict[str, Any]:
    """All markets of so many pairs on these exchanges, each stale after a few seconds."""
    found: dict[str, dict[str, str]] = {}
    for one in symbols(pairs):
        if one.exchange in exchanges:
            found.setdefault(one.instrument, {})[one.exchange] = one.name
    stale = {**shipped["defaults"]["stale_after_seconds"], "book": _STALE}
    return {
        "defaults": {**shipped["defaults"], "stale_after_seconds": stale},
        "instruments": {name: {"symbols": at} for name, at in found.items()},
    }


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
