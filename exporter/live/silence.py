"""Maintenance as Alertmanager keeps it: two silences on market alerts. Pure.

    kind="market" exchange="okx" [instrument="BTC-USDT-PERP"] drill=""
    kind="market" other="okx"    [instrument="BTC-USDT-PERP"] drill=""

The first is the maintenance, whoever made it. The second goes with it: alerts on the difference of
two exchanges name one of them so. A silence with any other matcher is not about maintenance.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from exporter.errors import DecodeError
from exporter.feeds.wire import UNREADABLE
from exporter.markets.maintenance import Window
from exporter.timestamps import timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ALWAYS = {"kind": "market", "drill": ""}
_OF, _PAIR = "exchange", "other"
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]

State = Literal["active", "pending", "expired"]


class _Matcher(msgspec.Struct):
    name: str
    value: str
    isRegex: bool  # noqa: N815 - as Alertmanager names it
    isEqual: bool = True  # noqa: N815


class _Status(msgspec.Struct):
    state: State


class _Silence(msgspec.Struct, rename="camel"):
    id: str
    status: _Status
    matchers: list[_Matcher]
    starts_at: _Moment
    ends_at: _Moment
    created_by: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A silence that is maintenance; `pair` is that it only goes with another."""

    window: Window
    state: State
    pair: bool


_decode = msgspec.json.Decoder(list[_Silence]).decode
_made = msgspec.json.Decoder(dict[str, str]).decode


def read(body: bytes) -> list[Kept]:
    """The maintenance among Alertmanager's silences, also what is over. Raises DecodeError."""
    try:
        silences = _decode(body)
    except UNREADABLE as error:
        raise DecodeError(f"unreadable silences: {error}") from error
    found = map(_kept, silences)
    return [one for one in found if one is not None]


def windows(kept: Iterable[Kept]) -> list[Window]:
    """Those that are not over, each once."""
    return [one.window for one in kept if one.state != "expired" and not one.pair]


def left(kept: Iterable[Kept]) -> list[Window]:
    """Silences for alerts on pairs that go on though the maintenance they went with is over."""
    current = [one for one in kept if one.state != "expired"]
    scopes = {_scope(one.window) for one in current if not one.pair}
    return [one.window for one in current if one.pair and _scope(one.window) not in scopes]


def going_with(window: Window, kept: Iterable[Kept]) -> list[str]:
    """Ids of the silences that end with this window: those for alerts on pairs, then its own.

    Those for pairs stay where another window of the same scope goes on, but for the one that was
    made with this.
    """
    current = [one for one in kept if one.state != "expired"]
    alike = [one for one in current if _scope(one.window) == _scope(window)]
    alone = all(one.pair or one.window.id == window.id for one in alike)
    pairs = [
        one.window.id for one in alike if one.pair and (alone or _told(one.window) == _told(window))
    ]
    return list(dict.fromkeys([*pairs, window.id]))


def bodies(window: Window) -> Sequence[bytes]:
    """The silences of a window as they are sent: its own, then the one for alerts on pairs."""
    return [_body(window, label) for label in (_OF, _PAIR)]


def made(body: bytes) -> str:
    """The id of a silence that was made. Raises DecodeError."""
    try:
        return _made(body)["silenceID"]
    except (*UNREADABLE, KeyError) as error:
        raise DecodeError(f"unreadable answer to a silence: {error}") from error


def _kept(silence: _Silence) -> Kept | None:
    equal = {one.name: one.value for one in silence.matchers if one.isEqual and not one.isRegex}
    label = _PAIR if _PAIR in equal else _OF
    exchange, instrument = equal.get(label, ""), equal.get("instrument", "")
    whole = len(equal) == len(silence.matchers)
    if not exchange or not whole or equal != _matchers(label, exchange, instrument):
        return None
    window = Window(
        exchange,
        instrument,
        _nanoseconds(silence.starts_at),
        _nanoseconds(silence.ends_at),
        silence.comment,
        silence.id,
        silence.created_by,
    )
    return Kept(window, silence.status.state, label == _PAIR)


def _matchers(label: str, exchange: str, instrument: str) -> dict[str, str]:
    about = {"instrument": instrument} if instrument else {}
    return {**_ALWAYS, label: exchange, **about}


def _scope(window: Window) -> tuple[str, str]:
    return window.exchange, window.instrument


def _told(window: Window) -> Window:
    """What two silences made together have in common."""
    return replace(window, begin=0, id="")


def _body(window: Window, label: str) -> bytes:
    matchers = _matchers(label, window.exchange, window.instrument)
    return msgspec.json.encode(
        {
            "matchers": [_Matcher(*one, isRegex=False) for one in matchers.items()],
            "startsAt": timestamp(window.begin),
            "endsAt": timestamp(window.end),
            "createdBy": window.by,
            "comment": window.reason,
        }
    )


def _nanoseconds(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND * 1000
