"""The configuration that the project ships, and what a valid one looks like from inside."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from exporter.config import Config, Instrument, load
from exporter.config.exchanges import Endpoint
from exporter.config.instruments import StaleAfter, Symbol
from exporter.config.live import Live

Edit = Callable[[str, str, str], None]


def decimals(text: str) -> tuple[Decimal, ...]:
    """The decimals in a text with spaces between them."""
    return tuple(Decimal(word) for word in text.split())


def stale_after(config: Config, instrument: str) -> StaleAfter:
    """The limits that hold for an instrument."""
    found = config.instruments.instruments[instrument]
    return found.stale_after(config.instruments.defaults.stale_after_seconds)


def test_exchanges(shipped: Path) -> None:
    exchanges = load(shipped).exchanges.exchanges
    assert {name: exchange.enabled for name, exchange in exchanges.items()} == {
        "binance": True,
        "okx": True,
    }
    assert exchanges["binance"].feeds == {
        "spot": Endpoint(websocket="wss://stream.binance.com:9443", rest="https://api.binance.com"),
        "usdm": Endpoint(websocket="wss://fstream.binance.com", rest="https://fapi.binance.com"),
    }
    assert exchanges["okx"].feeds == {
        "public": Endpoint(websocket="wss://ws.okx.com:8443", rest="https://openapi.okx.com")
    }


def test_instruments(shipped: Path) -> None:
    book = StaleAfter(book=Decimal(5), change=Decimal(4))
    perp = {"binance": Symbol(symbol="BTCUSDT"), "okx": Symbol(symbol="BTC-USDT-SWAP")}
    spot = {"binance": Symbol(symbol="BTCUSDT"), "okx": Symbol(symbol="BTC-USDT")}
    assert load(shipped).instruments.instruments == {
        "BTC-USDT-PERP": Instrument("BTC-USDT-PERP", "BTC", "USDT", "PERP", perp, book),
        "BTC-USDT-SPOT": Instrument("BTC-USDT-SPOT", "BTC", "USDT", "SPOT", spot, book),
    }


def test_stale_limits(shipped: Path) -> None:
    config = load(shipped)
    assert config.instruments.defaults.stale_after_seconds.model_dump() == {
        "book": 65,
        "quote": 65,
        "trade": 65,
        "mark": 15,
        "index": 65,
        "funding": 120,
        "change": 600,
    }
    assert stale_after(config, "BTC-USDT-PERP").model_dump() == {
        "book": 5,
        "quote": 65,
        "trade": 65,
        "mark": 15,
        "index": 65,
        "funding": 120,
        "change": 4,
    }


def test_urls(shipped: Path) -> None:
    urls = load(shipped).urls
    assert urls.model_dump() == {
        "exporter": "http://127.0.0.1:9710",
        "runbooks": "http://127.0.0.1:9710/runbooks",
        "grafana": "http://127.0.0.1:3000",
        "alertmanager": "http://127.0.0.1:9093",
    }
    assert [name for name, _ in urls.on_loopback()] == list(urls.model_dump())


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "{}\n"])
def test_urls_have_the_shipped_values_where_nothing_is_said(
    shipped: Path, directory: Path, content: str | None
) -> None:
    (directory / "urls.yaml").unlink()
    if content is not None:
        (directory / "urls.yaml").write_text(content)
    assert load(directory).urls == load(shipped).urls


def test_a_link_may_have_a_path_and_loses_the_slash_at_its_end(directory: Path, edit: Edit) -> None:
    edit("urls.yaml", "grafana: http://127.0.0.1:3000", "grafana: https://example.org/grafana/")
    edit("urls.yaml", "alertmanager: http://127.0.0.1", "alertmanager: http://localhost")
    urls = load(directory).urls
    assert urls.grafana == "https://example.org/grafana"
    assert [name for name, _ in urls.on_loopback()] == ["exporter", "runbooks", "alertmanager"]


def test_features(shipped: Path) -> None:
    features = load(shipped).features
    assert features.model_dump() == {
        "metrics": dict.fromkeys(
            ("spread", "depth", "imbalance", "basis", "mark", "funding", "cross_exchange"), True
        ),
        "depth": {"bands_bps": decimals("5 10 25")},
        "imbalance": {"levels": (1, 5, 10)},
        "spread": {
            "limits_bps": decimals("2 3 4 5 10 20"),
            "buckets_bps": decimals("0.01 0.05 0.1 0.25 0.5 1 2 3 5 10 20 50"),
            "average_window_seconds": 60,
            "volatility_window_seconds": 300,
        },
        "basis": {"limits_bps": decimals("10 15 20 25 30 50")},
        "cross_exchange": {"deviation_limit_percent": Decimal(1)},
        "feed": {
            "latency_buckets_seconds": decimals(
                "0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5"
            ),
            "clock_skew_window_seconds": 60,
        },
        "live": {
            "rest_fallback": True,
            "rest_budget_share": Decimal("0.8"),
            "connect_timeout_seconds": Decimal(10),
            "answer_timeout_seconds": Decimal(10),
            "ping_after_seconds": Decimal(10),
            "backoff_first_seconds": Decimal("0.5"),
            "backoff_limit_seconds": Decimal(10),
            "healthy_after_seconds": Decimal(10),
            "silent_stream_seconds": Decimal(20),
            "crossed_book_seconds": Decimal(2),
            "renew_after_hours": Decimal(22),
            "queue_frames": 50_000,
            "snapshot_levels": 1000,
            "poll_levels": 500,
            "instruments_refresh_minutes": Decimal(10),
        },
        "drills": {"every_days": 30},
    }


def test_every_parameter_of_live_connections_stands_in_the_shipped_file(shipped: Path) -> None:
    written = yaml.safe_load((shipped / "features.yaml").read_text())["live"]
    assert list(written) == list(Live.model_fields)


LEGAL = {
    "rest_fallback": ("false", "true"),
    "rest_budget_share": ("0.01", "1"),
    "connect_timeout_seconds": ("0.001", "60"),
    "answer_timeout_seconds": ("0.001", "60"),
    "ping_after_seconds": ("0.001", "25"),
    "backoff_first_seconds": ("0.001", "10"),
    "backoff_limit_seconds": ("0.5", "3600"),
    "healthy_after_seconds": ("0.001", "3600"),
    "silent_stream_seconds": ("0.001", "3600"),
    "crossed_book_seconds": ("0.001", "3600"),
    "renew_after_hours": ("0.001", "22"),
    "queue_frames": ("100", "10000000"),
    "snapshot_levels": ("100", "500", "1000", "5000"),
    "poll_levels": ("100", "500"),
    "instruments_refresh_minutes": ("0.001", "1440"),
}
"""By key of `live`: the ends of what is accepted, or all of it where it is a choice."""


@pytest.mark.parametrize("key", Live.model_fields)
def test_a_parameter_of_live_connections_may_be_as_small_and_as_large_as_this(
    directory: Path, key: str
) -> None:
    for text in LEGAL[key]:
        (directory / "features.yaml").write_text(f"live: {{{key}: {text}}}\n")
        value = getattr(load(directory).features.live, key)
        assert value == (text == "true" if isinstance(value, bool) else Decimal(text))


def test_both_waits_may_be_the_same(directory: Path) -> None:
    live = "live: {backoff_first_seconds: 40, backoff_limit_seconds: 40.0}\n"
    (directory / "features.yaml").write_text(live)
    assert load(directory).features.live.backoff_limit_seconds == 40


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "{}\n", "depth: {}\nlive: {}\n"])
def test_features_have_the_shipped_values_where_nothing_is_said(
    directory: Path, shipped: Path, content: str | None
) -> None:
    (directory / "features.yaml").unlink()
    if content is not None:
        (directory / "features.yaml").write_text(content)
    assert load(directory).features == load(shipped).features


def test_stale_limits_have_the_shipped_values_where_nothing_is_said(
    directory: Path, edit: Edit
) -> None:
    edit("instruments.yaml", "defaults:", "defaults: {}\n_:")
    text = (directory / "instruments.yaml").read_text()
    head, tail = text.index("_:"), text.index("instruments:\n")
    (directory / "instruments.yaml").write_text(text[:head] + text[tail:])
    assert load(directory).instruments.defaults.stale_after_seconds == StaleAfter()


def test_an_instrument_takes_from_the_file_s_defaults_what_it_does_not_say(
    directory: Path, edit: Edit
) -> None:
    edit("instruments.yaml", "mark: 15", "mark: 20")
    edit("instruments.yaml", "book: 5", "funding: 65.5")
    limits = stale_after(load(directory), "BTC-USDT-PERP")
    assert (limits.book, limits.mark, limits.funding) == (Decimal(65), Decimal(20), Decimal("65.5"))


def test_numbers_are_the_decimals_that_are_written(directory: Path, edit: Edit) -> None:
    written = "{symbol: BTCUSDT, price_step: 0.1, quantity_step: 1e-8, contract_multiplier: 100}"
    edit("instruments.yaml", "binance: BTCUSDT", f"binance: {written}")
    symbol = load(directory).instruments.instruments["BTC-USDT-PERP"].symbols["binance"]
    assert str(symbol.price_step) == "0.1"
    assert symbol.quantity_step == Decimal("0.00000001")
    assert symbol.contract_multiplier == 100
    assert symbol.funding_interval_hours is None


def test_a_slash_at_the_end_of_an_address_is_dropped(directory: Path, edit: Edit) -> None:
    edit("exchanges.yaml", "https://fapi.binance.com", "http://localhost:80/proxy/")
    endpoint = load(directory).exchanges.exchanges["binance"].feeds["usdm"]
    assert endpoint.rest == "http://localhost:80/proxy"


def test_an_exchange_is_enabled_unless_it_says_otherwise(directory: Path, edit: Edit) -> None:
    edit("exchanges.yaml", "enabled: true", "")
    edit("exchanges.yaml", "enabled: true", "enabled: false")
    exchanges = load(directory).exchanges.exchanges
    assert [exchange.enabled for exchange in exchanges.values()] == [True, False]


def test_aliases_are_followed(directory: Path, edit: Edit) -> None:
    edit("instruments.yaml", "book: 65", "book: &long 65")
    edit("instruments.yaml", "mark: 15", "mark: *long")
    assert load(directory).instruments.defaults.stale_after_seconds.mark == 65


def test_switches(directory: Path, edit: Edit) -> None:
    edit("features.yaml", "funding: true", "funding: false")
    features = load(directory).features
    switches = ("", "spread", "funding")
    assert [features.switched_on(name) for name in switches] == [True, True, False]


def test_nothing_changes_after_loading(shipped: Path) -> None:
    config = load(shipped)
    sections: list[BaseModel] = [config.exchanges, config.features, config.features.depth]
    sections += [config.features.live, config.alerts, config.alerts.baseline, config.alerts.timing]
    sections += [*config.alerts.alerts.values(), *config.alerts.regimes.values()]
    for section in sections:
        for name in type(section).model_fields:
            with pytest.raises(ValidationError, match="frozen"):
                setattr(section, name, None)
    tables = [config.exchanges.exchanges, config.instruments.instruments]
    tables += [exchange.feeds for exchange in config.exchanges.exchanges.values()]
    tables += [instrument.symbols for instrument in config.instruments.instruments.values()]
    tables += [config.alerts.alerts, config.alerts.regimes]
    tables += [rule.thresholds for rule in config.alerts.alerts.values()]
    assert all(isinstance(table, MappingProxyType) for table in tables)
