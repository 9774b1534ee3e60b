"""Binance's `exchangeInfo`: what its instruments are and in which steps they go."""

from collections.abc import Iterable

import msgspec

from exporter.simulator.binance_market import BinanceMarket
from exporter.simulator.binance_product import Product
from exporter.simulator.limits import BinanceLimits

_MOST_STEPS = 10**9
_ONBOARDED = 1_569_398_400_000
_NEVER_DELIVERED = 4_133_404_800_000


def exchange_info(
    product: Product, limits: BinanceLimits, markets: Iterable[BinanceMarket], now: int
) -> str:
    """The instrument list of some markets, as JSON."""
    describe = _spot if product.kind == "SPOT" else _perpetual
    answer = {
        "timezone": "UTC",
        "serverTime": now,
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
        "filters": _filters(market),
    }


def _perpetual(market: BinanceMarket) -> dict[str, object]:
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
        "filters": _filters(market),
    }


def _filters(market: BinanceMarket) -> list[dict[str, str]]:
    price, size = market.wire.price, market.wire.size
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": price(1),
            "maxPrice": price(_MOST_STEPS),
            "tickSize": price(1),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": size(1),
            "maxQty": size(_MOST_STEPS),
            "stepSize": size(1),
        },
    ]
