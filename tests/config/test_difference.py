"""What is told of two configurations: every place that is not the same, and no other."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from exporter.config.difference import differences
from tests.changes import Change, changed, put
from tests.shared import shipped


def told(folder: Path, *changes: Change) -> list[str]:
    return differences(shipped(), changed(folder, *changes))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (put("alerts/alerts/spread_warning/z", 2.5), "alerts.alerts.spread_warning.z: 2 -> 2.5"),
        (
            put("alerts/alerts/spread_warning/enabled", False),
            "alerts.alerts.spread_warning.enabled: true -> false",
        ),
        (
            put("alerts/alerts/spread_warning/thresholds/other", 11),
            "alerts.alerts.spread_warning.thresholds.other: 10 -> 11",
        ),
        (
            put("alerts/alerts/feed_stale/thresholds/BTC-USDT-SPOT", 3),
            "alerts.alerts.feed_stale.thresholds.BTC-USDT-SPOT: added, 3",
        ),
        (
            put(
                "instruments/instruments/BTC-USDT-SPOT/symbols/okx",
                {"symbol": "BTC-USDT", "price_step": 0.1},
            ),
            "instruments.instruments.BTC-USDT-SPOT.symbols.okx.price_step: none -> 0.1",
        ),
        (put("alerts/alerts/feed_stale", None), "alerts.alerts.feed_stale: removed"),
        (put("features/metrics/funding", False), "features.metrics.funding: true -> false"),
        (
            put("features/depth/bands_bps", [2.5, 5, 10, 25]),
            "features.depth.bands_bps: [5, 10, 25] -> [2.5, 5, 10, 25]",
        ),
        (
            put("exchanges/exchanges/okx/enabled", False),
            "exchanges.exchanges.okx.enabled: true -> false",
        ),
        (
            put("exchanges/exchanges/okx/feeds/public/rest", "http://127.0.0.1:1"),
            "exchanges.exchanges.okx.feeds.public.rest: "
            "https://openapi.okx.com -> http://127.0.0.1:1",
        ),
        (
            put("instruments/instruments/ETH-USDT-SPOT", {"symbols": {"okx": "ETH-USDT"}}),
            "instruments.instruments.ETH-USDT-SPOT: added",
        ),
        (
            put("instruments/instruments/BTC-USDT-SPOT/symbols/okx", None),
            "instruments.instruments.BTC-USDT-SPOT.symbols.okx: removed",
        ),
        (
            put("instruments/instruments/BTC-USDT-SPOT/symbols/okx", "BTC-USDC"),
            "instruments.instruments.BTC-USDT-SPOT.symbols.okx.symbol: BTC-USDT -> BTC-USDC",
        ),
        (
            put("instruments/instruments/BTC-USDT-SPOT/stale_after_seconds/mark", 7),
            "instruments.instruments.BTC-USDT-SPOT.stale_after_seconds.mark: 15 -> 7",
        ),
    ],
)
def test_a_change_is_one_line_with_its_file_and_place(
    tmp_path: Path, change: Change, line: str
) -> None:
    assert told(tmp_path, change) == [line]


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (put("features/spread", None),),  # all of it is as by default
        (put("alerts/alerts/spread_warning/enabled", True),),
        (put("alerts/alerts/spread_warning/z", 2.0),),
        (put("instruments/instruments/BTC-USDT-SPOT/stale_after_seconds/quote", 65),),
    ],
)
def test_what_is_written_otherwise_and_means_the_same_is_no_difference(
    tmp_path: Path, changes: Iterable[Change]
) -> None:
    assert told(tmp_path, *changes) == []


def test_a_limit_left_out_is_that_of_the_defaults_and_not_of_the_program(tmp_path: Path) -> None:
    defaults = "instruments/defaults/stale_after_seconds/quote"
    own = "instruments/instruments/BTC-USDT-SPOT/stale_after_seconds/quote"
    place = "instruments.defaults.stale_after_seconds.quote: 65 -> 30"
    follows = "instruments.instruments.BTC-USDT-PERP.stale_after_seconds.quote: 65 -> 30"
    assert told(tmp_path, put(defaults, 30), put(own, 65)) == [place, follows]


def test_both_directions_tell_the_same_places(tmp_path: Path) -> None:
    other = changed(
        tmp_path, put("instruments/instruments/ETH-USDT-SPOT", {"symbols": {"okx": "ETH-USDT"}})
    )
    assert differences(other, shipped()) == ["instruments.instruments.ETH-USDT-SPOT: removed"]
