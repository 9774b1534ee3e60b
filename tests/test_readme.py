"""What the README says is true of this tree: metrics exist, queries parse, files are there."""

import re
from pathlib import Path

from exporter.exposition.catalogue import market_families
from tests.programs import promtool
from tests.shared import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^\|[^|`]+\| `(.+)` \|$", README, re.MULTILINE)


def test_every_metric_that_is_named_exists() -> None:
    names = {family.name for family in market_families()}
    mentioned = set(re.findall(r"\bmarket_[a-z_]+", README))
    assert {name.removesuffix("_bucket") for name in mentioned} <= names
    assert len(mentioned) > 8


def test_every_query_parses(tmp_path: Path) -> None:
    assert len(QUERIES) >= 10
    rules = "".join(
        f"  - record: query:{n}\n    expr: |-\n      {query}\n" for n, query in enumerate(QUERIES)
    )
    path = tmp_path / "rules.yml"
    path.write_text(f"groups:\n- name: readme\n  rules:\n{rules}")
    result = promtool("check", "rules", str(path))
    assert result.returncode == 0, result.stderr + result.stdout


def test_every_file_that_is_named_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)]+)\)", README)
    folders = re.findall(r"`((?:exporter|config|tests)/[\w./]*)`", README)
    assert links
    for place in (*links, *folders):
        assert (ROOT / place).exists(), place
