"""Maintenance that a simulated exchange announces; its markets go on as before."""

import json
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Announced:
    """One announcement; times are ms since the Unix epoch."""

    exchange: str
    title: str
    begin: int
    end: int

    def state(self, now: int) -> str:
        """In OKX's words: `scheduled`, `ongoing` or `completed`."""
        if now < self.begin:
            return "scheduled"
        return "ongoing" if now < self.end else "completed"


class Announcements:
    """What all exchanges announce; nothing at first."""

    def __init__(self) -> None:
        self._all: list[Announced] = []

    def announce(self, announced: Announced) -> None:
        """One more announcement."""
        self._all.append(announced)

    def withdraw(self) -> None:
        """Nothing is announced any more, by anybody."""
        self._all.clear()

    def of_okx(self, now: int) -> list[str]:
        """Rows of OKX's status: what is not over."""
        return [
            json.dumps(
                {
                    "begin": str(one.begin),
                    "end": str(one.end),
                    "env": "1",
                    "href": "",
                    "maintType": "1",
                    "preOpenBegin": "",
                    "scheDesc": "",
                    "serviceType": "5",
                    "state": state,
                    "system": "unified",
                    "title": one.title,
                    "ts": str(now),
                },
                separators=(",", ":"),
            )
            for one, state in self._ahead("okx", now)
        ]

    def of_binance(self, now: int) -> str:
        """Binance's status: whether there is maintenance now."""
        if any(state == "ongoing" for _, state in self._ahead("binance", now)):
            return '{"status":1,"msg":"system_maintenance"}'
        return '{"status":0,"msg":"normal"}'

    def _ahead(self, exchange: str, now: int) -> Iterator[tuple[Announced, str]]:
        for one in self._all:
            state = one.state(now)
            if one.exchange == exchange and state != "completed":
                yield one, state
