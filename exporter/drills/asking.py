"""What the servers of a drill are asked over HTTP."""

from typing import Any

import aiohttp
import msgspec

from exporter.errors import ExporterError

TIMEOUT = aiohttp.ClientTimeout(total=10)
_LONGEST = 200


class Asking:
    """One server. What it does not answer, or answers with an error, is an ExporterError."""

    def __init__(self, name: str, base: str, session: aiohttp.ClientSession) -> None:
        self.name = name
        self.base = base.rstrip("/")
        self._session = session

    async def text(self, path: str) -> str:
        """The answer to a GET."""
        return (await self._asked("GET", path)).decode()

    async def json(self, path: str) -> Any:
        """The same, read as JSON."""
        return await self.send("GET", path)

    async def send(self, method: str, path: str, content: object = None) -> Any:
        """The answer to a request with this content, read as JSON; None where it is empty."""
        body = await self._asked(method, path, content)
        try:
            return msgspec.json.decode(body) if body.strip() else None
        except msgspec.MsgspecError as error:
            raise ExporterError(f"{self.name} answered {path} with what is no JSON") from error

    async def is_ready(self) -> bool:
        """Whether it says that it can work."""
        try:
            async with self._session.get(f"{self.base}/-/ready") as answer:
                return answer.ok
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _asked(self, method: str, path: str, content: object = None) -> bytes:
        try:
            async with self._session.request(method, f"{self.base}{path}", json=content) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            why = str(error) or "no answer in time"
            raise ExporterError(f"{self.name} at {self.base} cannot be asked: {why}") from error
        if not answer.ok:
            said = body.decode(errors="replace").strip()[:_LONGEST]
            raise ExporterError(
                f"{self.name} at {self.base}{path} answered {answer.status}: {said}"
            )
        return body
