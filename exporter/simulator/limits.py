"""The rules that exchanges enforce on their clients, with the documented values.

Pure: time (ms) comes in as an argument. A client is known by its address, and here all have the
same one, so each limit that an exchange keeps for an address is kept for a service.
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class BinanceLimits:
    """What a Binance service allows; the defaults are those of spot.

    - `messages`: inbound a second and connection, pings and pongs included.
    - `connections`: new ones in `connection_seconds`. `streams`: on one connection.
    - `weight`: of REST requests in a minute of the clock. Beyond it the answer is 429 until the
      minute is over; more than `tolerated` such answers, and it is 418 for `ban_seconds`, twice as
      long each time, at most `longest_ban_seconds`.
    - A ping each `ping_seconds`, whose pong must come within `pong_seconds`.
    - A connection ends after `age_seconds`.
    """

    messages: int = 5
    connections: int = 300
    connection_seconds: float = 300
    streams: int = 1024
    weight: int = 6000
    tolerated: int = 5
    ban_seconds: float = 120
    longest_ban_seconds: float = 3 * 86_400
    ping_seconds: float = 20
    pong_seconds: float = 60
    age_seconds: float = 86_400


@dataclass(frozen=True, slots=True)
class OkxLimits:
    """What OKX allows.

    - `connections`: new ones in `connection_seconds`.
    - `requests`: to subscribe or unsubscribe, in `request_seconds` and on one connection, none
      longer than `request_bytes`.
    - `rest`: requests of a path in `rest_seconds`; `rest_each` are counted apart by the value of
      that parameter.
    - A connection ends after `silence_seconds` without a request, a ping or a push. A book that
      does not change sends an empty update after `heartbeat_seconds`.
    """

    connections: int = 3
    connection_seconds: float = 1
    requests: int = 480
    request_seconds: float = 3600
    request_bytes: int = 65_536
    silence_seconds: float = 30
    heartbeat_seconds: float = 60
    rest_seconds: float = 2
    rest: Mapping[str, int] = field(
        default_factory=lambda: {
            "/api/v5/market/books": 40,
            "/api/v5/market/index-tickers": 20,
            "/api/v5/public/instruments": 20,
            "/api/v5/public/mark-price": 10,
            "/api/v5/public/funding-rate": 10,
            "/api/v5/public/time": 10,
        }
    )
    rest_each: Mapping[str, str] = field(
        default_factory=lambda: {
            "/api/v5/public/instruments": "instType",
            "/api/v5/public/mark-price": "instId",
            "/api/v5/public/funding-rate": "instId",
        }
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """The rules of all services.

    A session that has more than `backlog_bytes` waiting to be read is too slow and is cut.
    """

    spot: BinanceLimits = BinanceLimits()
    usdm: BinanceLimits = BinanceLimits(
        messages=10, weight=2400, ping_seconds=180, pong_seconds=600
    )
    okx: OkxLimits = field(default_factory=OkxLimits)
    backlog_bytes: int = 4 << 20


class Violations:
    """Rules that clients broke: how often by name, and the last sentences about it."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.sentences: deque[str] = deque(maxlen=1000)

    def add(self, service: str, rule: str, sentence: str) -> None:
        """One violation of this rule of a service."""
        self.counts[f"{service} {rule}"] += 1
        self.sentences.append(f"{service}: {sentence}")


class Rate:
    """At most so many in any span of so many seconds; what is refused does not count."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._span = round(1000 * seconds)
        self._times: deque[int] = deque()

    def admit(self, now: int) -> bool:
        """Whether one more is allowed now; it is counted if so."""
        times = self._times
        while times and times[0] <= now - self._span:
            times.popleft()
        if len(times) >= self._most:
            return False
        times.append(now)
        return True


class Spent(NamedTuple):
    """What became of a request: 200, 429 or 418, the weight of this minute, seconds to wait."""

    status: int
    used: int
    retry_after: int = 0


class WeightBudget:
    """The weight of REST requests, minute by minute of the clock, and the bans."""

    def __init__(self, limits: BinanceLimits) -> None:
        self._limits = limits
        self._minute = 0
        self._used = 0
        self._refused = 0
        self._bans = 0
        self.banned_until = 0

    def spend(self, now: int, weight: int) -> Spent:
        """Count a request of this weight; it is answered where the status is 200."""
        if now < self.banned_until:
            return Spent(418, self._used, _seconds(self.banned_until - now))
        self._turn(now)
        self._used += weight
        if self._used <= self._limits.weight:
            return Spent(200, self._used)
        self._refused += 1
        if self._refused > self._limits.tolerated:
            return self._ban(now)
        return Spent(429, self._used, _seconds(_MINUTE - now % _MINUTE))

    def _turn(self, now: int) -> None:
        if now // _MINUTE != self._minute:
            self._minute = now // _MINUTE
            self._used = self._refused = 0

    def _ban(self, now: int) -> Spent:
        limits = self._limits
        seconds = min(limits.ban_seconds * 2**self._bans, limits.longest_ban_seconds)
        self._bans += 1
        self.banned_until = now + round(1000 * seconds)
        return Spent(418, self._used, _seconds(self.banned_until - now))


def _seconds(milliseconds: int) -> int:
    return -(-milliseconds // 1000)
