"""The drill's own end of the line: takes what Alertmanager sends to a Slack webhook."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from exporter.drills.sight import Message

_BAD_REQUEST = 400


class _Attachment(msgspec.Struct):
    title: str = ""
    text: str = ""


class _Notification(msgspec.Struct):
    """The rest of it is looks."""

    attachments: list[_Attachment]


class Received:
    """All messages, in the order in which they came; a webhook is `address` and its receiver."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.address = ""

    async def take(self, request: web.Request) -> web.Response:
        """Keep a notification."""
        try:
            found = msgspec.json.decode(await request.read(), type=_Notification)
        except msgspec.MsgspecError as error:
            return web.Response(status=_BAD_REQUEST, text=f"no Slack message: {error}\n")
        receiver = request.match_info["receiver"]
        self.messages += [Message(receiver, one.title, one.text) for one in found.attachments]
        return web.Response(text="ok")


@asynccontextmanager
async def receiver() -> AsyncIterator[Received]:
    """A receiver that listens on loopback; it has ended after."""
    received = Received()
    application = web.Application()
    application.add_routes([web.post("/{receiver}", received.take)])
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        received.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield received
    finally:
        await runner.cleanup()
