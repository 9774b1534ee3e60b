"""REST requests to one address: within its budget, and never while it told us to stay away."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate, mktime_tz, parsedate_tz
from urllib.parse import SplitResult, urlsplit

import aiohttp

from exporter import clock
from exporter.errors import RestError
from exporter.feeds.feed import RestRequest, RestRules
from exporter.live.budget import Budget
from exporter.live.unreachable import network_error
from exporter.model import MILLISECOND, NANOSECONDS

_MOST_BYTES = 64 * 2**20
_MOST_REFUSAL_BYTES = 4096
_START = 500
"""Bytes of a body in which its error code stands."""
_LONGEST_HOLD = 7 * 86_400 * NANOSECONDS
"""No exchange bans for longer than three days, so anything beyond is a mistake."""

_HOLDS = {418: 120, 403: 60, 451: 60}
"""Seconds to stay away after these where no Retry-After says it; after 429, the whole window."""
_MEANING = {418: " (banned)", 403: " (web firewall)", 451: " (blocked region)"}

_TOO_FREQUENT = re.compile(rb'"code"\s*:\s*"50011"')
"""How OKX says 429, be the HTTP status what it may."""
_BANNED_UNTIL = re.compile(rb"banned until ([0-9]{13})\b")


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer with HTTP status 200, and the address that was asked."""

    url: SplitResult
    body: bytes


class RestClient:
    """Asks one REST address within its budget; one for each address, shared by all who ask there.

    `requests` counts what was asked by result: `ok`, `timeout`, `unreachable`, `oversize`, or the
    HTTP status that refused (`429` also where only the body says so).
    """

    def __init__(
        self,
        base: str,
        rules: RestRules,
        session: aiohttp.ClientSession,
        timeout: float,
        share: float = 1,
        now: Callable[[], int] = clock.now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`timeout` (seconds) is for asking, not for waiting until the budget allows it."""
        self.budget = Budget(rules.budget, share)
        self.requests: Counter[str] = Counter()
        self.base = base
        self._rate = rules.budget
        self._used_header = rules.used_header
        self._session = session
        self._timeout = timeout
        self._now = now
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._holds = {429: rules.budget.seconds, **_HOLDS}

    def adjust(self, timeout: float, share: float) -> None:
        """Go on with another timeout and share; what was spent and forbidden stays so."""
        self._timeout = timeout
        self.budget.limit = Budget(self._rate, share).limit

    async def get(self, request: RestRequest) -> Answer:
        """The answer, as soon as the budget allows it, in the order of asking.

        Raises `RestError` for whatever is no answer, and at once where it would have to wait for
        the end of a hold.
        """
        name = f"GET {request.path.partition('?')[0]}"
        await self._admission(name, request.weight)
        url = self.base + request.path
        limit = aiohttp.ClientTimeout(total=self._timeout)
        try:
            async with self._session.get(url, timeout=limit, allow_redirects=False) as response:
                body = await self._body(name, response)
        except TimeoutError as error:
            self.requests["timeout"] += 1
            raise RestError(f"{name}: no answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            self.requests["unreachable"] += 1
            cause = network_error(error)
            raise RestError(f"{name}: unreachable, {cause}") from error
        self.requests["ok"] += 1
        return Answer(urlsplit(url), body)

    async def _admission(self, name: str, weight: int) -> None:
        """Waits for the budget and spends of it; a hold that begins meanwhile ends the waiting."""
        self._refuse_while_held(name)
        async with self._turn:
            while delay := self.budget.wait(self._now(), weight):
                self._refuse_while_held(name)
                await self._sleep(min(delay, NANOSECONDS) / NANOSECONDS)
            self.budget.spend(self._now(), weight)

    def _refuse_while_held(self, name: str) -> None:
        left = self.budget.held_until - self._now()
        if left > 0:
            raise RestError(f"{name}: not asked, {self._hold_in_words()}", retry_after=left)

    async def _body(self, name: str, response: aiohttp.ClientResponse) -> bytes:
        """The whole body of an answer; what its headers say is obeyed before the body is read."""
        self._observe(response.headers.get(self._used_header, ""))
        if response.status != 200:
            self._obey(response.status, response.headers.get("Retry-After", ""))
            raise self._refused(name, response.status, await _refusal(response))
        body = await _read(response, _MOST_BYTES)
        if len(body) > _MOST_BYTES:
            self.requests["oversize"] += 1
            raise RestError(f"{name}: more than {_MOST_BYTES // 2**20} MiB", 200)
        if _TOO_FREQUENT.search(body, 0, _START):
            raise self._refused(name, 200, body)
        return body

    def _observe(self, used: str) -> None:
        if re.fullmatch("[0-9]{1,9}", used):
            self.budget.observe(self._now(), int(used))

    def _obey(self, status: int, retry_after: str = "") -> None:
        """Holds the budget after a status that asks for it."""
        if status in self._holds:
            now = self._now()
            until = _named_time(retry_after, now)
            self._hold(now + self._holds[status] * NANOSECONDS if until is None else until)

    def _hold(self, until: int) -> None:
        self.budget.hold(min(until, self._now() + _LONGEST_HOLD))

    def _refused(self, name: str, status: int, body: bytes) -> RestError:
        """Obeys and counts a refusal by its body; the error that tells it."""
        if status not in self._holds and _TOO_FREQUENT.search(body, 0, _START):
            status = 429
            self._obey(status)
        if banned := _BANNED_UNTIL.search(body):
            self._hold(int(banned[1]) * MILLISECOND)
        self.requests[str(status)] += 1
        left = self.budget.held_until - self._now()
        sentence = f"{name}: {status}{_MEANING.get(status) or _excerpt(body)}"
        if left <= 0:
            return RestError(sentence, status)
        return RestError(f"{sentence}, {self._hold_in_words()}", status, left)

    def _hold_in_words(self) -> str:
        """The moment itself, so that the same hold is always the same sentence."""
        return f"not before {formatdate(-(-self.budget.held_until // NANOSECONDS), usegmt=True)}"


async def _refusal(response: aiohttp.ClientResponse) -> bytes:
    """The start of a refusal's body, as much as came of it."""
    with suppress(aiohttp.ClientError, OSError):
        return await _read(response, _MOST_REFUSAL_BYTES)
    return b""


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body; of one larger than `most`, a start that is larger than `most` as well."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            break
    return bytes(body)


def _named_time(retry_after: str, now: int) -> int | None:
    """Unix nanoseconds that a Retry-After header names, in seconds from now or as a date."""
    if re.fullmatch("[0-9]{1,12}", retry_after):
        return now + int(retry_after) * NANOSECONDS
    with suppress(ValueError, OverflowError):
        date = parsedate_tz(retry_after)
        return None if date is None else mktime_tz(date) * NANOSECONDS
    return None


def _excerpt(body: bytes) -> str:
    """What the exchange itself says of the error; nothing of a proxy's page."""
    return f" {body[:120].decode(errors='replace')}" if body.startswith(b"{") else ""
