"""The arguments of `check`."""

import argparse
import sys
from functools import partial

from exporter.commands.arguments.shared import Add, configuration, configured, secret
from exporter.commands.check import check
from exporter.config import Environment


def add(new: Add, environment: Environment) -> None:
    """`check` for a command line."""
    command = new(
        "check",
        parents=[configured(environment), secret(environment)],
        help="validate the configuration and exit",
        description="Reads the configuration and names everything wrong with it: file, place, "
        "and what to write instead.",
    )
    command.set_defaults(go=checked)


def checked(options: argparse.Namespace) -> int:
    """Check what `options` name; the exit code. Also for commands that check on request."""
    read = partial(configuration, options)
    return check(read, options.config, options.secrets, sys.stdout, sys.stderr)
