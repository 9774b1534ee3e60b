"""The made session: the same bytes for the same seed, and no fault in what it says."""

from pathlib import Path

import pytest

from bench.session import write
from tests.shared import replayed

SECONDS = 5


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """Nothing but the seed decides what is written."""
    once, again, other = (
        [path.read_bytes() for path in write(_folder(tmp_path, name), SECONDS, seed)]
        for name, seed in (("once", 1), ("again", 1), ("other", 2))
    )
    assert once == again
    assert all(one != two for one, two in zip(once, other, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_replays_clean(tmp_path: Path, seed: int) -> None:
    """Both books stay live, uncrossed and equal to the tops that their own streams show."""
    _, summary = replayed(*write(tmp_path, SECONDS, seed))
    assert not summary.damaged_lines
    assert not summary.unassigned_errors
    assert list(summary.markets) == ["binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"]
    for market in summary.markets.values():
        assert market.depth_events == SECONDS * 10
        assert market.tops_equal == market.tops_compared > 0
        assert not any((market.gaps, market.crossed, market.decode_errors, market.refused))


def test_the_markets_hang_together(tmp_path: Path) -> None:
    """Each file alone is a recording, and the perpetual stays within a few dollars of spot."""
    perp, spot = (
        next(m for m in pipeline.markets.values() if m.sync.live).mid(pipeline.now)
        for pipeline, _ in map(replayed, write(tmp_path, SECONDS, 1))
    )
    assert perp is not None
    assert spot is not None
    assert 0 < abs(perp - spot) < 20


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
