"""HTTP: the landing page, `/explain`, `/runbooks/`, `/metrics`, `/-/healthy` and `/-/ready`."""

import asyncio
import os
import zlib
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from exporter import clock
from exporter.config.environment import Address
from exporter.errors import ExporterError
from exporter.exposition.catalogue import market_families
from exporter.exposition.text import OPENMETRICS, TEXT, Page
from exporter.model import NANOSECONDS
from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry
from exporter.web.explain import explained
from exporter.web.landing import landing
from exporter.web.runbooks import PATH as RUNBOOKS
from exporter.web.runbooks import Runbooks

_GZIP_FROM = 1400
_SHUTDOWN_SECONDS = 2


class Server:
    """Serves one pipeline. `doing` says in a sentence what the process is busy with.

    `unready` lists what is still missing before the pages can be believed.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        telemetry: Telemetry,
        doing: Callable[[], str],
        unready: Callable[[], list[str]],
        reload: Callable[[], str] | None = None,
        runbooks: Path | None = None,
    ) -> None:
        """`reload` reads the configuration anew, and says why not where it is refused.

        `runbooks` is the folder of the runbooks; it may be missing.
        """
        self._pipeline = pipeline
        self._telemetry = telemetry
        self._doing = doing
        self._unready = unready
        self._reload = reload
        self._runbooks = Runbooks(runbooks)
        self._families = market_families()
        self._runner: web.AppRunner | None = None

    async def start(self, address: Address) -> str:
        """Listen, and return the address of the landing page. Raises ExporterError if taken."""
        runner = web.AppRunner(
            self.application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await runner.setup()
        site = web.TCPSite(runner, address.host, address.port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise ExporterError(
                f"cannot listen on {address}: {_why(error)}; choose another address with "
                "--listen or LISTEN_ADDRESS"
            ) from error
        self._runner = runner
        return f"http://{Address(address.host or 'localhost', runner.addresses[0][1])}/"

    async def stop(self) -> None:
        """Stop listening; answers under way may take a moment longer."""
        if self._runner is not None:
            await self._runner.cleanup()

    def application(self) -> web.Application:
        """The routes."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/", self._landing),
                web.get("/explain", self._explain),
                web.get("/runbooks", self._runbooks.listing),
                web.get(RUNBOOKS, self._runbooks.listing),
                web.get(f"{RUNBOOKS}{{alert:.+}}", self._runbooks.one),
                web.get("/metrics", self._metrics),
                web.get("/-/healthy", self._healthy),
                web.get("/-/ready", self._ready),
                web.post("/-/reload", self._reloaded),
            ]
        )
        return application

    async def market_page(self, *, openmetrics: bool = False) -> str:
        """The pipeline's part of `/metrics`, built in slices so that frames are not held up."""
        pipeline, page = self._pipeline, Page(self._families)
        started = turn = clock.monotonic()
        for market in list(pipeline.markets.values()):
            page.add(pipeline.market_readings(market))
            if clock.monotonic() - turn > clock.SLICE:
                await asyncio.sleep(0)
                turn = clock.monotonic()
        page.add(pipeline.shared_readings())
        text = page.text(openmetrics=openmetrics)
        self._telemetry.scrape.observe((clock.monotonic() - started) / NANOSECONDS)
        return text

    async def _landing(self, request: web.Request) -> web.Response:
        text = await landing(self._pipeline, self._doing())
        return web.Response(text=text, content_type="text/html")

    async def _explain(self, request: web.Request) -> web.Response:
        return await explained(self._pipeline, request)

    async def _metrics(self, request: web.Request) -> web.Response:
        openmetrics = "application/openmetrics-text" in request.headers.get("Accept", "")
        text = await self.market_page(openmetrics=openmetrics)
        body = (text + self._telemetry.text(openmetrics=openmetrics)).encode()
        headers = {
            "Content-Type": OPENMETRICS if openmetrics else TEXT,
            "Vary": "Accept, Accept-Encoding",
        }
        if _takes_gzip(request.headers.get("Accept-Encoding", "")) and len(body) > _GZIP_FROM:
            body = await asyncio.to_thread(zlib.compress, body, 1, zlib.MAX_WBITS | 16)
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)

    async def _healthy(self, request: web.Request) -> web.Response:
        return web.Response(text="healthy\n")

    async def _reloaded(self, request: web.Request) -> web.Response:
        if self._reload is None:
            text = "reloading by HTTP is off; start with --enable-reload, or send SIGHUP\n"
            return web.Response(status=403, text=text)
        problems = self._reload()
        return web.Response(status=400 if problems else 200, text=f"{problems or 'reloaded'}\n")

    async def _ready(self, request: web.Request) -> web.Response:
        missing = self._unready()
        if missing:
            return web.Response(status=503, text="not ready: " + "; ".join(missing) + "\n")
        return web.Response(text="ready\n")


def _why(error: OSError) -> str:
    """The system's reason; asyncio's own text repeats the address."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else str(error.strerror)


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header names gzip with a weight above zero."""
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        if name.strip() == "gzip":
            weight = parameters.replace(" ", "").removeprefix("q=")
            return not weight or weight.strip("0.") != ""
    return False
