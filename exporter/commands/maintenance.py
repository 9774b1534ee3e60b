"""`maintenance`: plan it, list it, end it. What is kept of it are silences in Alertmanager."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from exporter.commands.moments import NOW, clock_time, in_words
from exporter.config import Config
from exporter.config.wording import advice, found
from exporter.errors import ConfigError, ExporterError, Problem
from exporter.live import silence
from exporter.live.alertmanager import Alertmanager
from exporter.markets.maintenance import LONGEST, Window
from exporter.model import NANOSECONDS

PROGRAM = "market-quality-exporter"
_MINUTE = 60 * NANOSECONDS
_LATE = 5 * _MINUTE
"""A begin that has just passed means now."""
_FARTHEST = 366 * 86_400 * NANOSECONDS

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """What is to be maintenance: Unix ns, or `NOW`; for `lasting` ns where `end` is None."""

    exchange: str
    instrument: str | None
    begin: int
    end: int | None
    lasting: int
    reason: str
    by: str


def add(config: Config, asked: str | None, plan: Plan, now: int, out: Console) -> int:
    """Silence the market alerts of an exchange or an instrument. `asked` is an Alertmanager to be
    asked instead of those that are configured.

    Raises ConfigError for what cannot be meant, RestError where no Alertmanager does it.
    """
    addresses = _addresses(config, asked)
    window = _window(plan, now)
    if problems := tuple(_refusals(config, plan, window, now)):
        raise ConfigError(problems)
    identity = _ask(addresses, lambda alertmanager: alertmanager.add(window))
    begin = clock_time(window.begin) if window.begin > now else "now"
    _say(
        out,
        f"Market alerts of {scope(window)} are silenced from {begin} to {clock_time(window.end)} "
        f"({in_words(window.end - window.begin)}): {window.reason}",
        "Alerts about health still come: that the exchange has no live feed, that the exporter is "
        "down.",
        f"To end it early: {PROGRAM} maintenance end {identity}",
    )
    return 0


def listed(config: Config, asked: str | None, now: int, out: Console) -> int:
    """Print what goes on and what is planned. Raises as `add`."""
    kept = _ask(_addresses(config, asked), lambda alertmanager: alertmanager.kept())
    windows = silence.windows(kept)
    if windows:
        out.print(_table(sorted(windows, key=lambda one: (one.begin, one.exchange)), now))
    else:
        _say(out, "No maintenance goes on, and none is planned.")
    for window in silence.left(kept):
        _say(
            out,
            f"Alerts between {scope(window)} and other exchanges are still silenced, until "
            f"{clock_time(window.end)}; to end that: {PROGRAM} maintenance end {window.id}",
        )
    return 0


def end(config: Config, asked: str | None, identity: str, out: Console) -> int:
    """End maintenance, or take back what is only planned. Raises as `add`, and ExporterError where
    there is none of this id."""

    async def ended(alertmanager: Alertmanager) -> Window:
        kept = await alertmanager.kept()
        for window in (*silence.windows(kept), *silence.left(kept)):
            if window.id == identity:
                await alertmanager.end(window, kept)
                return window
        raise ExporterError(
            f"there is no maintenance {identity}; `{PROGRAM} maintenance list` shows what there is"
        )

    window = _ask(_addresses(config, asked), ended)
    _say(out, f"The maintenance of {scope(window)} is over; its market alerts are told again.")
    return 0


def scope(window: Window) -> str:
    """`okx`, or `okx BTC-USDT-PERP`"""
    return f"{window.exchange} {window.instrument}".rstrip()


def _window(plan: Plan, now: int) -> Window:
    begin = now if plan.begin == NOW else plan.begin
    if now - _LATE <= begin < now:
        begin = now
    end = begin + plan.lasting if plan.end is None else plan.end
    return Window(plan.exchange, plan.instrument or "", begin, end, plan.reason, "", plan.by)


def _refusals(config: Config, plan: Plan, window: Window, now: int) -> Iterator[Problem]:
    yield from _unknown(config, plan)
    if window.begin < now:
        yield _problem("--from", f"is {in_words(now - window.begin)} ago; write `now`")
    if window.begin > now + _FARTHEST:
        yield _problem("--from", "is more than a year ahead; write a time within the year")
    until = "--for" if plan.end is None else "--to"
    if window.end <= window.begin:
        sentence = f"must be after the begin, {clock_time(window.begin)}; write a later time"
        yield _problem(until, sentence)
    if window.end - window.begin > LONGEST:
        most, length = in_words(LONGEST), in_words(window.end - window.begin)
        yield _problem(
            until, f"must be within {most} of the begin, found {length}; plan it in parts"
        )
    if not plan.reason.strip():
        yield _problem("--reason", "must say why, for whoever wonders; write a few words")


def _unknown(config: Config, plan: Plan) -> Iterator[Problem]:
    exchanges, instruments = config.exchanges.exchanges, config.instruments.instruments
    if plan.exchange not in exchanges:
        sentence = f"must be an exchange that is configured, found {found(plan.exchange)}; "
        yield _problem("EXCHANGE", sentence + advice(plan.exchange, exchanges))
    elif plan.instrument is not None:
        there = [name for name, one in instruments.items() if plan.exchange in one.symbols]
        if plan.instrument not in there:
            sentence = f"must be an instrument of {plan.exchange} that is configured, found "
            remedy = advice(plan.instrument, there) if there else "leave it out"
            yield _problem("--instrument", f"{sentence}{found(plan.instrument)}; {remedy}")


def _problem(argument: str, sentence: str) -> Problem:
    return Problem("maintenance", argument, sentence)


def _addresses(config: Config, asked: str | None) -> Sequence[str]:
    """The Alertmanagers to ask. Raises ConfigError where there is none."""
    addresses = (asked,) if asked else config.maintenance.alertmanagers
    if not addresses:
        sentence = "maintenance.yaml names no Alertmanager; write the address of one"
        raise ConfigError((_problem("--alertmanager", sentence),))
    return addresses


def _ask(addresses: Sequence[str], what: Callable[[Alertmanager], Awaitable[T]]) -> T:
    async def asked() -> T:
        async with aiohttp.ClientSession() as session:
            return await what(Alertmanager(session, addresses))

    return asyncio.run(asked())


def _say(out: Console, *lines: str) -> None:
    for line in lines:
        out.print(Text(line), soft_wrap=True)


def _table(windows: Sequence[Window], now: int) -> Table:
    result = Table(box=box.SIMPLE_HEAD)
    for title in ("state", "exchange", "instrument", "from", "to", "by", "reason", "id"):
        result.add_column(title, no_wrap=title != "reason")
    for one in windows:
        result.add_row(
            "active" if one.begin <= now else "planned",
            one.exchange,
            one.instrument or "all",
            clock_time(one.begin),
            clock_time(one.end),
            *map(Text, (one.by, one.reason, one.id)),
        )
    return result
