"""A server on a pipeline of made markets, asked over HTTP on a free loopback port."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry
from exporter.web.server import Server
from tests.made import Session, house

Client = TestClient[web.Request, web.Application]


@dataclass
class Site:
    """A server, what feeds it, and what it has been told to say."""

    pipeline: Pipeline
    session: Session
    doing: str = "Testing."
    missing: list[str] = field(default_factory=list)

    @property
    def server(self) -> Server:
        """A server of this pipeline."""
        return Server(self.pipeline, Telemetry(), lambda: self.doing, lambda: self.missing)


@pytest.fixture
def site() -> Site:
    """Nothing received yet; markets that the configuration does not name are taken."""
    return Site(*house(discover=True))


@pytest.fixture
async def client(site: Site) -> AsyncIterator[Client]:
    """Asks the site; bodies come as they were sent, and no header is added."""
    async with TestClient(
        TestServer(site.server.application()),
        auto_decompress=False,
        skip_auto_headers=["Accept-Encoding"],
    ) as asking:
        yield asking


Get = Callable[[str], Awaitable[str]]


@pytest.fixture
def get(client: Client) -> Get:
    """The text of a page that answers 200."""

    async def text(path: str) -> str:
        async with client.get(path) as response:
            assert response.status == 200
            return await response.text()

    return text
