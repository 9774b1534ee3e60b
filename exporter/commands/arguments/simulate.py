"""The arguments of `simulate`."""

import argparse

from rich.console import Console

from exporter.commands.arguments.shared import Add, add_simulated, typed
from exporter.commands.simulate import SimulateOptions, simulate
from exporter.config import Environment
from exporter.config.environment import address
from exporter.simulator.symbols import MOST_PAIRS


def add(new: Add, _: Environment) -> None:
    """`simulate` for a command line."""
    command = new(
        "simulate",
        help="simulated exchanges that speak the real protocols",
        description="Serves Binance spot, Binance USD-M and OKX on one port, each below a path of "
        "its own, with a control endpoint for incidents. Without --script nothing goes wrong.",
    )
    command.set_defaults(go=_go)
    command.add_argument(
        "--listen",
        type=typed(address),
        default=address("127.0.0.1:9720"),
        metavar="HOST:PORT",
        help="where the exchanges are served, port 0 for any that is free (now: %(default)s)",
    )
    command.add_argument(
        "--pairs",
        type=typed(_pairs),
        default=1,
        metavar="N",
        help="pairs of currencies, four markets each (now: %(default)s)",
    )
    command.add_argument("--attached", action="store_true", help="end when standard input does")
    add_simulated(command, None)


def _pairs(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= MOST_PAIRS:
        raise ValueError(f"must be from 1 to {MOST_PAIRS}, not {text!r}")
    return value


def _go(options: argparse.Namespace) -> int:
    chosen = SimulateOptions(
        pairs=options.pairs,
        seed=options.seed,
        rate=options.rate,
        host=options.listen.host or "0.0.0.0",  # noqa: S104 - written as `:PORT` by who wants it
        port=options.listen.port,
        script=options.script,
        attached=options.attached,
    )
    return simulate(chosen, Console(), Console(stderr=True))
