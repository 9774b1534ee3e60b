"""What several commands share: arguments, how their values are read, the configuration, tables."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from exporter.config import Config, Environment, load
from exporter.config.environment import address

Add = Callable[..., argparse.ArgumentParser]
T = TypeVar("T")

_FASTEST = 1_000_000
_WIDE = 140


def configured(environment: Environment) -> argparse.ArgumentParser:
    """The parent of commands that have a `configuration`."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.set_defaults(environment=environment)
    parent.add_argument(
        "--config",
        type=Path,
        default=environment.config_dir,
        metavar="DIR",
        help="folder of the configuration (now: %(default)s)",
    )
    return parent


def configuration(options: argparse.Namespace) -> Config:
    """What stands in the folder now, with what the environment says instead of a file.

    For commands with the parent `configured`. Raises ConfigError.
    """
    config = load(options.config)
    if given := options.environment.alertmanagers:
        maintenance = config.maintenance.model_copy(update={"alertmanagers": given})
        return replace(config, maintenance=maintenance)
    return config


def listening(environment: Environment) -> argparse.ArgumentParser:
    """The parent of commands that serve the pages."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--listen",
        type=typed(address),
        default=environment.listen_address,
        metavar="HOST:PORT",
        help="where the pages are served (now: %(default)s)",
    )
    parent.add_argument(
        "--runbooks",
        type=Path,
        default=environment.runbooks_dir,
        metavar="DIR",
        help="folder of the runbooks that the pages show (now: %(default)s)",
    )
    return parent


def secret(environment: Environment) -> argparse.ArgumentParser:
    """The parent of commands that know who is told of alerts."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--secrets",
        type=Path,
        default=environment.secrets_dir,
        metavar="DIR",
        help="folder of secrets: a folder for each receiver, a file for each secret "
        "(now: %(default)s)",
    )
    return parent


def add_simulated(command: argparse.ArgumentParser, script: Path | None) -> None:
    """What simulated exchanges do; `script` is the default of theirs."""
    command.add_argument(
        "--script", type=Path, default=script, metavar="FILE", help="a YAML file of incidents"
    )
    command.add_argument(
        "--seed", type=int, default=2026, metavar="N", help="the same makes the same markets"
    )
    command.add_argument(
        "--rate",
        type=typed(speed),
        default=30,
        metavar="X",
        help="book changes a second and market (now: %(default)s)",
    )


def typed(read: Callable[[str], T]) -> Callable[[str], T]:
    """The type of an argument: its ValueError is a sentence, which is told as it is."""

    def checked(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return checked


def speed(text: str) -> float:
    """A number above zero, and not beyond all sense. Raises ValueError."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= _FASTEST:
        raise ValueError(f"must be above zero, at most {_FASTEST:,}, not {text!r}")
    return value


def tables(columns: int = _WIDE) -> Console:
    """Standard output for tables, of so many columns where no terminal says how many it has."""
    return Console(width=None if sys.stdout.isatty() else columns)
