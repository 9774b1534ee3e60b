"""Binance's `exchangeInfo`: what its instruments are and in which steps they go."""

from collections.abc import Iterable

import msgspec

from exporter.simulator.binance_market import BinanceMarket
from exporter.simulator.binance_product import Product
from exporter.simulator.limits import BinanceLimits
from exporter.simulator.text import plain

_MOST_STEPS = 10**9
_ONBOARDED = 1_569_398_400_000
_NEVER_DELIVERED = 4_133_404_800_000


def exchange_info(
    product: Product, limits: BinanceLimits, markets: Iterable[BinanceMarket], now: int
) -> str:
    """The instrument list of some markets, as JSON."""
    spot = product.kind == "SPOT"
    describe = _spot if spot else _perpetual
    family = {} if spot else {"futuresType": "U_MARGINED"}
    answer = {
        "timezone": "UTC",
        "serverTime": now,
        **family,
        "rateLimits": [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": limits.weight,
            }
        ],
        "exchangeFilters": [],
        "symbols": [describe(market) for market in markets],
    }
    return msgspec.json.encode(answer).decode()


def _spot(market: BinanceMarket) -> dict[str, object]:
    symbol = market.market.symbol
    return {
        "symbol": symbol.name,
        "status": "TRADING",
        "baseAsset": symbol.base,
        "baseAssetPrecision": 8,
        "quoteAsset": symbol.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "isSpotTradingAllowed": True,
        "filters": _filters(market, market.wire.price(_MOST_STEPS), market.wire.size(_MOST_STEPS)),
    }


def _perpetual(market: BinanceMarket) -> dict[str, object]:
    """The precisions are those of the text; the steps are in the filters."""
    symbol = market.market.symbol
    return {
        "symbol": symbol.name,
        "pair": symbol.name,
        "contractType": "PERPETUAL",
        "deliveryDate": _NEVER_DELIVERED,
        "onboardDate": _ONBOARDED,
        "status": "TRADING",
        "baseAsset": symbol.base,
        "quoteAsset": symbol.quote,
        "marginAsset": symbol.quote,
        "pricePrecision": _places(market.wire.price(1)),
        "quantityPrecision": _places(market.wire.size(1)),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "filters": _filters(
            market, plain(symbol.tick * _MOST_STEPS, 0), plain(symbol.lot * _MOST_STEPS, 0)
        ),
    }


def _filters(market: BinanceMarket, most_price: str, most_size: str) -> list[dict[str, str]]:
    """Price and size rules; USD-M gives the largest of each without decimals."""
    step, lot = market.wire.price(1), market.wire.size(1)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": step,
            "maxPrice": most_price,
            "tickSize": step,
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": lot,
            "maxQty": most_size,
            "stepSize": lot,
        },
    ]


def _places(text: str) -> int:
    """Decimals of a number in text."""
    return len(text.partition(".")[2])
