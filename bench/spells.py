"""A made history of alerts: few at a time, some never known, the same whatever asks for it."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple
from zlib import crc32

Labels = Mapping[str, str]
FIRING = "market_alert_firing"
STATE, KNOWN = "market_alert_state", "market_alert_evaluation_known"
CODE = "market:alert_state:code"
_IDENTITY = ("alert", "exchange", "instrument", "other")
_LIVELY, _BLIND = 0.03, 0.02
"""Shares of the alerts: those that fire in a day, and those that cannot be evaluated."""
_SPELLS, _PENDING, _SHORT, _SHORTEST, _LONGEST = 3, 60, 30, 300, 7200
"""At most so many a day; seconds pending, and of firing, one in three times short."""
_ESCALATES, _APART = 900, 300
_DAY, _MINUTE = 86_400, 60
_UNKNOWN_CODE, _PENDING_CODE, _FIRING_CODES = 1, 2, (3, 5)
"""The last of those that are not critical, and of those that are."""
_WHILE_FIRING = ("market:alert_firing:held", "market:alert_firing:kept")
_FIRST, _SECONDS = "market:alert_firings:increase1m", "market:alert_firing_seconds:increase1m"
_ESCALATIONS, _ENDINGS = "market:alert_escalations:increase1m", "market:alert_endings:increase1m"
_OVER_SOON = "market:alert_short_firings:increase1m"
SPARSE = frozenset({CODE, *_WHILE_FIRING, _FIRST, _SECONDS, _OVER_SOON, _ESCALATIONS, _ENDINGS})
"""Recorded series that are there only while something happens."""
DENSE = frozenset({FIRING, STATE, KNOWN})
"""The exporter's series that say the same of each alert at all times."""


class Stretch(NamedTuple):
    """A value from one Unix second until before another."""

    start: int
    end: int
    value: int


class Spell(NamedTuple):
    """An alert is pending, then fires until it ends; Unix seconds."""

    pending: int
    fires: int
    ends: int

    @property
    def escalates(self) -> int:
        """When it pages, unless it has ended."""
        return self.fires + _ESCALATES


def spells(labels: Labels, start: int, end: int) -> Sequence[Spell]:
    """When this alert was not inactive, and known, from the day before `start` to that of `end`; in
    order, minutes apart."""
    if _blind(labels):
        return ()
    days = range(start // _DAY - 1, end // _DAY + 1)
    found: list[Spell] = []
    for one in sorted(one for day in days for one in _of_day(labels, day)):
        if not found or one.pending >= found[-1].ends + _APART:
            found.append(one)
    return found


def sparse(firing: Labels) -> Iterator[Labels]:
    """Labels of what is recorded of an alert when something happens, from those of the series that
    says whether it fires."""
    held = {key: value for key, value in firing.items() if key not in ("instance", "__name__")}
    told = {key: value for key, value in held.items() if key != "job"}
    own = {key: told[key] for key in _IDENTITY if key in told}
    for name in _WHILE_FIRING:
        yield {**held, "__name__": name}
    if firing.get("escalated"):
        yield {**told, "__name__": _ESCALATIONS}
        return
    for name in (_FIRST, _SECONDS, _OVER_SOON):
        yield {**told, "__name__": name}
    yield {**own, "__name__": _ENDINGS, "reason": "cleared"}
    yield {**own, "__name__": CODE}


def stretches(labels: Labels, start: int, end: int) -> Iterator[Stretch]:
    """What a series of an alert says between two times where it does not say its usual: 0 where it
    is `DENSE` (1 if it is known), nothing where it is `SPARSE`."""
    name = labels["__name__"]
    if name == CODE and _blind(labels):
        yield Stretch(start, end, _UNKNOWN_CODE)
    for spell in spells(labels, start, end):
        for one in _said(name, labels, spell):
            if one.start < one.end and one.end > start and one.start < end:
                yield Stretch(max(one.start, start), min(one.end, end), one.value)


def usual(labels: Labels) -> int:
    """What a `DENSE` series says of an alert that is inactive, or cannot be evaluated."""
    if labels["__name__"] == KNOWN:
        return 0 if _blind(labels) else 1
    return int(labels.get("state") == "inactive")


def _said(name: str, labels: Labels, spell: Spell) -> Iterator[Stretch]:
    begins = spell.escalates if labels.get("escalated") else spell.fires
    if name == FIRING or name in _WHILE_FIRING:
        yield Stretch(begins, spell.ends, 1)
    elif name == STATE:
        yield from _state(labels["state"], spell)
    elif name == CODE:
        yield Stretch(spell.pending, spell.fires, _PENDING_CODE)
        yield Stretch(spell.fires, spell.ends, _FIRING_CODES["critical" in labels["alert"]])
    elif name == _SECONDS:
        yield Stretch(spell.fires, spell.ends, _MINUTE)
    elif name in (_FIRST, _ESCALATIONS) and begins < spell.ends:
        yield Stretch(begins, begins + _MINUTE, 1)
    elif name == _ENDINGS or (name == _OVER_SOON and spell.ends - spell.fires < _MINUTE):
        yield Stretch(spell.ends, spell.ends + _MINUTE, 1)


def _state(state: str, spell: Spell) -> Iterator[Stretch]:
    if state == "inactive":
        yield Stretch(spell.pending, spell.ends, 0)
    elif state == "pending":
        yield Stretch(spell.pending, spell.fires, 1)
    else:
        yield Stretch(spell.fires, spell.ends, 1)


def _of_day(labels: Labels, day: int) -> Iterator[Spell]:
    random = _random(labels, day)
    if random.random() >= _LIVELY:
        return
    part = _DAY // _SPELLS
    begins = day * _DAY + random.randrange(part)
    for number in random.sample(range(_SPELLS), random.randint(1, _SPELLS)):
        at = begins + number * part + random.randrange(part - _LONGEST - _PENDING)
        fires = at + _PENDING
        lasts = random.choice((_SHORT, *random.sample(range(_SHORTEST, _LONGEST), 2)))
        yield Spell(at, fires, fires + lasts)


def _blind(labels: Labels) -> bool:
    return _random(labels, 0).random() < _BLIND


def _random(labels: Labels, day: int) -> Random:
    """The same for all series of an alert."""
    seed = crc32("\n".join(labels.get(key, "") for key in _IDENTITY).encode())
    return Random(seed + day)  # noqa: S311 - a made history, no secret
