"""The simulated exchanges as a process of their own, behind their control endpoint."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.cli.processes import Endpoints, program

_CREATED, _DONE = 201, 200


class Exchanges:
    """The simulated exchanges, behind their control endpoint."""

    def __init__(self, url: str, endpoints: Endpoints, asking: aiohttp.ClientSession) -> None:
        self.endpoints = endpoints
        self._url = f"{url}/control"
        self._asking = asking

    async def begin(self, **incident: object) -> int:
        """Start an incident; its number."""
        wanted = {key: value for key, value in incident.items() if value is not None}
        async with self._asking.post(f"{self._url}/incidents", json=wanted) as answer:
            assert answer.status == _CREATED, await answer.text()
            return int((await answer.json())["number"])

    async def end(self, number: int | None = None) -> None:
        """End this incident, or all."""
        one = "" if number is None else f"/{number}"
        async with self._asking.delete(f"{self._url}/incidents{one}") as answer:
            assert answer.status == _DONE, await answer.text()

    async def broken_rules(self) -> list[str]:
        """What the exporter did that the real exchanges forbid."""
        async with self._asking.get(self._url) as answer:
            found: list[str] = (await answer.json())["broken_rules"]
            return found


@asynccontextmanager
async def simulation(
    pairs: int, rate: float, asking: aiohttp.ClientSession
) -> AsyncIterator[Exchanges]:
    """Exchanges with so many pairs, four markets each, at so many book changes a second."""
    counts = ("--pairs", str(pairs), "--rate", str(rate))
    async with program("simulate", "--listen", "127.0.0.1:0", *counts) as process:
        await process.until(lambda: process.out)
        told = json.loads(process.out[0])
        yield Exchanges(told["address"].rstrip("/"), told["endpoints"], asking)
