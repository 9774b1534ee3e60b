"""The JSON schemas: fresh, well formed, complete, and true of the shipped files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from exporter.config.schema import MODELS, main, schema

NAMES = sorted(MODELS)
RULE = {
    "family": "feed",
    "severity": "info",
    "priority": "P3",
    "signal": "gap_seconds",
    "condition": ">",
    "thresholds": {"other": 5, "BTC-USDT-PERP": 5},
}
REGIME = {"multiplier": 2, "alerts": ["gap"]}
OBJECTIVE = {
    "family": "spread",
    "signal": "spread_bps",
    "good": "<=",
    "target_percent": 99.5,
    "limits": {"other": 5, "BTC-USDT-PERP": 5},
}


def sections(node: object) -> Iterator[dict[str, Any]]:
    """Every mapping inside a schema."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from sections(value)
    elif isinstance(node, list):
        for value in node:
            yield from sections(value)


def validator(name: str) -> jsonschema.Draft202012Validator:
    """A validator for the file of this name."""
    return jsonschema.Draft202012Validator(schema(name))


def test_the_committed_schemas_are_what_the_models_say(shipped: Path, tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_text() for path in (shipped / "schema").iterdir()}


def test_the_command_wants_one_directory(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "usage: python -m exporter.config.schema DIRECTORY\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_file_fits_its_schema_and_names_it(shipped: Path, name: str) -> None:
    text = (shipped / f"{name}.yaml").read_text()
    assert text.startswith(f"# yaml-language-server: $schema=schema/{name}.schema.json\n")
    validator(name).validate(yaml.safe_load(text))


@pytest.mark.parametrize("name", NAMES)
def test_every_key_has_a_description(name: str) -> None:
    assert not [
        key
        for section in sections(schema(name))
        for key, value in section.get("properties", {}).items()
        if not value.get("description")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_key_is_free_and_nothing_may_be_null(name: str) -> None:
    for section in sections(schema(name)):
        assert section.get("type") != "null"
        if "properties" in section:
            assert section["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("features", {"depth": {"band_bps": [5]}}),
        ("features", {"depth": {"bands_bps": ["5"]}}),
        ("features", {"depth": {"bands_bps": [0]}}),
        ("features", {"depth": {"bands_bps": list(range(1, 12))}}),
        ("features", {"depth": None}),
        ("features", {"live": {"rest_budget_share": 0}}),
        ("features", {"live": {"rest_budget_share": 1.1}}),
        ("features", {"live": {"connect_timeout_seconds": 61}}),
        ("features", {"live": {"answer_timeout_seconds": 61}}),
        ("features", {"live": {"ping_after_seconds": 26}}),
        ("features", {"live": {"backoff_limit_seconds": 3601}}),
        ("features", {"live": {"renew_after_hours": 22.5}}),
        ("features", {"live": {"queue_frames": 99}}),
        ("features", {"live": {"snapshot_levels": 200}}),
        ("features", {"live": {"snapshot_levels": "100"}}),
        ("features", {"live": {"poll_levels": 1000}}),
        ("features", {"live": {"instruments_refresh_minutes": 1441}}),
        ("exchanges", {"exchanges": {}}),
        ("exchanges", {"exchanges": {"kraken": {"feeds": {}}}}),
        ("exchanges", {"exchanges": {"okx": {"feeds": {"public": {"websocket": "x"}}}}}),
        ("instruments", {"instruments": {"btc": {"symbols": {"okx": "BTC-USDT"}}}}),
        ("instruments", {"instruments": {"A-B-SPOT": {"symbols": {"okx": {"price_step": 1}}}}}),
        ("urls", {"exporter": "ftp://exporter.example.org"}),
        ("urls", {"grafana": "grafana.example.org"}),
        ("urls", {"alertmanager": "https://user:password@alerts.example.org"}),
        ("urls", {"alertmanager": "https://alerts.example.org/?team=market"}),
        ("urls", {"exporter": None}),
        ("urls", {"exporters": "https://exporter.example.org"}),
        ("maintenance", {"alertmanagers": ["127.0.0.1:9093"]}),
        ("maintenance", {"alertmanagers": "http://127.0.0.1:9093"}),
        ("maintenance", {"read_every_seconds": 0}),
        ("maintenance", {"ending_minutes": 0.5}),
        ("maintenance", {"notices_every_minutes": 61}),
        ("maintenance", {"notices": "yes"}),
        ("alerts", {"baseline": {"warmup_samples": 1}}),
        ("alerts", {"timing": {"no_data_after_seconds": 3601}}),
        ("alerts", {"alerts": {"Gap": RULE}}),
        ("alerts", {"alerts": {"gap": {**RULE, "family": "feeds"}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "severity": "warn"}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "priority": "P4"}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "signal": "gap"}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "side": "both"}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "band_bps": 0}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "condition": ">="}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "z": 50.1}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "persistence_seconds": 0.5}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "thresholds": {}}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "thresholds": {"others": 5}}}}),
        ("alerts", {"alerts": {"gap": {**RULE, "thresholds": {"other": "5"}}}}),
        ("alerts", {"regimes": {"a b": REGIME}}),
        ("alerts", {"regimes": {"a": {**REGIME, "multiplier": 1}}}),
        ("alerts", {"regimes": {"a": {**REGIME, "alerts": []}}}),
        ("alerts", {"regimes": {"a": {**REGIME, "around_funding_minutes": 0}}}),
        ("alerts", {"regimes": {"a": {**REGIME, "between": ["9:00", "10:00"]}}}),
        ("alerts", {"regimes": {"a": {**REGIME, "between": ["09:00"]}}}),
        ("alerts", {"regimes": {"a": {**REGIME, "days": ["monday"]}}}),
        ("alerts", {"regimes": {"a": {**REGIME, "dates": ["10.12.2026"]}}}),
        ("slo", {"objectives": {"Spread": OBJECTIVE}}),
        ("slo", {"objectives": {"spread": {**OBJECTIVE, "family": "spreads"}}}),
        ("slo", {"objectives": {"spread": {**OBJECTIVE, "signal": "exchange_divergence_bps"}}}),
        ("slo", {"objectives": {"spread": {**OBJECTIVE, "good": "<"}}}),
        ("slo", {"objectives": {"spread": {**OBJECTIVE, "target_percent": 100}}}),
        ("slo", {"objectives": {"spread": {**OBJECTIVE, "limits": {}}}}),
        ("slo", {"objectives": {"spread": {**OBJECTIVE, "limits": {"others": 5}}}}),
        ("slo", {"coverage": {"target_percent": 0}}),
    ],
)
def test_an_editor_marks_what_the_loader_would_refuse(name: str, document: object) -> None:
    assert not validator(name).is_valid(document)


def test_an_editor_takes_what_is_spoilt_above() -> None:
    validator("alerts").validate({"alerts": {"gap": RULE}, "regimes": {"a": REGIME}})
    validator("slo").validate({"objectives": {"spread": OBJECTIVE}})


@pytest.mark.parametrize("model", MODELS.values())
def test_defaults_in_the_schema_fit_the_schema(model: type[BaseModel]) -> None:
    name = next(name for name, known in MODELS.items() if known is model)
    whole = schema(name)
    for section in sections(whole):
        if "default" in section:
            jsonschema.validate(section["default"], {**section, "$defs": whole.get("$defs", {})})
