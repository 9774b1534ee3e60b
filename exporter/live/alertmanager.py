"""The silences of an Alertmanager that are maintenance: read, made, ended."""

from collections.abc import Sequence

import aiohttp

from exporter.errors import RestError
from exporter.live import silence
from exporter.live.silence import Kept
from exporter.live.unreachable import network_error
from exporter.markets.maintenance import Window

_TIMEOUT = aiohttp.ClientTimeout(total=5)
_JSON = {"Content-Type": "application/json"}
_ABOUT_MARKETS = {"filter": 'kind="market"'}
_OK = 200
_MOST_WORDS = 200


class Alertmanager:
    """Of several addresses, which are one cluster, the first that answers is asked.

    Everything here raises RestError where none does as it was asked, DecodeError for an answer that
    cannot be read.
    """

    def __init__(self, session: aiohttp.ClientSession, addresses: Sequence[str]) -> None:
        self._session = session
        self._addresses = addresses

    async def kept(self) -> list[Kept]:
        """All maintenance that it remembers, also what is over."""
        return silence.read(await self._ask("GET", "/api/v2/silences", parameters=_ABOUT_MARKETS))

    async def add(self, window: Window) -> str:
        """Make the silences of a window; the id by which it is known and ended."""
        own, *others = silence.bodies(window)
        identity = silence.made(await self._ask("POST", "/api/v2/silences", own))
        for body in others:
            await self._ask("POST", "/api/v2/silences", body)
        return identity

    async def end(self, window: Window, kept: Sequence[Kept]) -> None:
        """End a window now, and what goes with it in `kept`."""
        for identity in silence.going_with(window, kept):
            await self._ask("DELETE", f"/api/v2/silence/{identity}")

    async def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        parameters: dict[str, str] | None = None,
    ) -> bytes:
        failures = []
        for address in self._addresses:
            try:
                async with self._session.request(
                    method,
                    address + path,
                    data=body,
                    params=parameters,
                    headers=_JSON,
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                ) as response:
                    text = await response.read()
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                failures.append(f"{address}: {network_error(error)}")
                continue
            if response.status == _OK:
                return text
            said = " ".join(text[:_MOST_WORDS].decode(errors="replace").split())
            failures.append(f"{address}: {response.status} {said}")
        raise RestError(f"no Alertmanager did as it was asked: {'; '.join(failures)}")
