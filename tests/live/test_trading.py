"""Whether a market trades, by the exchange's instrument list."""

import json
from urllib.parse import urlsplit

import pytest

from exporter.pipeline import Pipeline
from tests import made
from tests.made import OKX, PERP_NAME, SPOT, SPOT_NAME, Session, house, market

SPOT_LIST = urlsplit("https://api.binance.com/api/v3/exchangeInfo")
OKX_LIST = urlsplit("https://www.okx.com/api/v5/public/instruments?instType=SWAP")


def listed(pipeline: Pipeline, session: Session, *symbols: str) -> list[str]:
    """The whole spot list is read; the names of the markets that it lacks."""
    intake = pipeline.intakes[SPOT.name]
    intake.relist()
    pipeline.ingest(SPOT, made.exchange_info(*symbols), session.now, url=SPOT_LIST)
    return [str(found.id) for found in intake.unlisted()]


def test_a_market_trades_by_the_newest_list_and_nothing_is_said_before_one() -> None:
    pipeline, session = house()
    found = market(pipeline, SPOT_NAME)
    assert found.trading is None
    assert listed(pipeline, session, "BTCUSDT", "ETHUSDT") == []
    assert found.trading is True
    assert listed(pipeline, session, "ETHUSDT") == [SPOT_NAME]
    assert found.trading is False
    assert market(pipeline, PERP_NAME).trading is None
    assert listed(pipeline, session, "BTCUSDT") == []
    assert found.trading is True


@pytest.mark.parametrize(("state", "trading"), [("live", True), ("suspend", False)])
def test_a_halted_market_is_listed_and_does_not_trade(state: str, trading: bool) -> None:
    pipeline, session = house()
    row = {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "tickSz": "0.1", "lotSz": "0.01"}
    row |= {"ctVal": "0.01", "ctMult": "1", "ctType": "linear", "uly": "BTC-USDT", "state": state}
    body = json.dumps({"code": "0", "msg": "", "data": [row]}).encode()
    pipeline.ingest(OKX, body, session.now, url=OKX_LIST)
    assert market(pipeline, "okx/BTC-USDT-PERP").trading is trading
    assert [str(m.id) for m in pipeline.intakes["okx"].unlisted()] == ["okx/BTC-USDT-SPOT"]


def test_a_list_in_parts_is_whole_when_all_parts_were_read() -> None:
    pipeline, session = house()
    intake = pipeline.intakes[SPOT.name]
    intake.relist()
    for symbol in ("ETHUSDT", "BTCUSDT"):
        pipeline.ingest(SPOT, made.exchange_info(symbol), session.now, url=SPOT_LIST)
    assert list(intake.unlisted()) == []
