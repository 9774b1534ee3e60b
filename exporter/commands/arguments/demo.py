"""The arguments of `demo`."""

import argparse

from rich.console import Console

from exporter.commands.arguments.shared import (
    Add,
    add_simulated,
    configuration,
    configured,
    listening,
)
from exporter.commands.demo import SCRIPT, DemoOptions, demo
from exporter.config import Environment


def add(new: Add, environment: Environment) -> None:
    """`demo` for a command line."""
    command = new(
        "demo",
        parents=[configured(environment), listening(environment)],
        help="watch simulated exchanges, with an incident every couple of minutes",
        description="Starts simulated exchanges, watches them as `run` watches real ones, and says "
        "which page to open and what happens when.",
    )
    command.set_defaults(go=_go)
    add_simulated(command, SCRIPT)
    command.add_argument(
        "--alone", action="store_true", help="without Prometheus, Alertmanager and Grafana"
    )


def _go(options: argparse.Namespace) -> int:
    chosen = DemoOptions(
        options.listen,
        options.script,
        options.seed,
        options.rate,
        options.runbooks,
        options.alone,
    )
    return demo(configuration(options), chosen, Console(stderr=True))
