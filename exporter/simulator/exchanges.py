"""All simulated exchanges together: what they do as time goes by, and what can be asked of them."""

from collections.abc import Callable, Iterable

from aiohttp import web

from exporter.simulator.binance import BinanceService
from exporter.simulator.binance_market import BinanceMarket
from exporter.simulator.binance_product import SPOT, USDM
from exporter.simulator.binance_rest import BinanceRest
from exporter.simulator.incidents import Incident
from exporter.simulator.limits import Limits
from exporter.simulator.okx import OkxService
from exporter.simulator.okx_market import OkxMarket
from exporter.simulator.okx_rest import OkxRest
from exporter.simulator.scope import check_scope
from exporter.simulator.script import Script
from exporter.simulator.service import Common
from exporter.simulator.session import Session
from exporter.simulator.situation import Situation
from exporter.simulator.text import Text
from exporter.simulator.world import World

_OVERSEE_EVERY = 50
_LONGEST_STEP = 5_000

Levels = list[tuple[str, str]]
"""Price and size as the exchange writes them."""
Report = Callable[[str], None]


class Exchanges:
    """The servers of a world, without clock or port. Times are ms.

    The markets have a time of their own, which stands still in a pause, and with it all incidents
    and the script; sessions, limits and heartbeats go by the time on the wire. `report` is told in
    a sentence whenever an incident starts or ends.
    """

    def __init__(
        self, world: World, now: int, limits: Limits, script: Script | None, report: Report
    ) -> None:
        self.world = world
        self.situation = Situation(world.incidents, now)
        world.step(now)  # what made the books at first is no news
        self.common = common = Common(self.situation, limits.backlog_bytes)
        markets = list(world.markets.values())
        self._spot = BinanceService(SPOT, common, limits.spot, markets)
        self._usdm = BinanceService(USDM, common, limits.usdm, markets)
        self._okx = OkxService(common, limits.okx, world)
        self.services = (self._spot, self._usdm, self._okx)
        self._limits = limits
        self._script = script
        self._report = report
        self._start = now
        self._scripted = -1
        self._overseen = now
        self._reported: dict[int, Incident] = {}
        self.paused = False

    def routes(self) -> Iterable[web.RouteDef]:
        """All paths of all services."""
        for service in self.services:
            yield from service.routes()
        for binance in (self._spot, self._usdm):
            limits = self._limits.spot if binance is self._spot else self._limits.usdm
            markets = list(binance.markets.values())
            yield from BinanceRest(binance.product, self.common, limits, markets).routes()
        okx = OkxRest(self.common, self._limits.okx, self._okx.markets.values(), self._okx.indices)
        yield from okx.routes()

    def advance(self, now: int) -> None:
        """Bring everything to `now`. Over a long sleep of the machine the markets stand still."""
        situation = self.situation
        now = max(now, situation.now)
        asleep = now - situation.now > _LONGEST_STEP
        situation.advance(now, standing=self.paused or asleep)
        self._start_scripted()
        changed = self._tell_incidents()
        happenings = {} if self.paused else self.world.step(situation.market_time)
        oversee = changed or now - self._overseen >= _OVERSEE_EVERY
        self._overseen = now if oversee else self._overseen
        for service in self.services:
            if oversee:
                service.oversee()
            service.tick(happenings)
            service.flush()

    def pause(self) -> None:
        """The markets stand still from now on; what is pending is sent first."""
        self.paused = True
        for service in self.services:
            service.settle()
            service.flush()

    def resume(self) -> None:
        """The markets go on."""
        self.paused = False

    def start(
        self,
        kind: str,
        *,
        exchange: str | None = None,
        instrument: str | None = None,
        size: float | None = None,
        seconds: float | None = None,
    ) -> Incident:
        """Begin an incident. Raises ValueError with a sentence that names what is wrong."""
        check_scope(self.world.markets.keys(), kind, exchange, instrument)
        return self.world.incidents.start(
            kind,
            self.situation.market_time,
            exchange=exchange,
            instrument=instrument,
            size=size,
            seconds=seconds,
        )

    def book(self, exchange: str, instrument: str) -> tuple[int, Levels, Levels]:
        """The book as published last: its id, bids and asks, best first.

        Raises KeyError where there is no such market.
        """
        market = self._market(exchange, instrument)
        bids, asks = market.levels()
        price, size = market.wire.price, market.wire.size
        return market.last, _texts(bids, price, size), _texts(asks, price, size)

    def end(self) -> list[Session]:
        """Close all sessions; those that do not read remain, to be cut."""
        return [session for service in self.services for session in service.end()]

    def _market(self, exchange: str, instrument: str) -> BinanceMarket | OkxMarket:
        for service in self.services:
            if service.exchange == exchange and instrument in service.markets:
                return service.markets[instrument]
        raise KeyError(f"{exchange} {instrument}")

    def _start_scripted(self) -> None:
        if self._script is None:
            return
        until = self.situation.market_time - self._start
        for planned in self._script.due(self._scripted, until):
            self.start(
                planned.kind,
                exchange=planned.exchange,
                instrument=planned.instrument,
                size=planned.size,
                seconds=planned.seconds,
            )
        self._scripted = until

    def _tell_incidents(self) -> bool:
        """Report what begins and what is over; whether there was anything."""
        before, now = (
            self._reported,
            {incident.number: incident for incident in self.situation.under_way},
        )
        for number, incident in now.items():
            if number not in before:
                self._report(f"incident {number} begins: {described(incident)}")
        for number, incident in before.items():
            if number not in now:
                self._report(f"incident {number} is over: {incident.kind.name}")
        self._reported = now
        return before.keys() != now.keys()


def described(incident: Incident) -> str:
    """`spread-blow-out on binance BTC-USDT-PERP, 10 times, for 30 s`"""
    where = " ".join(filter(None, (incident.exchange or "all exchanges", incident.instrument)))
    size = f", {incident.size:g} {incident.kind.unit}" if incident.kind.unit else ""
    seconds = (incident.ends - incident.started) / 1000
    return f"{incident.kind.name} on {where}{size}, for {seconds:g} s"


def _texts(levels: Iterable[tuple[int, int]], price: Text, size: Text) -> Levels:
    return [(price(ticks), size(lots)) for ticks, lots in levels]
