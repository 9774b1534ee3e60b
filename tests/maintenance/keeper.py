"""An Alertmanager that keeps silences as the real one does, in the tests' own event loop."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from exporter import clock
from exporter.timestamps import timestamp
from tests.maintenance.made import sent, window


@dataclass
class Keeper:
    """Its silences, each as it is sent; `failing` answers 503, `raw` is answered instead."""

    url: str = ""
    silences: list[dict[str, Any]] = field(default_factory=list)
    failing: bool = False
    raw: str | None = None
    asked: int = 0

    def put(self, exchange: str = "okx", instrument: str = "", **more: Any) -> str:
        """A silence that somebody made, for an hour from now; its id."""
        identity, now = str(len(self.silences)), clock.now()
        one = window(exchange, instrument, now, now + 3600 * 10**9, identity=identity, **more)
        self.silences.append(sent(one))
        return identity

    def expire(self, identity: str) -> None:
        """Somebody has ended this one."""
        self.silences[int(identity)]["status"]["state"] = "expired"
        self.silences[int(identity)]["endsAt"] = timestamp(clock.now())

    def live(self) -> list[dict[str, Any]]:
        """Those that are not over."""
        return [one for one in self.silences if one["status"]["state"] != "expired"]

    async def listed(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.failing:
            return web.Response(status=503, text="not now")
        text = json.dumps(self.silences) if self.raw is None else self.raw
        return web.Response(text=text, content_type="application/json")

    async def made(self, request: web.Request) -> web.Response:
        identity, body = str(len(self.silences)), await request.json()
        state = "pending" if body["startsAt"] > timestamp(clock.now()) else "active"
        self.silences.append({**body, "id": identity, "status": {"state": state}})
        return web.json_response({"silenceID": identity})

    async def ended(self, request: web.Request) -> web.Response:
        self.expire(request.match_info["id"])
        return web.Response()


@asynccontextmanager
async def keeping() -> AsyncIterator[Keeper]:
    """A keeper that listens."""
    keeper = Keeper()
    application = web.Application()
    application.add_routes(
        [
            web.get("/api/v2/silences", keeper.listed),
            web.post("/api/v2/silences", keeper.made),
            web.delete("/api/v2/silence/{id}", keeper.ended),
        ]
    )
    async with TestServer(application) as server:
        keeper.url = str(server.make_url("")).rstrip("/")
        yield keeper
