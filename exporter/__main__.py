"""The command line. Exit codes: 0 done, 1 it went wrong, 2 refused before anything started."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from exporter import __version__, log
from exporter.commands.check import REFUSED, check
from exporter.commands.replay import ReplayOptions, replay
from exporter.config import Environment, load
from exporter.config.environment import Address, address
from exporter.errors import ConfigError, ExporterError
from exporter.exposition.catalogue import markdown

_FASTEST = 1_000_000
_WIDE = 140
"""Columns of a table where no terminal says how many it has."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; an expected error is a sentence, not a traceback."""
    try:
        environment = Environment.read(os.environ)
        log.configure(environment.log_level)
        options = _parser(environment).parse_args(arguments)
        return _run(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except ExporterError as error:
        print(f"market-quality-exporter: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace) -> int:
    if options.command == "check":
        return check(options.config, sys.stdout, sys.stderr)
    if options.command == "catalogue":
        print(markdown(), end="")
        return 0
    return replay(
        load(options.config),
        ReplayOptions(
            files=tuple(options.files),
            speed=options.speed,
            serve=options.serve,
            listen=options.listen,
            summary=options.summary,
            page=options.page,
        ),
        Console(width=None if sys.stdout.isatty() else _WIDE),
        Console(stderr=True),
    )


def _parser(environment: Environment) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="market-quality-exporter",
        description="Watches the quality of crypto markets and of the data about them, and "
        "exposes it to Prometheus.",
        epilog="Environment: CONFIG_DIR and LISTEN_ADDRESS give the defaults of --config and "
        "--listen, LOG_LEVEL (debug, info, warning, error) what is logged. Exit codes: 0 done, 1 "
        "it went wrong, 2 the arguments or the configuration were refused before anything "
        "started.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    configured = argparse.ArgumentParser(add_help=False)
    configured.add_argument(
        "--config",
        type=Path,
        default=environment.config_dir,
        metavar="DIR",
        help="folder with exchanges.yaml, instruments.yaml and features.yaml (now: %(default)s)",
    )
    commands.add_parser(
        "check",
        parents=[configured],
        help="validate the configuration and exit",
        description="Reads the configuration and names everything wrong with it: file, place, "
        "and what to write instead.",
    )
    commands.add_parser("catalogue", help="print all metrics with their meaning, as Markdown")
    command = commands.add_parser(
        "replay",
        parents=[configured],
        help="put recorded frames through the pipeline",
        description="Replays recordings (plain, gzip or zstd; several are merged by receive "
        "time) through the same pipeline that live feeds use, and ends with a summary. A market "
        "follows from the frames and recorded addresses, never from a file's name.",
    )
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a recording")
    command.add_argument(
        "--speed",
        type=_speed,
        default=0,
        metavar="X",
        help="replay at X times real time (default: as fast as it goes)",
    )
    command.add_argument(
        "--serve",
        action="store_true",
        help="serve / and /metrics meanwhile and afterwards, until Ctrl-C",
    )
    command.add_argument(
        "--listen",
        type=_listen,
        default=environment.listen_address,
        metavar="HOST:PORT",
        help="where --serve listens (now: %(default)s)",
    )
    command.add_argument("--summary", type=Path, metavar="FILE", help="write the summary as JSON")
    command.add_argument(
        "--page", type=Path, metavar="FILE", help="write the final market page (text format)"
    )
    return parser


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= _FASTEST:
        raise argparse.ArgumentTypeError(f"must be above zero, at most {_FASTEST:,}, not {text!r}")
    return value


def _listen(text: str) -> Address:
    try:
        return address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
