"""A sandbox as a drill sees it: the four stages and the simulated exchanges, all on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from exporter import clock
from exporter.drills.asking import Asking
from exporter.drills.goals import is_live
from exporter.drills.plan import Pace, Plan
from exporter.drills.received import Received
from exporter.drills.routes import Routes
from exporter.drills.sight import Alert, Page, Sight, alert
from exporter.drills.table import Calm
from exporter.errors import ExporterError
from exporter.model import NANOSECONDS
from exporter.simulator.shape import shape_of
from exporter.simulator.symbols import Symbol

_FOR_EVER = 3600
"""Seconds that an incident lasts unless it is ended."""
_EVERY = 0.25
_LOUD = ("P1", "P2")


class Sandbox:
    """The parts by what they are asked, and what was received."""

    def __init__(
        self,
        exporter: Asking,
        prometheus: Asking,
        alertmanager: Asking,
        exchanges: Asking,
        received: Received,
    ) -> None:
        self.exporter = exporter
        self.prometheus = prometheus
        self.alertmanager = alertmanager
        self.exchanges = exchanges
        self._received = received
        self._told_before = 0

    async def look(self) -> Sight:
        """What each stage shows now, and what was received since the last `forget`.

        The last stage is asked first: where it shows something, so do those before it.
        """
        messages = tuple(self._received.messages[self._told_before :])
        alerts = await alerts_of(self.alertmanager)
        rules = await self.rules()
        return Sight(await self.page(), rules, alerts, messages)

    def forget(self) -> None:
        """Messages from now on are those of what begins now."""
        self._told_before = len(self._received.messages)

    async def page(self) -> Page:
        """The exporter's page."""
        return Page(await self.exporter.text("/metrics"))

    async def rules(self) -> list[Alert]:
        """The alerts that fire by the rules of Prometheus."""
        found = (await self.prometheus.json("/api/v1/alerts"))["data"]["alerts"]
        return [alert(one["labels"]) for one in found if one["state"] == "firing"]

    async def begin(self, plan: Plan, size: float | None) -> int:
        """Start the incident; its number."""
        wanted = {
            "kind": plan.drill.kind,
            "exchange": plan.exchange,
            "instrument": plan.instrument,
            "size": size,
            "seconds": _FOR_EVER,
        }
        return int((await self.exchanges.send("POST", "/control/incidents", wanted))["number"])

    async def end(self, number: int) -> None:
        """End the incident."""
        await self.exchanges.send("DELETE", f"/control/incidents/{number}")

    async def pace(self, plan: Plan) -> Pace:
        """The times that stand in the files of Prometheus and Alertmanager."""
        groups = (await self.prometheus.json("/api/v1/rules"))["data"]["groups"]
        status = await self.alertmanager.json("/api/v2/status")
        interval = Routes(status["config"]["original"]).group_interval("drill")
        names = {"market_alert"}
        if plan.expected is not None and plan.expected.labels["kind"] == "health":
            names = {plan.expected.alert}
        for group in groups:
            for rule in group["rules"]:
                if rule["type"] == "alerting" and rule["name"] in names:
                    return Pace(rule["duration"], group["interval"], interval)
        return Pace(group_interval=interval)

    async def calm(self, plan: Plan, symbol: Symbol, patience: float) -> Calm:
        """Wait until all is well and the alert can be evaluated; what is normal then.

        Raises ExporterError with what is missing after `patience` seconds.
        """
        missing = await until(lambda: self._missing(plan), patience)
        if missing:
            raise ExporterError(f"the sandbox is not calm after {patience:.0f} s: {missing}")
        spread = shape_of(symbol).reference_spread
        if plan.expected is None:
            return Calm(0, 0, spread)
        page = await self.page()
        named = {"alert": plan.expected.alert, **plan.expected.target._asdict()}
        known = [page.values(f"market_alert_{what}", **named) for what in ("threshold", "value")]
        threshold, value = (values[0] if values else 0.0 for values in known)
        return Calm(abs(threshold), abs(value), spread)

    async def _missing(self, plan: Plan) -> str:
        """What an incident must not begin without; "" where all is there."""
        page = await self.page()
        if not is_live(page):
            return "not all books are live"
        if not (await self.prometheus.json("/api/v1/alertmanagers"))["data"]["activeAlertmanagers"]:
            return "Prometheus has not found Alertmanager"
        if not await self._scraped():
            return "Prometheus has not read the exporter"
        loud = [str(one) for one in await self.rules() if one.priority in _LOUD]
        if loud:
            return f"{', '.join(loud)} fires before there is an incident"
        return _unevaluated(plan, page)

    async def _scraped(self) -> bool:
        found = (await self.prometheus.json("/api/v1/targets?state=active"))["data"][
            "activeTargets"
        ]
        up = [one["health"] for one in found if one["labels"].get("drill")]
        return bool(up) and all(health == "up" for health in up)


async def alerts_of(alertmanager: Asking) -> list[Alert]:
    """The alerts that an Alertmanager has, with their receivers."""
    return [_held(one) for one in await alertmanager.json("/api/v2/alerts")]


async def until(missing: Callable[[], Awaitable[str]], patience: float) -> str:
    """Ask until nothing is missing; what still is after so many seconds."""
    last = clock.monotonic() + round(patience * NANOSECONDS)
    while said := await missing():
        if clock.monotonic() > last:
            return said
        await asyncio.sleep(_EVERY)
    return ""


def _held(found: Any) -> Alert:
    receivers = [one["name"] for one in found["receivers"]]
    return alert(found["labels"], receivers, muted=found["status"]["state"] != "active")


def _unevaluated(plan: Plan, page: Page) -> str:
    """Why the alert of the drill could not tell of anything yet."""
    expected = plan.expected
    if expected is None or expected.labels["kind"] == "health":
        return ""
    named = {"alert": expected.alert, **expected.target._asdict()}
    if page.values("market_alert_evaluation_known", **named) == [1]:
        fires = page.values("market_alert_firing", priority=expected.priority, **named) != [0]
        return f"{expected.alert} fires before there is an incident" if fires else ""
    return f"{expected.alert} cannot be evaluated"
