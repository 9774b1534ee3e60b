"""The market page that real recordings end in, byte for byte.

`GOLDEN=write make test TESTS=tests/test_golden.py` renews the pages; the difference is for review.
"""

import os
from pathlib import Path

import pytest

from tests.shared import page, recording, replayed

GOLDEN = Path(__file__).parent / "golden"

PAGES = {
    "spot_and_perp_20240808": (
        "hftbacktest/spot__btcusdt_20240808.gz",
        "hftbacktest/usdm__btcusdt_20240808.gz",
    ),
    "mark_index_funding_20230404": ("hftbacktest/usdm__btcusdt_20230404.dat.gz",),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_of_a_recording_is_the_golden_page(name: str) -> None:
    pipeline, _ = replayed(*(recording(file) for file in PAGES[name]))
    text = page(pipeline)
    golden = GOLDEN / f"{name}.prom"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_a_second_replay_and_another_order_of_files_give_the_same_bytes() -> None:
    files = [recording(file) for file in PAGES["spot_and_perp_20240808"]]
    once, _ = replayed(*files)
    again, _ = replayed(*reversed(files))
    assert page(once) == page(again)
