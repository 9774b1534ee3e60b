"""The documentation of the metrics is what the program itself says of them."""

import re

from exporter.exposition.catalogue import markdown, market_families
from exporter.families import Family
from exporter.telemetry import Telemetry
from tests.shared import ROOT


def row(family: Family) -> str:
    (line,) = (line for line in markdown().splitlines() if line.startswith(f"| `{family.name}` |"))
    return line


def test_the_committed_catalogue_is_the_generated_one() -> None:
    committed = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert committed == markdown(), "run `make docs`"


def test_every_family_has_one_row_with_type_labels_unit_and_help() -> None:
    for family in market_families():
        _, _, kind, labels, unit, text, _ = (cell.strip() for cell in row(family).split("|"))
        assert kind == family.kind
        assert tuple(re.findall(r"`(\w+)`", labels)) == family.labels
        assert unit == (family.unit or "–")
        assert text == family.help


def test_the_exporters_own_metrics_have_a_row_each() -> None:
    names = [name for name, _, _ in Telemetry().described()]
    assert "market_exporter_build_info" in names
    assert all(markdown().count(f"\n| `{name}` |") == 1 for name in names)


def test_it_is_made_the_same_every_time() -> None:
    assert markdown() == markdown()
    assert markdown().endswith("|\n")
