"""What is written of a group of which one is over and another fires, without a receiver."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from exporter.commands.render import RenderOptions, render_command
from exporter.config import load
from tests.programs import amtool
from tests.shared import ROOT

PROMETHEUS = ROOT / "prometheus"
TEXTS = ("slack.text", "discord.text", "telegram.text", "plain.text")
LONGEST = 1500
BASE = "https://market-quality.operations.example.com"


def alert(name: str, status: str = "firing", **labels: str) -> dict[str, Any]:
    """One as templates see it."""
    return {
        "status": status,
        "labels": {"alertname": "decode_errors", "priority": "P2", "exchange": "okx", **labels},
        "annotations": {"summary": f"okx {name}: unreadable", "description": f"of {name}"},
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2026-01-01T00:10:00Z",
    }


def written(folder: Path, text: str, alerts: list[dict[str, Any]], urls: Path) -> str:
    """A template of `prometheus/templates/` over these alerts."""
    firing = any(one["status"] == "firing" for one in alerts)
    data = {
        "receiver": "chat",
        "status": "firing" if firing else "resolved",
        "alerts": alerts,
        "groupLabels": {},
        "commonLabels": {"priority": "P2"},
        "commonAnnotations": {},
        "externalURL": "http://127.0.0.1:9093",
    }
    path = folder / "data.json"
    path.write_text(json.dumps(data))
    result = amtool(
        "template",
        "render",
        f"--template.glob={urls / '*.tmpl'}",
        f'--template.text={{{{ template "{text}" . }}}}',
        f"--template.data={path}",
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("text", TEXTS)
def test_what_fires_is_told_in_full_though_another_of_its_group_is_over(
    tmp_path: Path, text: str
) -> None:
    group = [alert("linear", "resolved"), alert("option"), alert("spot")]
    told = written(tmp_path, text, group, PROMETHEUS / "templates")
    assert "of option\n- okx spot: unreadable\n1 of this group over\n" in told
    assert "linear" not in told
    assert "No longer observed" not in told


def test_the_title_counts_and_names_what_fires(tmp_path: Path) -> None:
    folder = PROMETHEUS / "templates"
    group = [alert("linear", "resolved"), alert("option"), alert("spot")]
    assert written(tmp_path, "market.title", group, folder) == (
        "[P2] decode_errors: okx option: unreadable (+1)"
    )
    over = [alert("linear", "resolved"), alert("spot", "resolved")]
    assert written(tmp_path, "market.title", over, folder) == (
        "[P2 resolved] decode_errors: okx linear: unreadable (+1)"
    )


@pytest.mark.parametrize("text", TEXTS)
def test_the_longest_message_has_room_for_long_links(tmp_path: Path, text: str) -> None:
    """Title and text together, links included; Telegram's text has the title in it."""
    urls = load(ROOT / "config").urls.model_copy(
        update={name: f"{BASE}/{name}" for name in ("exporter", "grafana", "alertmanager")}
        | {"runbooks": f"{BASE}/exporter/runbooks"}
    )
    template, out = PROMETHEUS / "alertmanager.template.yml", tmp_path / "out"
    options = RenderOptions(template, tmp_path / "none", out, no_pager=True)
    assert render_command(urls, options, StringIO()) == 0
    market = {"family": "cross_exchange", "instrument": "1000000MOG-USDT-PERP", "other": "okx"}
    group = [alert("linear", **market) for _ in range(100)]
    for one in group:
        one["annotations"] = dict.fromkeys(("summary", "description", "context"), "x" * 400)
    folder = out / "templates"
    apart = () if text == "telegram.text" else ("market.title",)
    assert sum(len(written(tmp_path, one, group, folder)) for one in (*apart, text)) < LONGEST
