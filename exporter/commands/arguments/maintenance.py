"""The arguments of `maintenance`, and which of its commands they lead to."""

import argparse
import getpass

from exporter import clock
from exporter.commands import maintenance
from exporter.commands.arguments.shared import Add, configuration, configured, tables, typed
from exporter.commands.maintenance import Plan
from exporter.commands.moments import NOW, duration, moment
from exporter.config import Environment
from exporter.config.exchanges import address
from exporter.model import NANOSECONDS

_WIDE = 200
"""Columns of the list where no terminal says how many it has."""


def add(new: Add, environment: Environment) -> None:
    """`maintenance add`, `maintenance list` and `maintenance end` for a command line."""
    command = new(
        "maintenance",
        help="plan maintenance of an exchange, list it, end it",
        description="Planned maintenance is a silence in Alertmanager on the market alerts of an "
        "exchange or of one instrument. Alerts about the health of feeds and exporter go on.",
    )
    parts = command.add_subparsers(dest="part", required=True, metavar="COMMAND")
    asking = argparse.ArgumentParser(add_help=False)
    asking.add_argument(
        "--alertmanager",
        type=typed(address("http", "https")),
        metavar="URL",
        help="ask this one, not those of maintenance.yaml",
    )
    shared = [configured(environment), asking]
    _add_add(parts.add_parser("add", parents=shared, help="silence market alerts for a while"))
    listing = parts.add_parser("list", parents=shared, help="what goes on and what is planned")
    listing.set_defaults(go=_list)
    ending = parts.add_parser("end", parents=shared, help="end it now, or take it back")
    ending.add_argument("id", metavar="ID", help="as `add` and `list` say it")
    ending.set_defaults(go=_end)


def _add_add(command: argparse.ArgumentParser) -> None:
    command.set_defaults(go=_go_add)
    command.add_argument("exchange", metavar="EXCHANGE")
    command.add_argument("--instrument", metavar="NAME", help="this one alone (default: all)")
    command.add_argument(
        "--from",
        dest="begin",
        type=typed(moment),
        default=NOW,
        metavar="TIME",
        help="such as 2026-11-21T18:00Z, UTC where it names no zone (default: now)",
    )
    until = command.add_mutually_exclusive_group(required=True)
    until.add_argument("--to", dest="end", type=typed(moment), metavar="TIME")
    until.add_argument(
        "--for",
        dest="lasting",
        type=typed(duration),
        default=0,
        metavar="DURATION",
        help="2h, 90m",
    )
    command.add_argument("--reason", required=True, metavar="TEXT", help="what people are told")
    command.add_argument("--by", default=_user(), metavar="NAME", help="(now: %(default)s)")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def _go_add(options: argparse.Namespace) -> int:
    plan = Plan(
        options.exchange,
        options.instrument,
        options.begin,
        options.end,
        options.lasting,
        options.reason,
        options.by,
    )
    now = clock.now() // NANOSECONDS * NANOSECONDS
    return maintenance.add(configuration(options), options.alertmanager, plan, now, tables(_WIDE))


def _list(options: argparse.Namespace) -> int:
    config = configuration(options)
    return maintenance.listed(config, options.alertmanager, clock.now(), tables(_WIDE))


def _end(options: argparse.Namespace) -> int:
    return maintenance.end(configuration(options), options.alertmanager, options.id, tables(_WIDE))
