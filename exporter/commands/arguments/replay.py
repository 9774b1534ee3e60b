"""The arguments of `replay`."""

import argparse
from pathlib import Path

from rich.console import Console

from exporter.commands.arguments.shared import (
    Add,
    configuration,
    configured,
    listening,
    speed,
    tables,
    typed,
)
from exporter.commands.replay import ReplayOptions, replay
from exporter.config import Environment


def add(new: Add, environment: Environment) -> None:
    """`replay` for a command line."""
    command = new(
        "replay",
        parents=[configured(environment), listening(environment)],
        help="put recorded frames through the pipeline",
        description="Replays recordings (plain, gzip or zstd; several are merged by receive "
        "time) through the same pipeline that live feeds use, and ends with a summary. A market "
        "follows from the frames and recorded addresses, never from a file's name.",
    )
    command.set_defaults(go=_go)
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a recording")
    command.add_argument(
        "--speed",
        type=typed(speed),
        default=0,
        metavar="X",
        help="replay at X times real time (default: as fast as it goes)",
    )
    command.add_argument(
        "--serve",
        action="store_true",
        help="serve / and /metrics meanwhile and afterwards, until Ctrl-C",
    )
    for name, what in (
        ("summary", "write the summary as JSON"),
        ("alerts", "write every change of an alert as a JSON line"),
        ("page", "write the final market page (text format)"),
    ):
        command.add_argument(f"--{name}", type=Path, metavar="FILE", help=what)


def _go(options: argparse.Namespace) -> int:
    chosen = ReplayOptions(
        files=tuple(options.files),
        speed=options.speed,
        serve=options.serve,
        listen=options.listen,
        summary=options.summary,
        page=options.page,
        alerts=options.alerts,
        runbooks=options.runbooks,
    )
    return replay(configuration(options), chosen, tables(), Console(stderr=True))
