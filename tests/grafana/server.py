"""A real Grafana on loopback with the project's own provisioning.

async with grafana(tmp_path, "http://127.0.0.1:9090", "http://127.0.0.1:9093") as it:
    sources = await it.get("/api/datasources")
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import aiohttp

from exporter.stack import servers
from exporter.stack.grafana import settings
from tests.shared import ROOT
from tests.stack.processes import until

FILES = ROOT / "grafana"
BOUND = 180
"""Seconds within which it must be ready; it makes a database first."""
_ASKING = aiohttp.ClientTimeout(total=30)
_COMPLAINT = re.compile(r"\blevel=(?:warn|error|eror|crit)\w*\b")
_OK = 200


@dataclass(frozen=True)
class Grafana:
    """One that answers at `url`, `http://127.0.0.1:PORT`, and writes to `log`."""

    url: str
    log: Path
    asking: aiohttp.ClientSession

    async def get(self, path: str, **parameters: str) -> Any:
        """An answer of its interface, as JSON."""
        async with self.asking.get(f"{self.url}{path}", params=parameters) as answer:
            assert answer.status == _OK, f"{path} {parameters}: {await answer.text()}"
            return await answer.json()

    async def post(self, path: str, content: object) -> tuple[int, Any]:
        """Something sent to its interface as JSON: the status, and the answer."""
        async with self.asking.post(f"{self.url}{path}", json=content) as answer:
            return answer.status, await answer.json(content_type=None)

    def complaints(self, of: str) -> list[str]:
        """Warnings and errors in its log so far that have this word."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if of in line and _COMPLAINT.search(line)]


@asynccontextmanager
async def grafana(
    folder: Path, prometheus: str, alertmanager: str, extra: Mapping[str, str] | None = None
) -> AsyncIterator[Grafana]:
    """The Grafana of this machine for these two addresses, as `demo` starts it, once it is ready;
    ended after. `extra` is put into its environment, over what `demo` has there.

    It keeps what it has in `folder`.
    """
    port, log = servers.free_port(), folder / "grafana.log"
    given = settings(
        FILES, folder / "grafana", port, prometheus=prometheus, alertmanager=alertmanager
    )
    with servers.attached(servers.grafana(), log, **{**given, **(extra or {})}) as process:
        async with aiohttp.ClientSession(timeout=_ASKING) as asking:
            it = Grafana(f"http://127.0.0.1:{port}", log, asking)
            try:
                await until(lambda: _is_ready(it, process), BOUND, "Grafana is ready")
            except AssertionError as error:
                ending = "\n".join(log.read_text(encoding="utf-8").splitlines()[-30:])
                raise AssertionError(f"{error}\n{ending}") from error
            yield it


async def _is_ready(it: Grafana, process: "Popen[bytes]") -> bool:
    assert process.poll() is None, "Grafana has ended"
    try:
        async with it.asking.get(f"{it.url}/api/health") as answer:
            return answer.status == _OK
    except aiohttp.ClientError:
        return False
