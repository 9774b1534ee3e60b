"""OKX's public REST service: instruments, books, references, the time."""

import json
from collections.abc import Callable, Iterable, Mapping

from aiohttp import web

from exporter.simulator.limits import OkxLimits, Rate
from exporter.simulator.okx_index import OkxIndex
from exporter.simulator.okx_market import BOOK_LEVELS, OkxMarket
from exporter.simulator.service import Common
from exporter.simulator.symbols import Symbol

_NAME = "okx/public"
_TYPES = {"SPOT": "SPOT", "PERP": "SWAP"}
_LISTED = "1600000000000"
_TOO_MANY = ("50011", "Too Many Requests")
_FAILURES = {
    400: ("50004", "API endpoint request timeout"),
    410: ("50005", "API is offline or unavailable"),
    429: _TOO_MANY,
    503: ("50001", "Service temporarily unavailable. Please try again later."),
}
_OTHER_FAILURE = ("50026", "System error. Please try again later.")
_STATUS = "/api/v5/system/status"
_STATUS_LIMIT = (1, 5)
"""Requests of the status in so many seconds; all other paths are counted in another window."""
_Query = Mapping[str, str]


class _RefusedError(Exception):
    """A request that is answered with an error: HTTP status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class OkxRest:
    """The REST side of the public service. HTTP 200 can carry an error."""

    def __init__(
        self,
        common: Common,
        limits: OkxLimits,
        markets: Iterable[OkxMarket],
        indices: Mapping[str, OkxIndex],
    ) -> None:
        self._common = common
        self._limits = limits
        self._markets = {market.market.symbol.name: market for market in markets}
        self._indices = indices
        self._rates: dict[tuple[str, str], Rate] = {(_STATUS, ""): Rate(*_STATUS_LIMIT)}
        self._answers: Mapping[str, Callable[[_Query], list[str]]] = {
            "/api/v5/public/instruments": self._instruments,
            "/api/v5/public/time": self._time,
            "/api/v5/public/mark-price": self._marks,
            "/api/v5/public/funding-rate": self._funding,
            "/api/v5/market/books": self._book,
            "/api/v5/market/index-tickers": self._index,
            _STATUS: self._status,
        }

    def routes(self) -> list[web.RouteDef]:
        """The REST paths."""
        return [web.get(f"/{_NAME}{path}", self._serve) for path in self._answers]

    async def _serve(self, request: web.Request) -> web.Response:
        path, query = request.path.removeprefix(f"/{_NAME}"), request.query
        try:
            self._fail()
            self._count(path, query)
            rows = self._answers[path](query)
        except _RefusedError as error:
            body = {"code": error.code, "data": [], "msg": str(error)}
            return web.json_response(body, status=error.status)
        text = f'{{"code":"0","msg":"","data":[{",".join(rows)}]}}'
        return web.Response(text=text, content_type="application/json")

    def _fail(self) -> None:
        """The incident `rest-errors`, if there is one."""
        incident = self._common.situation.active("rest-errors", "okx")
        if incident is not None:
            status = round(incident.size)
            raise _RefusedError(status, *_FAILURES.get(status, _OTHER_FAILURE))

    def _count(self, path: str, query: _Query) -> None:
        limits, now = self._limits, self._common.situation.now
        each = query.get(limits.rest_each.get(path, ""), "")
        rate = self._rates.get((path, each))
        if rate is None:
            rate = self._rates[path, each] = Rate(limits.rest[path], limits.rest_seconds)
        if not rate.admit(now):
            sentence = f"too many requests of {path} in the window"
            self._common.violations.add(_NAME, "request rate of a path", sentence)
            raise _RefusedError(429, *_TOO_MANY)

    def _instruments(self, query: _Query) -> list[str]:
        kind = query.get("instType", "")
        if kind not in _TYPES.values():
            raise _RefusedError(400, "51000", "Parameter instType error")
        symbols = [market.market.symbol for market in self._markets.values()]
        chosen = [symbol for symbol in symbols if _TYPES[symbol.kind] == kind]
        if "instId" in query:
            chosen = [self._named(query).market.symbol]
        return [_instrument(symbol, kind) for symbol in chosen]

    def _status(self, query: _Query) -> list[str]:
        return self._common.announcements.of_okx(self._common.situation.now)

    def _time(self, query: _Query) -> list[str]:
        return [f'{{"ts":"{self._common.situation.now}"}}']

    def _marks(self, query: _Query) -> list[str]:
        if "instId" not in query and query.get("instType") != "SWAP":
            raise _RefusedError(400, "51000", "Parameter instType error")
        return self._references("mark-price", query.get("instId", "ANY"), query)

    def _funding(self, query: _Query) -> list[str]:
        return self._references("funding-rate", query.get("instId", ""), query)

    def _references(self, channel: str, name: str, query: _Query) -> list[str]:
        markets = list(self._markets.values()) if name == "ANY" else [self._named(query)]
        rows = (market.reference_row(channel) for market in markets)
        return [row for row in rows if row is not None]

    def _book(self, query: _Query) -> list[str]:
        market = self._named(query)
        asked = query.get("sz", "1")
        if not asked.isdecimal() or not 1 <= int(asked) <= BOOK_LEVELS:
            raise _RefusedError(400, "51000", "Parameter sz error")
        bids, asks = market.levels(int(asked))
        now = self._common.situation.now
        return [
            f'{{"asks":{market.wire.levels(asks)},"bids":{market.wire.levels(bids)},'
            f'"ts":"{now}","seqId":{market.last}}}'
        ]

    def _index(self, query: _Query) -> list[str]:
        if "instId" in query:
            if query["instId"] not in self._indices:
                raise _RefusedError(200, "51001", "Instrument ID doesn't exist.")
            return [self._indices[query["instId"]].row()]
        quote = query.get("quoteCcy", "")
        return [index.row() for pair, index in self._indices.items() if pair.endswith(f"-{quote}")]

    def _named(self, query: _Query) -> OkxMarket:
        name = query.get("instId")
        if name not in self._markets:
            message = "Instrument ID, Instrument ID code, or Spread ID doesn't exist."
            raise _RefusedError(200, "51001", message)
        return self._markets[name]


def _instrument(symbol: Symbol, kind: str) -> str:
    """A row of the instrument list; what belongs to contracts alone is empty for spot. Keys come
    in the order of the alphabet."""
    contract = kind == "SWAP"
    row = {
        "instType": kind,
        "instId": symbol.name,
        "uly": symbol.pair if contract else "",
        "instFamily": symbol.pair if contract else "",
        "baseCcy": "" if contract else symbol.base,
        "quoteCcy": "" if contract else symbol.quote,
        "settleCcy": symbol.quote if contract else "",
        "ctVal": f"{symbol.multiplier:f}" if contract else "",
        "ctMult": "1" if contract else "",
        "ctValCcy": symbol.base if contract else "",
        "ctType": "linear" if contract else "",
        "tickSz": f"{symbol.tick:f}",
        "lotSz": f"{symbol.lot:f}",
        "minSz": f"{symbol.lot:f}",
        "listTime": _LISTED,
        "expTime": "",
        "ruleType": "normal",
        "state": "live",
    }
    return json.dumps(row, separators=(",", ":"), sort_keys=True)
