"""Slack, Discord, Telegram, PagerDuty, webhooks, mail and a dead man's switch, on loopback.

Each takes what its service would take and refuses the rest with 400 and a sentence. Addresses:

    /slack/PLACE  /discord/PLACE  /telegram/PLACE (+ /bot<token>/sendMessage)
    /pagerduty/PLACE/v2/enqueue  /webhook/PLACE  /watchdog/PLACE  and mail to PLACE@example.org
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from tests.stack.payloads import CHECKS, Labels, Read, Unfit
from tests.stack.smtp import Mail, Smtp

BOUND = 60
"""Seconds after which waiting is given up, unless told otherwise."""
_STEP = 0.02
_BYTES = 4 << 20
_BAD_REQUEST, _ACCEPTED, _NO_CONTENT = 400, 202, 204
_KEPT_TEXT = 4096


@dataclass(frozen=True)
class Message:
    """What came: `kind` (slack, discord, …, watchdog) at `place`, the last word of its address.

    `at` is monotonic seconds, `time` Unix ns. `refused` is why the service would not take it.
    """

    kind: str
    place: str
    at: float
    time: int
    read: Read
    raw: str
    refused: str = ""

    @property
    def status(self) -> str:
        """`firing` or `resolved`; "" for what was refused."""
        return self.read.status

    @property
    def labels(self) -> Labels:
        """Those that all of its alerts share; empty where a service is only told in words."""
        return self.read.labels

    def says(self, label: str, value: str) -> bool:
        """Whether it is about this. Where it has no labels its first line must have the word, or
        an alert its runbook among the links."""
        if self.labels:
            return self.labels.get(label) == value
        word = rf"(?<![\w-]){re.escape(value)}(?![\w-])"
        if label == "alertname" and re.search(f"/runbooks/{word}", self.read.text):
            return True
        return bool(re.search(word, self.read.headline))

    def __str__(self) -> str:
        what = self.refused or self.read.headline
        return f"{self.kind}/{self.place} {self.status or '-'} {what}"


class Receivers:
    """All that came, in order; `base` and `mail` are where it listens."""

    def __init__(self) -> None:
        self.everything: list[Message] = []
        self.failing: dict[tuple[str, str], int] = {}
        """Kinds and places that answer with this status, whatever they are sent."""
        self.base = ""
        self.mail = ""

    def address(self, kind: str, place: str) -> str:
        """What a receiver of this kind is configured with."""
        return f"{self.base}/{kind}/{place}" + ("/v2/enqueue" if kind == "pagerduty" else "")

    def messages(
        self,
        *,
        alert: str | None = None,
        exchange: str | None = None,
        instrument: str | None = None,
        status: str | None = None,
        kind: str | None = None,
        place: str | None = None,
        since: float = 0,
    ) -> list[Message]:
        """What was taken and is about this, received since then (monotonic seconds).

        The watchdog's are left out unless asked for.
        """
        wanted = {"alertname": alert, "exchange": exchange, "instrument": instrument}
        return [
            one
            for one in self.everything
            if not one.refused
            and one.at >= since
            and one.kind == (kind or (one.kind if one.kind != "watchdog" else None))
            and place in (None, one.place)
            and status in (None, one.status)
            and all(one.says(key, value) for key, value in wanted.items() if value is not None)
        ]

    def refusals(self) -> list[Message]:
        """What no service would have taken."""
        return [one for one in self.everything if one.refused]

    async def until(self, condition: Callable[[], object], seconds: float = BOUND) -> None:
        """Wait for a condition; fails with all that came where it does not come true."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():  # noqa: ASYNC110 - another process cannot set an event
                    await asyncio.sleep(_STEP)
        except TimeoutError as error:
            came = "\n".join(map(str, self.messages())) or "nothing"
            raise AssertionError(f"not so within {seconds} s; there came:\n{came}") from error

    async def slack(self, request: web.Request) -> web.Response:
        """`ok`, as text."""
        self._keep("slack", request.match_info["place"], await request.read())
        return web.Response(text="ok")

    async def discord(self, request: web.Request) -> web.Response:
        """Nothing, with 204."""
        self._keep("discord", request.match_info["place"], await request.read())
        return web.Response(status=_NO_CONTENT)

    async def telegram(self, request: web.Request) -> web.Response:
        """The message as it was sent."""
        place = request.match_info["place"]
        read = self._keep("telegram", place, await request.read())
        chat = {"id": 1, "type": "private"}
        sent = {"message_id": len(self.everything), "date": int(time.time()), "chat": chat}
        return web.json_response({"ok": True, "result": {**sent, "text": read.text[:_KEPT_TEXT]}})

    async def pagerduty(self, request: web.Request) -> web.Response:
        """That it was taken, and the key of its incident."""
        self._keep("pagerduty", request.match_info["place"], await request.read())
        key = (await request.json()).get("dedup_key", "")
        answer = {"status": "success", "message": "Event processed", "dedup_key": key}
        return web.json_response(answer, status=_ACCEPTED)

    async def webhook(self, request: web.Request) -> web.Response:
        """Nothing, with 200."""
        self._keep(request.match_info["kind"], request.match_info["place"], await request.read())
        return web.Response()

    def mailed(self, mail: Mail) -> None:
        """A mail, whose place is the name before the @ of its first recipient."""
        self._keep("email", mail.recipients[0].partition("@")[0], mail.content)

    def _keep(self, kind: str, place: str, raw: bytes) -> Read:
        """Keep what came; raises what the service says to it unless it takes it."""
        at, now, text = time.monotonic(), time.time_ns(), raw.decode(errors="replace")
        if (kind, place) in self.failing:
            raise _Failing(self.failing[kind, place])
        try:
            read = CHECKS["webhook" if kind == "watchdog" else kind](raw)
        except Unfit as error:
            nothing = Read("", "", "")
            self.everything.append(Message(kind, place, at, now, nothing, text, str(error)))
            raise
        self.everything.append(Message(kind, place, at, now, read, text))
        return read


class _Failing(Unfit):
    """A service that is told to fail."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"the service answers {status}")


@web.middleware
async def _answered(request: web.Request, handler: Callable[..., object]) -> web.StreamResponse:
    """What a service answers to what it does not take."""
    try:
        return await handler(request)  # type: ignore[no-any-return,misc]
    except Unfit as error:
        status = error.status if isinstance(error, _Failing) else _BAD_REQUEST
        answer = {"ok": False, "error_code": status, "description": str(error)}
        return web.json_response(answer, status=status)


@asynccontextmanager
async def receivers() -> AsyncIterator[Receivers]:
    """All of them, listening; they have ended after."""
    them = Receivers()
    mail = Smtp(them.mailed)
    application = web.Application(client_max_size=_BYTES, middlewares=[_answered])
    application.add_routes(
        [
            web.post("/slack/{place}", them.slack),
            web.post("/discord/{place}", them.discord),
            web.post("/telegram/{place}/bot{token}/sendMessage", them.telegram),
            web.post("/pagerduty/{place}/v2/enqueue", them.pagerduty),
            web.post("/{kind:webhook|watchdog}/{place}", them.webhook),
        ]
    )
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        them.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        them.mail = await mail.start()
        yield them
    finally:
        await mail.stop()
        await runner.cleanup()
