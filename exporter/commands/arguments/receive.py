"""The arguments of `receive`."""

import argparse

from rich.console import Console

from exporter.commands.arguments.shared import Add, typed
from exporter.commands.receive import ReceiveOptions, receive
from exporter.config import Environment
from exporter.config.environment import address


def add(new: Add, _: Environment) -> None:
    """`receive` for a command line."""
    command = new(
        "receive",
        help="print notifications as they come",
        description="Takes what Alertmanager sends to a Slack webhook and prints it as a person "
        "would read it. The webhook is the address with the name of a receiver behind it.",
    )
    command.set_defaults(go=_go)
    command.add_argument(
        "--listen",
        type=typed(address),
        default=address("127.0.0.1:9730"),
        metavar="HOST:PORT",
        help="where it listens, port 0 for any that is free (now: %(default)s)",
    )
    command.add_argument("--attached", action="store_true", help="end when standard input does")


def _go(options: argparse.Namespace) -> int:
    chosen = ReceiveOptions(
        options.listen.host or "127.0.0.1", options.listen.port, options.attached
    )
    return receive(chosen, Console(), Console(stderr=True))
