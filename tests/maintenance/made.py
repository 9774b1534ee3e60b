"""Windows, silences as Alertmanager sends them, and a moment for all of it."""

from typing import Any

from exporter.markets.maintenance import Window
from exporter.model import NANOSECONDS
from exporter.timestamps import timestamp

NOW = 1_795_000_000 * NANOSECONDS
MINUTE = 60 * NANOSECONDS
HOUR = 60 * MINUTE


def window(
    exchange: str = "okx",
    instrument: str = "",
    begin: int = NOW,
    end: int = NOW + HOUR,
    reason: str = "upgrade",
    identity: str = "1",
    by: str = "somebody",
) -> Window:
    """Maintenance of an hour from `NOW` on."""
    return Window(exchange, instrument, begin, end, reason, identity, by)


def sent(
    one: Window, state: str = "active", label: str = "exchange", **more: str
) -> dict[str, Any]:
    """A silence of Alertmanager; `more` are further matchers, one that is empty is left out."""
    about = {"instrument": one.instrument} if one.instrument else {}
    wanted = {"kind": "market", label: one.exchange, "drill": "", **about, **more}
    return {
        "id": one.id,
        "status": {"state": state},
        "matchers": [matcher(name, value) for name, value in wanted.items()],
        "startsAt": timestamp(one.begin),
        "endsAt": timestamp(one.end),
        "updatedAt": timestamp(one.begin),
        "createdBy": one.by,
        "comment": one.reason,
    }


def matcher(name: str, value: str, *, regex: bool = False, equal: bool = True) -> dict[str, object]:
    """One matcher of a silence."""
    return {"name": name, "value": value, "isRegex": regex, "isEqual": equal}
