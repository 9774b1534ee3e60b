"""Maintenance that exchanges announce, and how each is asked for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exporter.feeds.feed import RestRequest


@dataclass(frozen=True, slots=True)
class Announcement:
    """Maintenance that an exchange announces; Unix ns, None where it names no time.

    `id` begins with the exchange's name, is the same for all who read the same announcement, and
    another once its times change. `active` is the exchange's own word that it goes on now.
    """

    id: str
    title: str
    begin: int | None
    end: int | None
    active: bool


@dataclass(frozen=True, slots=True)
class NoticeBoard:
    """Where an exchange announces maintenance.

    `decode(body, received)` gives what is not over yet, nothing where nothing is announced; it
    raises DecodeError for what it cannot read.
    """

    request: RestRequest
    decode: Callable[[bytes, int], Sequence[Announcement]]
