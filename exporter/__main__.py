"""The command line. Exit codes: 0 done, 1 it went wrong, 2 refused before anything started."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from exporter import __version__, log
from exporter.commands.check import REFUSED, check
from exporter.commands.demo import SCRIPT as DEMO_SCRIPT
from exporter.commands.demo import DemoOptions, demo
from exporter.commands.drill_arguments import add_drill
from exporter.commands.maintenance_arguments import add_maintenance
from exporter.commands.receive import ReceiveOptions, receive
from exporter.commands.render import (
    TEMPLATE,
    PrometheusOptions,
    RenderOptions,
    render_command,
)
from exporter.commands.replay import ReplayOptions, replay
from exporter.commands.run import RunOptions, run
from exporter.commands.simulate import SimulateOptions, simulate
from exporter.config import Environment, load
from exporter.config.environment import Address, address
from exporter.errors import ConfigError, ExporterError, Problem
from exporter.exposition.catalogue import markdown
from exporter.simulator.symbols import MOST_PAIRS
from exporter.stack.files import JOBS

_FASTEST = 1_000_000
_WIDE = 140
"""Columns of a table where no terminal says how many it has."""

_Add = Callable[..., argparse.ArgumentParser]
_Parents = list[argparse.ArgumentParser]


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


def _check(options: argparse.Namespace) -> int:
    return check(options.config, options.secrets, sys.stdout, sys.stderr)


def _render(options: argparse.Namespace) -> int:
    chosen = RenderOptions(
        options.template,
        options.secrets,
        options.out,
        options.no_pager,
        options.receiver,
        _prometheus(options),
    )
    return render_command(load(options.config).urls, chosen, sys.stdout)


def _prometheus(options: argparse.Namespace) -> PrometheusOptions | None:
    """What prometheus.yml is to say; None where no exporter is named. Raises ConfigError where it
    is needed for what else was said."""
    given = (options.exporters, options.prometheus, options.alertmanagers)
    if options.exporters:
        targets = {job: places for job, places in zip(JOBS, given, strict=True) if places}
        return PrometheusOptions(targets, options.replica, options.remote_write)
    if any(given) or options.replica or options.remote_write:
        sentence = "is missing; without it no prometheus.yml is written"
        raise ConfigError((Problem("arguments", "--exporters", sentence),))
    return None


def _run(options: argparse.Namespace) -> int:
    if options.check_config:
        return _check(options)
    chosen = RunOptions(
        options.listen,
        options.state,
        read=lambda: load(options.config),
        reload_by_http=options.enable_reload,
        runbooks=options.runbooks,
    )
    return run(load(options.config), chosen)


def _demo(options: argparse.Namespace) -> int:
    chosen = DemoOptions(
        options.listen,
        options.script,
        options.seed,
        options.rate,
        options.runbooks,
        options.alone,
    )
    return demo(load(options.config), chosen, Console(stderr=True))


def _receive(options: argparse.Namespace) -> int:
    chosen = ReceiveOptions(
        options.listen.host or "127.0.0.1", options.listen.port, options.attached
    )
    return receive(chosen, Console(), Console(stderr=True))


def _simulate(options: argparse.Namespace) -> int:
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


def _replay(options: argparse.Namespace) -> int:
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
    width = None if sys.stdout.isatty() else _WIDE
    return replay(load(options.config), chosen, Console(width=width), Console(stderr=True))


def _catalogue(options: argparse.Namespace) -> int:
    print(markdown(), end="")
    return 0


def _parser(environment: Environment) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="market-quality-exporter",
        description="Watches the quality of crypto markets and of the data about them, and "
        "exposes it to Prometheus.",
        epilog="Environment: CONFIG_DIR, LISTEN_ADDRESS, RUNBOOKS_DIR and STATE_DIR give the "
        "defaults of --config, --listen, --runbooks and --state, LOG_LEVEL (debug, info, warning, "
        "error) what is logged. "
        "Exit codes: 0 done, 1 it went wrong, 2 the arguments or the configuration were refused "
        "before anything started.",
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
    listening = argparse.ArgumentParser(add_help=False)
    listening.add_argument(
        "--listen",
        type=_listen,
        default=environment.listen_address,
        metavar="HOST:PORT",
        help="where the pages are served (now: %(default)s)",
    )
    listening.add_argument(
        "--runbooks",
        type=Path,
        default=environment.runbooks_dir,
        metavar="DIR",
        help="folder of the runbooks that the pages show (now: %(default)s)",
    )
    secret = argparse.ArgumentParser(add_help=False)
    secret.add_argument(
        "--secrets",
        type=Path,
        default=environment.secrets_dir,
        metavar="DIR",
        help="folder of secrets: a folder for each receiver, a file for each secret "
        "(now: %(default)s)",
    )
    _add_run(commands.add_parser, [configured, listening, secret], environment)
    _add_demo(commands.add_parser, [configured, listening])
    _add_simulate(commands.add_parser)
    _add_receive(commands.add_parser)
    _add_replay(commands.add_parser, [configured, listening])
    _add_render(commands.add_parser, [configured, secret])
    add_maintenance(commands.add_parser, [configured])
    add_drill(commands.add_parser, [configured], environment.state_dir)
    checking = commands.add_parser(
        "check",
        parents=[configured, secret],
        help="validate the configuration and exit",
        description="Reads the configuration and names everything wrong with it: file, place, "
        "and what to write instead.",
    )
    checking.set_defaults(go=_check)
    listing = commands.add_parser("catalogue", help="print all metrics, as Markdown")
    listing.set_defaults(go=_catalogue)
    return parser


def _add_run(add: _Add, parents: _Parents, environment: Environment) -> None:
    command = add(
        "run",
        parents=parents,
        help="watch the live feeds and serve / and /metrics",
        description="Connects to the exchanges that the configuration enables, and serves what is "
        "known of their markets until it is told to stop.",
    )
    command.set_defaults(go=_run)
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


def _add_render(add: _Add, parents: _Parents) -> None:
    command = add(
        "render",
        parents=parents,
        help="write the configurations of Alertmanager and Prometheus",
        description="Makes alertmanager.yml and its message templates from a template, urls.yaml "
        "and a folder of secrets. A receiver is written only if its secrets are there; without one "
        "for P1 nothing is written. With --exporters it makes prometheus.yml, too, from the one "
        "beside the template.",
    )
    command.set_defaults(go=_render)
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write to"
    )
    command.add_argument(
        "--template",
        type=Path,
        default=TEMPLATE,
        metavar="FILE",
        help="the template, with a folder `templates` beside it (now: %(default)s)",
    )
    command.add_argument(
        "--no-pager", action="store_true", help="also where nothing would receive a P1"
    )
    command.add_argument(
        "--receiver",
        type=_url,
        default="",
        metavar="URL",
        help="tell all to a `receive` there, on this machine, whatever the secrets say",
    )
    _add_render_prometheus(command.add_argument_group("prometheus.yml"))


def _add_render_prometheus(group: argparse._ArgumentGroup) -> None:
    for name, what in (
        ("exporters", "the exporters"),
        ("prometheus", "Prometheus itself, and others that it watches"),
        ("alertmanagers", "those that it tells, and watches"),
    ):
        group.add_argument(f"--{name}", type=_places, default=[], metavar="HOST:PORT,…", help=what)
    group.add_argument(
        "--replica",
        default="",
        metavar="NAME",
        help="tells its series from those of the other server of a pair",
    )
    group.add_argument(
        "--remote-write",
        type=_url,
        default="",
        metavar="URL",
        help="where all samples are sent, too; nowhere if empty",
    )


def _add_demo(add: _Add, parents: _Parents) -> None:
    command = add(
        "demo",
        parents=parents,
        help="watch simulated exchanges, with an incident every couple of minutes",
        description="Starts simulated exchanges, watches them as `run` watches real ones, and says "
        "which page to open and what happens when.",
    )
    command.set_defaults(go=_demo)
    _add_simulated(command, DEMO_SCRIPT)
    command.add_argument(
        "--alone", action="store_true", help="without Prometheus and Alertmanager beside it"
    )


def _add_receive(add: _Add) -> None:
    command = add(
        "receive",
        help="print notifications as they come",
        description="Takes what Alertmanager sends to a Slack webhook and prints it as a person "
        "would read it. The webhook is the address with the name of a receiver behind it.",
    )
    command.set_defaults(go=_receive)
    command.add_argument(
        "--listen",
        type=_listen,
        default=address("127.0.0.1:9730"),
        metavar="HOST:PORT",
        help="where it listens, port 0 for any that is free (now: %(default)s)",
    )
    command.add_argument("--attached", action="store_true", help="end when standard input does")


def _add_simulate(add: _Add) -> None:
    command = add(
        "simulate",
        help="simulated exchanges that speak the real protocols",
        description="Serves Binance spot, Binance USD-M and OKX on one port, each below a path of "
        "its own, with a control endpoint for incidents. Without --script nothing goes wrong.",
    )
    command.set_defaults(go=_simulate)
    command.add_argument(
        "--listen",
        type=_listen,
        default=address("127.0.0.1:9720"),
        metavar="HOST:PORT",
        help="where the exchanges are served, port 0 for any that is free (now: %(default)s)",
    )
    command.add_argument(
        "--pairs",
        type=_pairs,
        default=1,
        metavar="N",
        help="pairs of currencies, four markets each (now: %(default)s)",
    )
    command.add_argument("--attached", action="store_true", help="end when standard input does")
    _add_simulated(command, None)


def _add_simulated(command: argparse.ArgumentParser, script: Path | None) -> None:
    command.add_argument(
        "--script", type=Path, default=script, metavar="FILE", help="a YAML file of incidents"
    )
    command.add_argument(
        "--seed", type=int, default=2026, metavar="N", help="the same makes the same markets"
    )
    command.add_argument(
        "--rate",
        type=_speed,
        default=30,
        metavar="X",
        help="book changes a second and market (now: %(default)s)",
    )


def _add_replay(add: _Add, parents: _Parents) -> None:
    command = add(
        "replay",
        parents=parents,
        help="put recorded frames through the pipeline",
        description="Replays recordings (plain, gzip or zstd; several are merged by receive "
        "time) through the same pipeline that live feeds use, and ends with a summary. A market "
        "follows from the frames and recorded addresses, never from a file's name.",
    )
    command.set_defaults(go=_replay)
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
    command.add_argument("--summary", type=Path, metavar="FILE", help="write the summary as JSON")
    command.add_argument(
        "--alerts", type=Path, metavar="FILE", help="write every change of an alert as a JSON line"
    )
    command.add_argument(
        "--page", type=Path, metavar="FILE", help="write the final market page (text format)"
    )


def _pairs(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= MOST_PAIRS:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MOST_PAIRS}, not {text!r}")
    return value


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= _FASTEST:
        raise argparse.ArgumentTypeError(f"must be above zero, at most {_FASTEST:,}, not {text!r}")
    return value


def _places(text: str) -> list[str]:
    try:
        places = [address(place) for place in text.split(",")]
    except ValueError:
        places = []
    if not places or not all(place.host and place.port for place in places):
        raise argparse.ArgumentTypeError(f"must be HOST:PORT, or several with commas, not {text!r}")
    return list(map(str, places))


def _url(text: str) -> str:
    try:
        url = urlsplit(text)
        whole = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        whole = False
    if text and not whole:
        raise argparse.ArgumentTypeError("must be an address such as https://HOST:PORT/PATH")
    return text


def _listen(text: str) -> Address:
    try:
        return address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
