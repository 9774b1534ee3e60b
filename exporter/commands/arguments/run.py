"""The arguments of `run`."""

import argparse
from functools import partial
from pathlib import Path

from exporter.commands.arguments.check import checked
from exporter.commands.arguments.shared import Add, configuration, configured, listening, secret
from exporter.commands.run import RunOptions, run
from exporter.config import Environment


def add(new: Add, environment: Environment) -> None:
    """`run` for a command line."""
    command = new(
        "run",
        parents=[configured(environment), listening(environment), secret(environment)],
        help="watch the live feeds and serve / and /metrics",
        description="Connects to the exchanges that the configuration enables, and serves what is "
        "known of their markets until it is told to stop.",
    )
    command.set_defaults(go=_go)
    command.add_argument(
        "--state",
        type=Path,
        default=environment.state_dir,
        metavar="DIR",
        help="folder for what must survive a restart (now: %(default)s)",
    )
    command.add_argument(
        "--enable-reload",
        action="store_true",
        help="let POST /-/reload read the configuration anew, as SIGHUP always does",
    )
    command.add_argument(
        "--check-config", action="store_true", help="validate the configuration and exit"
    )


def _go(options: argparse.Namespace) -> int:
    if options.check_config:
        return checked(options)
    chosen = RunOptions(
        options.listen,
        options.state,
        read=partial(configuration, options),
        reload_by_http=options.enable_reload,
        runbooks=options.runbooks,
    )
    return run(configuration(options), chosen)
