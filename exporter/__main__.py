"""The command line. Exit codes: 0 done, 1 it went wrong, 2 refused before anything started."""

import argparse
import os
import sys
from collections.abc import Sequence

from exporter import __version__, log
from exporter.commands.arguments import (
    catalogue,
    check,
    demo,
    drill,
    maintenance,
    receive,
    render,
    replay,
    run,
    simulate,
)
from exporter.commands.check import REFUSED
from exporter.config import Environment
from exporter.errors import ConfigError, ExporterError

_COMMANDS = (
    run.add,
    demo.add,
    simulate.add,
    receive.add,
    replay.add,
    render.add,
    maintenance.add,
    drill.add,
    check.add,
    catalogue.add,
)
"""In the order of the help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; an expected error is a sentence, not a traceback."""
    try:
        environment = Environment.read(os.environ)
        log.configure(environment.log_level)
        options = _parser(environment).parse_args(arguments)
        code: int = options.go(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except ExporterError as error:
        print(f"market-quality-exporter: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _parser(environment: Environment) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="market-quality-exporter",
        description="Watches the quality of crypto markets and of the data about them, and "
        "exposes it to Prometheus.",
        epilog="Environment: CONFIG_DIR, LISTEN_ADDRESS, RUNBOOKS_DIR, SECRETS_DIR and STATE_DIR "
        "give the defaults of --config, --listen, --runbooks, --secrets and --state, LOG_LEVEL "
        "(debug, info, warning, error) what is logged, ALERTMANAGERS (URL,URL…) which are asked "
        "for maintenance instead of those of maintenance.yaml. "
        "Exit codes: 0 done, 1 it went wrong, 2 the arguments or the configuration were refused "
        "before anything started.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in _COMMANDS:
        add(commands.add_parser, environment)
    return parser


if __name__ == "__main__":
    sys.exit(main())
