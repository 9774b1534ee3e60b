"""Binance's REST services: the book, the instrument list, the premium index, the time."""

import json
from collections.abc import Mapping, Sequence

import msgspec
from aiohttp import web

from exporter.simulator.binance_listing import exchange_info
from exporter.simulator.binance_market import BinanceMarket
from exporter.simulator.binance_messages import premium_index, rows
from exporter.simulator.binance_product import Product
from exporter.simulator.limits import BinanceLimits, Spent, WeightBudget
from exporter.simulator.service import Common

_BAD_REQUEST = 400
_TOO_MUCH_WEIGHT = -1003
_Query = Mapping[str, str]


class _RefusedError(Exception):
    """A request that is answered with 400: the exchange's code and its message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class BinanceRest:
    """The REST side of a service, with its budget of request weight."""

    def __init__(
        self,
        product: Product,
        common: Common,
        limits: BinanceLimits,
        markets: Sequence[BinanceMarket],
    ) -> None:
        self._product = product
        self._common = common
        self._limits = limits
        self._markets = {market.market.symbol.name: market for market in markets}
        self._budget = WeightBudget(limits)
        self._answers = {"depth": self._depth, "exchangeInfo": self._listing, "time": self._time}
        if product.kind == "SPOT":
            self._answers["system/status"] = self._status
        if product.kind == "PERP":
            self._answers["premiumIndex"] = self._premium

    def routes(self) -> list[web.RouteDef]:
        """The REST paths."""
        service = f"/{self._product.name}"
        return [
            web.get(f"{service}{self._product.api}/{{name}}", self._serve),
            web.get(f"{service}/sapi/v1/{{name:system/status}}", self._serve),
        ]

    async def _serve(self, request: web.Request) -> web.Response:
        name, query = request.match_info["name"], request.query
        failure = self._failure()
        if failure is not None:
            return failure
        spent = self._budget.spend(self._now, self._weight(name, query))
        headers = {"X-MBX-USED-WEIGHT-1M": str(spent.used)}
        if spent.status != web.HTTPOk.status_code:
            return self._too_much(spent, headers)
        answer = self._answers.get(name)
        if answer is None:
            return web.Response(status=404, headers=headers)
        try:
            body = answer(query)
        except _RefusedError as error:
            return _error(_BAD_REQUEST, error.code, str(error), headers)
        return web.Response(text=body, content_type="application/json", headers=headers)

    @property
    def _now(self) -> int:
        return self._common.situation.now

    def _failure(self) -> web.Response | None:
        """What the incident `rest-errors` answers, if there is one."""
        situation = self._common.situation
        incident = situation.active("rest-errors", "binance")
        if incident is None:
            return None
        status = round(incident.size)
        if status in {418, 429}:
            left = -(-(incident.ends - situation.market_time) // 1000)
            return _too_many(Spent(status, 0, left), self._now, {})
        return _error(status, -1000, "Service Unavailable.", {})

    def _too_much(self, spent: Spent, headers: Mapping[str, str]) -> web.Response:
        rule = "request weight" if spent.status == 429 else "request while banned"
        most = self._limits.weight
        sentence = f"weight {spent.used} of {most} in a minute, answered with {spent.status}"
        self._common.violations.add(self._product.name, rule, sentence)
        return _too_many(spent, self._now, headers)

    def _weight(self, name: str, query: _Query) -> int:
        if name == "depth":
            asked = query.get("limit", "")
            limit = int(asked) if asked.isdecimal() else self._product.usual_depth
            costs = self._product.depth_weights
            return next((costs[step] for step in costs if limit <= step), max(costs.values()))
        if name == "exchangeInfo":
            return self._product.listing_weight
        return 10 if name == "premiumIndex" and "symbol" not in query else 1

    def _depth(self, query: _Query) -> str:
        market, limit = self._market(query), self._limit(query)
        bids, asks = market.levels(limit)
        time = "" if self._product.kind == "SPOT" else f'"E":{self._now},"T":{self._now},'
        return (
            f'{{"lastUpdateId":{market.last},{time}'
            f'"bids":{rows(bids, market.wire)},"asks":{rows(asks, market.wire)}}}'
        )

    def _limit(self, query: _Query) -> int:
        asked, limits = query.get("limit"), self._product.depth_weights
        if asked is None:
            return self._product.usual_depth
        if not asked.isdecimal() or int(asked) == 0:
            raise _RefusedError(-1130, "Data sent for parameter 'limit' is not valid.")
        if not self._product.any_depth and int(asked) not in limits:
            raise _RefusedError(-4021, f"{asked} is not valid depth limit.")
        return min(int(asked), max(limits))

    def _listing(self, query: _Query) -> str:
        markets = list(self._markets.values())
        if self._product.kind == "SPOT" and ("symbol" in query or "symbols" in query):
            names = [query["symbol"]] if "symbol" in query else _names(query["symbols"])
            markets = [self._named(name) for name in names]
        return exchange_info(self._product, self._limits, markets, self._now)

    def _premium(self, query: _Query) -> str:
        if "symbol" in query:
            return premium_index(self._market(query).market, self._now)
        rows_of_all = (premium_index(one.market, self._now) for one in self._markets.values())
        return f"[{','.join(rows_of_all)}]"

    def _status(self, query: _Query) -> str:
        return self._common.announcements.of_binance(self._now)

    def _time(self, query: _Query) -> str:
        return f'{{"serverTime":{self._now}}}'

    def _market(self, query: _Query) -> BinanceMarket:
        if not query.get("symbol"):
            message = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
            raise _RefusedError(-1102, message)
        return self._named(query["symbol"])

    def _named(self, name: str) -> BinanceMarket:
        if name not in self._markets:
            raise _RefusedError(-1121, "Invalid symbol.")
        return self._markets[name]


def _names(text: str) -> list[str]:
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.DecodeError as error:
        message = "Illegal characters found in parameter 'symbols'."
        raise _RefusedError(-1100, message) from error


def _too_many(spent: Spent, now: int, headers: Mapping[str, str]) -> web.Response:
    until = now + 1000 * spent.retry_after
    message = (
        f"Way too much request weight used; IP banned until {until}."
        if spent.status == 418
        else "Too much request weight used; please use WebSocket Streams for live updates."
    )
    waiting = {**headers, "Retry-After": str(spent.retry_after)}
    return _error(spent.status, _TOO_MUCH_WEIGHT, message, waiting)


def _error(status: int, code: int, message: str, headers: Mapping[str, str]) -> web.Response:
    body = json.dumps({"code": code, "msg": message}, separators=(",", ":"))
    return web.Response(
        status=status, text=body, content_type="application/json", headers=dict(headers)
    )
