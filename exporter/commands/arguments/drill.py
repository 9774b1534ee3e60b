"""The arguments of `drill`, and which kind of drill they lead to."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from exporter.commands.arguments.shared import Add, configuration, configured, tables, typed
from exporter.commands.drill import DrillOptions, drill
from exporter.commands.drill_alertmanager import AlertmanagerOptions, drill_alertmanager
from exporter.commands.drill_report import listing
from exporter.commands.render import TEMPLATE
from exporter.commands.sandbox import PROMETHEUS, Files
from exporter.config import Environment
from exporter.config.exchanges import address
from exporter.drills.table import DRILLS


def add(new: Add, environment: Environment) -> None:
    """`drill` for a command line."""
    command = new(
        "drill",
        parents=[configured(environment)],
        help="an incident in a sandbox, followed to whoever would be told",
        description="Starts simulated exchanges, the exporter, Prometheus and Alertmanager with "
        "your thresholds, rules and routes, injects an incident into the feed, and says when each "
        "stage saw it. Exit code 1 where one was late or wrong. Nobody is told, unless by "
        "--alertmanager.",
    )
    command.set_defaults(go=lambda options: _go(options, command.error))
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("incident", nargs="?", choices=DRILLS, metavar="INCIDENT", help="see --list")
    which.add_argument("--all", action="store_true", help="every incident, one after the other")
    which.add_argument("--list", action="store_true", help="which incidents there are, and exit")
    command.add_argument(
        "--state",
        type=Path,
        default=environment.state_dir,
        metavar="DIR",
        help="folder in which successes are recorded, that of `run` (now: %(default)s)",
    )
    _add_files(command)
    _add_alertmanager(command.add_argument_group("the way from a real Alertmanager"))


def _add_files(command: argparse.ArgumentParser) -> None:
    for name, default, what in (
        ("template", TEMPLATE, "the template of alertmanager.yml, with its messages beside it"),
        ("prometheus", PROMETHEUS, "prometheus.yml, with its rules beside it"),
    ):
        command.add_argument(
            f"--{name}", type=Path, default=default, metavar="FILE", help=f"{what} (%(default)s)"
        )


def _add_alertmanager(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--alertmanager",
        type=typed(address("http", "https")),
        metavar="URL",
        help="no sandbox: send one marked alert of this incident to a real Alertmanager",
    )
    group.add_argument(
        "--alertmanager-config",
        type=Path,
        metavar="FILE",
        help="the configuration whose routes are tested first (default: the one in force there)",
    )
    group.add_argument(
        "--page", action="store_true", help="ring the real pager, with [DRILL] in the title"
    )


def _go(options: argparse.Namespace, refuse: Callable[[str], NoReturn]) -> int:
    out = tables()
    if options.list:
        listing(out)
        return 0
    if options.alertmanager is None and (options.page or options.alertmanager_config):
        refuse("--page and --alertmanager-config go with --alertmanager")
    if options.alertmanager is not None and options.all:
        refuse("--alertmanager sends the alert of one INCIDENT")
    config = configuration(options)
    if options.alertmanager is not None:
        chosen = AlertmanagerOptions(
            options.incident,
            options.alertmanager,
            options.alertmanager_config,
            options.state,
            options.page,
        )
        return drill_alertmanager(config, chosen, out)
    kinds = tuple(DRILLS) if options.all else (options.incident,)
    files = Files(options.config, options.template, options.prometheus)
    return drill(config, DrillOptions(kinds, files, options.state), out)
