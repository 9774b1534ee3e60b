"""Binance COIN-M futures, for replay only: sizes are contracts of a fixed value in USD."""

import re

from exporter.feeds import binance
from exporter.feeds.binance_futures import COINM_SYMBOL, follows, joins
from exporter.feeds.feed import Feed


def _recognise(frame: bytes) -> bool:
    """A futures depth event whose symbol is a COIN-M contract (`BTCUSD_PERP`)."""
    return b'"depthUpdate"' in frame and COINM_SYMBOL.search(frame) is not None


FEED = Feed(
    exchange="binance",
    product="coinm",
    kinds={"PERP": re.compile(r"[A-Z0-9]{2,30}_(PERP|\d{6})")},
    hosts=frozenset({"dstream.binance.com", "dapi.binance.com"}),
    recognise=_recognise,
    symbol_of=binance.symbol_of,
    decode=binance.decoder(binance.STREAMS),
    decode_rest=binance.decode_rest(None),
    joins=joins,
    follows=follows,
)
