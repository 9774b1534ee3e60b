"""`catalogue`, which has no arguments."""

import argparse

from exporter.commands.arguments.shared import Add
from exporter.config import Environment
from exporter.exposition.catalogue import markdown


def add(new: Add, _: Environment) -> None:
    """`catalogue` for a command line."""
    command = new("catalogue", help="print all metrics, as Markdown")
    command.set_defaults(go=_go)


def _go(_: argparse.Namespace) -> int:
    print(markdown(), end="")
    return 0
