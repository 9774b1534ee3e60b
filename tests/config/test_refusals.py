"""Bad configurations and the exact, complete lists of messages that refuse them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.config import catalogue, load
from exporter.errors import ConfigError

Edit = Callable[[str, str, str], None]
Problems = Callable[[], list[str]]
Case = dict[str, Any]

TABLES = (
    "values",
    "live",
    "names",
    "alerts",
    "alert_rules",
    "regimes",
    "urls",
    "slo",
    "maintenance",
)


def cases(table: str) -> list[Any]:
    """The cases of `refusals/<table>.yaml`, each under its name."""
    text = (Path(__file__).parent / "refusals" / f"{table}.yaml").read_text()
    return [pytest.param(case, id=case["case"]) for case in yaml.safe_load(text)]


@pytest.mark.parametrize("case", cases("files"))
def test_a_file_that_cannot_be_read_is_refused_in_these_words(
    directory: Path, problems: Problems, case: Case
) -> None:
    (directory / case["file"]).unlink()
    if "content" in case:
        (directory / case["file"]).write_bytes(case["content"].encode("latin-1"))
    assert [text.replace(str(directory), "DIR") for text in problems()] == case["problems"]


@pytest.mark.parametrize("case", [case for table in TABLES for case in cases(table)])
def test_a_value_or_name_that_does_not_fit_is_refused_in_these_words(
    edit: Edit, problems: Problems, case: Case
) -> None:
    for change in case["edits"]:
        edit(change["file"], change["old"], change["new"])
    assert problems() == case["problems"]


@pytest.mark.parametrize("depth", [200, 400, 5000])
def test_a_file_nested_without_end_is_refused(
    directory: Path, problems: Problems, depth: int
) -> None:
    (directory / "features.yaml").write_text("[" * depth + "]" * depth)
    assert problems() in (
        ["features.yaml: is nested too deeply to be read; use the shape of the shipped file"],
        ["features.yaml: must be a mapping, found a list; write lines of `name: value`"],
    )


@pytest.mark.parametrize(
    ("name", "misspelt"),
    [
        ("features.yaml", "feature.yaml"),
        ("features.yaml", "features.yml"),
        ("alerts.yaml", "alert.yaml"),
        ("alerts.yaml", "alerts.yml"),
        ("urls.yaml", "url.yaml"),
        ("urls.yaml", "urls.yml"),
        ("slo.yaml", "slos.yaml"),
    ],
)
def test_a_misspelt_file_name_is_pointed_out_even_where_the_file_may_be_missing(
    directory: Path, problems: Problems, name: str, misspelt: str
) -> None:
    (directory / name).rename(directory / misspelt)
    assert problems() == [f"{name}: is missing; rename `{misspelt}` to it"]


def test_a_directory_in_place_of_a_file_is_refused(directory: Path, problems: Problems) -> None:
    (directory / "features.yaml").unlink()
    (directory / "features.yaml").mkdir()
    assert problems() == [
        "features.yaml: cannot be read: Is a directory; make it a file that this user may read"
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nowhere", "No such file or directory"), ("features.yaml", "Not a directory")],
)
def test_a_directory_that_is_none_is_refused(directory: Path, name: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(directory / name)
    assert str(caught.value) == (
        f"{directory / name}: cannot be read: {reason}; name the directory that has exchanges.yaml"
    )


def test_problems_come_sorted_by_file_and_place(edit: Edit, problems: Problems) -> None:
    edit("instruments.yaml", "mark: 15", "mark: no")
    edit("instruments.yaml", "book: 65", "book: no")
    edit("features.yaml", "depth: true", "depth: no")
    edit("exchanges.yaml", "enabled: true", "enabled: no")
    assert [text.split(": ")[:2] for text in problems()] == [
        ["exchanges.yaml", "exchanges.binance.enabled"],
        ["features.yaml", "metrics.depth"],
        ["instruments.yaml", "defaults.stale_after_seconds.book"],
        ["instruments.yaml", "defaults.stale_after_seconds.mark"],
    ]


def test_an_exchange_without_a_feed_for_a_kind_is_named(
    monkeypatch: pytest.MonkeyPatch, problems: Problems
) -> None:
    spot_only = [feed for feed in catalogue.LIVE if feed.product != "usdm"]
    monkeypatch.setattr(catalogue, "LIVE", spot_only)
    assert problems() == [
        "exchanges.yaml: exchanges.binance.feeds.usdm: is no feed of binance; write spot",
        "instruments.yaml: instruments.BTC-USDT-PERP.symbols.binance: "
        "cannot be watched: no live feed of binance has PERP; remove it",
    ]
