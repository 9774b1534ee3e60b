"""Metrics under another configuration: only what must begins anew, and it begins at once."""

from pathlib import Path

import pytest

from exporter.metrics.basis import Basis
from exporter.metrics.depth import Depth
from exporter.metrics.imbalance import Imbalance
from exporter.metrics.metric import Metric
from exporter.metrics.spread import Spread
from tests.changes import Change, put
from tests.reconfigured import BANDS, CALM, LIMITS, NO_SPOT, OBSERVED, PERP, SPOT, SWAP, House

BEYOND, BASIS_TIME = "market_spread_beyond_seconds_total", "market_basis_observed_seconds_total"


def test_the_basis_follows_its_spot_market(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    basis = ("market_basis_bps", "spot")
    observed, spread = world.number(PERP, BASIS_TIME), world.number(PERP, OBSERVED)
    assert world.number(PERP, *basis) == 0
    assert world.reload(NO_SPOT) == [SPOT]
    assert world.number(PERP, *basis) is None
    assert world.number(PERP, BASIS_TIME) is None
    assert [str(one.target) for one in world.pipeline.alerts if one.rule.id == "apart"] == [SWAP]
    assert world.number(SWAP, *basis) == 0
    assert world.number(PERP, OBSERVED) == spread
    world.reload()
    world.seconds(2)
    assert world.number(PERP, *basis) == 0
    assert 0 < (world.number(PERP, BASIS_TIME) or 0) <= 2 < (observed or 0)
    assert len(world.normal("basis_bps")) == 2


def test_limits_that_are_new_count_the_time_of_a_book_that_does_not_move(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    average = world.number(PERP, "market_spread_average_bps")
    assert average is not None
    assert world.reload(LIMITS) == []
    world.later(2)
    assert world.number(PERP, OBSERVED) == 2
    assert world.number(PERP, BEYOND, "1") == 2
    assert world.number(PERP, BEYOND, "7") == 0
    assert world.number(PERP, BEYOND, "2") is None


@pytest.mark.parametrize(
    ("change", "renewed"),
    [
        (BANDS, {Depth}),
        (LIMITS, {Spread}),
        (put("features/basis/limits_bps", [3]), {Basis}),
        (put("features/imbalance/levels", [2]), {Imbalance}),
        (put("features/live/poll_levels", 100), set()),
        (put("features/cross_exchange/deviation_limit_percent", 2), set()),
        (NO_SPOT, {Basis}),
    ],
)
def test_only_the_metrics_whose_parameters_change_begin_anew(
    tmp_path: Path, change: Change, renewed: set[type[Metric]]
) -> None:
    world = House(tmp_path)
    perp = world.market(PERP).id
    before = list(world.pipeline.metrics_of(*perp))
    world.reload(change)
    after = world.pipeline.metrics_of(*perp)
    assert {type(one) for one in after if one not in before} == renewed
    assert [type(one) for one in after] == [type(one) for one in before]


def test_other_bands_are_those_of_the_page(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(1)
    world.reload(BANDS)
    assert world.number(PERP, "market_depth_quote", "total", "50") is not None
    assert world.number(PERP, "market_depth_quote", "total", "5") is None
    world.seconds(1)
    assert world.alert("thin").judgement is not None


def test_a_metric_that_is_switched_off_takes_its_series_and_alerts_along(tmp_path: Path) -> None:
    world = House(tmp_path)
    world.seconds(CALM)
    world.seconds(1, binance_perp=15)
    world.told()
    off = [put(f"alerts/alerts/{name}/enabled", value=False) for name in ("wide", "lasting")]
    off.append(put("slo/objectives/narrow/enabled", value=False))
    world.reload(put("features/metrics/spread", value=False), *off)
    assert world.told() == [
        ("wide", PERP, "inactive", "disabled"),
        ("lasting", PERP, "inactive", "disabled"),
    ]
    assert not [line for line in world.series() if "spread" in line]
    assert {a.rule.id for a in world.pipeline.alerts} == {"apart", "thin"}
    world.reload()
    world.seconds(CALM)
    assert world.number(PERP, OBSERVED) is not None
    world.seconds(1, binance_perp=15)
    assert world.alert("wide").firing
