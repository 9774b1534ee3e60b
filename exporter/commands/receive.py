"""`receive`: a local end of the line, which prints each notification as a person would read it."""

import asyncio
import json
import os
import re
from dataclasses import dataclass

import msgspec
from aiohttp import web
from rich.console import Console

from exporter import clock
from exporter.commands.looping import end_with_input, run_until_told
from exporter.errors import ExporterError
from exporter.timestamps import timestamp

_BAD_REQUEST = 400
_RULE = "─" * 72
_LINK = re.compile(r"(?: \| )?<([^|<>]+)\|([^|<>]+)>")
"""How Slack writes a link: address and words."""


class _Attachment(msgspec.Struct):
    title: str = ""
    text: str = ""


class _Message(msgspec.Struct):
    """What Alertmanager sends to Slack; the rest of it is looks."""

    attachments: list[_Attachment]


@dataclass(frozen=True)
class ReceiveOptions:
    """Where to listen; port 0 for any that is free."""

    host: str
    port: int
    attached: bool = False
    """Whether the end of standard input is the end of it."""


def receive(options: ReceiveOptions, out: Console, err: Console) -> int:
    """Run until SIGINT or SIGTERM. Raises ExporterError where the address is taken.

    Where `out` is no terminal its first line is JSON with the `address`. A Slack webhook whose
    address is `<address>/<receiver>` is printed under that name.
    """
    run_until_told(_receive(options, out, err))
    return 0


async def _receive(options: ReceiveOptions, out: Console, err: Console) -> None:
    async def take(request: web.Request) -> web.Response:
        try:
            message = msgspec.json.decode(await request.read(), type=_Message)
        except msgspec.MsgspecError as error:
            return web.Response(status=_BAD_REQUEST, text=f"no Slack message: {error}\n")
        for attachment in message.attachments:
            _print(err, request.match_info["receiver"], attachment)
        return web.Response(text="ok")

    if options.attached:
        end_with_input()
    application = web.Application()
    application.add_routes([web.post("/{receiver}", take)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, options.host, options.port).start()
        except OSError as error:
            place = f"{options.host}:{options.port}"
            why = os.strerror(error.errno or 0)
            raise ExporterError(
                f"cannot listen on {place}: {why}; choose another address with --listen"
            ) from error
        address = f"http://{options.host}:{runner.addresses[0][1]}"
        if not out.is_terminal:
            line = json.dumps({"address": address})
            out.print(line, markup=False, highlight=False, soft_wrap=True)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _print(err: Console, receiver: str, attachment: _Attachment) -> None:
    """A notification between two lines, with the time at which it came and for whom it is."""
    head = f"{timestamp(clock.now())[11:19]} UTC, for {receiver}"
    text = _LINK.sub(r"\n\2: \1", attachment.text).replace("\n\n", "\n")
    lines = [_RULE, head, attachment.title, text, _RULE]
    err.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
