"""`/control`: what the simulation is doing, and how to make it do something else, as JSON."""

import dataclasses
from typing import Annotated, Literal

import msgspec
from aiohttp import web

from exporter.simulator.exchanges import Exchanges
from exporter.simulator.incidents import KINDS, Incident
from exporter.simulator.maintenance import Announced

_CREATED, _BAD_REQUEST, _NOT_FOUND = 201, 400, 404


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """`{"kind":"stale-stream","exchange":"okx","instrument":"BTC-USDT-SPOT","seconds":30}`"""

    kind: str
    exchange: str | None = None
    instrument: str | None = None
    size: float | None = None
    seconds: float | None = None


class _Maintenance(msgspec.Struct, forbid_unknown_fields=True):
    """`{"exchange":"okx","title":"System upgrade","begins_in":3600,"seconds":1800}`"""

    exchange: Literal["binance", "okx"]
    title: str = "System upgrade"
    begins_in: Annotated[float, msgspec.Meta(ge=-86_400, le=30 * 86_400)] = 0
    seconds: Annotated[float, msgspec.Meta(gt=0, le=7 * 86_400)] = 3600


class Control:
    """The control endpoint; everything it answers is JSON, an error `{"error": sentence}`."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges

    def routes(self) -> list[web.RouteDef]:
        """The paths."""
        return [
            web.get("/control", self._state),
            web.get("/control/kinds", self._kinds),
            web.post("/control/incidents", self._start),
            web.delete("/control/incidents", self._stop),
            web.delete("/control/incidents/{number:[0-9]{1,18}}", self._stop),
            web.post("/control/maintenance", self._announce),
            web.delete("/control/maintenance", self._withdraw),
            web.post("/control/pause", self._pause),
            web.post("/control/resume", self._resume),
            web.get("/control/books/{exchange}/{instrument}", self._book),
        ]

    async def _state(self, request: web.Request) -> web.Response:
        exchanges, common = self._exchanges, self._exchanges.common
        situation = exchanges.situation
        under_way = exchanges.world.incidents.under_way(situation.market_time)
        symbols = [market.symbol for market in exchanges.world.markets.values()]
        state = {
            "time": situation.now,
            "paused": exchanges.paused,
            "symbols": [
                {"exchange": one.exchange, "instrument": one.instrument, "name": one.name}
                for one in symbols
            ],
            "incidents": [self._shown(incident) for incident in under_way],
            "sessions": {service.name: len(service.sessions) for service in exchanges.services},
            "violations": dict(common.violations.counts),
            "broken_rules": list(common.violations.sentences),
            "messages": {service.name: common.sent[service.name] for service in exchanges.services},
        }
        return web.json_response(state)

    async def _kinds(self, request: web.Request) -> web.Response:
        kinds = [
            {
                "name": kind.name,
                "place": kind.place,
                "unit": kind.unit,
                "size": kind.size,
                "seconds": kind.seconds,
                "meaning": kind.meaning,
            }
            for kind in KINDS.values()
        ]
        return web.json_response(kinds)

    async def _start(self, request: web.Request) -> web.Response:
        try:
            wanted = msgspec.json.decode(await request.read(), type=_Wanted)
            incident = self._exchanges.start(**msgspec.structs.asdict(wanted))
        except (msgspec.MsgspecError, ValueError) as error:
            return _error(str(error), _BAD_REQUEST)
        return web.json_response(self._shown(incident), status=_CREATED)

    async def _stop(self, request: web.Request) -> web.Response:
        number = request.match_info.get("number")
        try:
            self._exchanges.world.incidents.stop(None if number is None else int(number))
        except ValueError as error:
            return _error(str(error), _NOT_FOUND)
        return await self._state(request)

    async def _announce(self, request: web.Request) -> web.Response:
        """An exchange announces maintenance; its markets go on as before."""
        try:
            wanted = msgspec.json.decode(await request.read(), type=_Maintenance)
        except msgspec.MsgspecError as error:
            return _error(str(error), _BAD_REQUEST)
        begin = self._exchanges.situation.now + round(1000 * wanted.begins_in)
        end = begin + round(1000 * wanted.seconds)
        announced = Announced(wanted.exchange, wanted.title, begin, end)
        self._exchanges.common.announcements.announce(announced)
        return web.json_response(dataclasses.asdict(announced), status=_CREATED)

    async def _withdraw(self, request: web.Request) -> web.Response:
        self._exchanges.common.announcements.withdraw()
        return await self._state(request)

    async def _pause(self, request: web.Request) -> web.Response:
        self._exchanges.pause()
        return await self._state(request)

    async def _resume(self, request: web.Request) -> web.Response:
        self._exchanges.resume()
        return await self._state(request)

    async def _book(self, request: web.Request) -> web.Response:
        exchange, instrument = (request.match_info[key] for key in ("exchange", "instrument"))
        try:
            number, bids, asks = self._exchanges.book(exchange, instrument)
        except KeyError:
            return _error(f"there is no market {instrument} on {exchange}", _NOT_FOUND)
        return web.json_response({"id": number, "bids": bids, "asks": asks})

    def _shown(self, incident: Incident) -> dict[str, object]:
        left = incident.ends - self._exchanges.situation.market_time
        return {
            "number": incident.number,
            "kind": incident.kind.name,
            "exchange": incident.exchange,
            "instrument": incident.instrument,
            "size": incident.size,
            "unit": incident.kind.unit,
            "seconds_left": left / 1000,
        }


def _error(sentence: str, status: int) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
