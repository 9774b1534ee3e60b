"""The exchanges, one explicit line each. Adding one is a file beside this and a line here."""

from exporter.feeds import binance_coinm, binance_spot, binance_usdm, okx
from exporter.feeds.feed import Feed

FEEDS: tuple[Feed, ...] = (
    binance_spot.FEED,
    binance_usdm.FEED,
    binance_coinm.FEED,
    okx.FEED,
)
