"""A mail server that takes what fits: EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT, without TLS."""

import asyncio
import re
from collections.abc import Callable
from typing import NamedTuple

from tests.stack.payloads import Unfit

_ADDRESS = re.compile(r"(?:FROM|TO):\s*<([^<>\s]+@[^<>\s]+)>", re.IGNORECASE)
_OK, _GO_AHEAD, _BYE = "250 OK", "354 end with a line that is a dot", "221 bye"
_ORDER, _SYNTAX, _UNKNOWN = "503 not now", "501 an address is wanted", "502 not known here"


class Mail(NamedTuple):
    """An envelope and what was in it, with its headers."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


Take = Callable[[Mail], None]
"""Is given each mail; raises Unfit with a sentence for one that is refused."""


class Smtp:
    """Listens on loopback once started; `take` is given what comes."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> str:
        """Its HOST:PORT."""
        self._server = await asyncio.start_server(self._session, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def stop(self) -> None:
        """No session is left."""
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.close()
            await self._server.wait_closed()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            writer.write(b"220 ready\r\n")
            await _Session(self._take, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # who went away without QUIT has sent nothing that counts
        finally:
            self._open.discard(writer)
            writer.close()


class _Session:
    """What was said so far in one connection."""

    def __init__(
        self, take: Take, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._take = take
        self._reader = reader
        self._writer = writer
        self._sender = ""
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Until QUIT."""
        answer = ""
        while answer != _BYE:
            line = (await self._reader.readuntil(b"\r\n")).decode().strip()
            verb, _, rest = line.partition(" ")
            answer = await self._answer(verb.upper(), rest)
            self._writer.write(f"{answer}\r\n".encode())
            await self._writer.drain()

    async def _answer(self, verb: str, rest: str) -> str:
        match verb:
            case "EHLO" | "HELO" | "RSET":
                self._sender, self._recipients = "", []
                return "250 8BITMIME" if verb == "EHLO" else _OK
            case "MAIL" | "RCPT":
                return self._address(verb, rest)
            case "DATA":
                return await self._data() if self._recipients else _ORDER
            case "NOOP":
                return _OK
            case "QUIT":
                return _BYE
        return _UNKNOWN

    def _address(self, verb: str, rest: str) -> str:
        found = _ADDRESS.match(rest)
        if found is None:
            return _SYNTAX
        if verb == "MAIL":
            self._sender = found[1]
        elif self._sender:
            self._recipients.append(found[1])
        else:
            return _ORDER
        return _OK

    async def _data(self) -> str:
        self._writer.write(f"{_GO_AHEAD}\r\n".encode())
        lines = []
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = Mail(self._sender, tuple(self._recipients), b"".join(lines))
        self._sender, self._recipients = "", []
        try:
            self._take(mail)
        except Unfit as error:
            return f"554 {error}"
        return _OK
