"""The arguments of `render`."""

import argparse
import sys
from pathlib import Path
from urllib.parse import urlsplit

from exporter.commands.arguments.shared import Add, configuration, configured, secret, typed
from exporter.commands.render import TEMPLATE, PrometheusOptions, RenderOptions, render_command
from exporter.config import Environment
from exporter.config.environment import address
from exporter.errors import ConfigError, Problem
from exporter.stack.files import JOBS


def add(new: Add, environment: Environment) -> None:
    """`render` for a command line."""
    command = new(
        "render",
        parents=[configured(environment), secret(environment)],
        help="write the configurations of Alertmanager, Prometheus and Grafana's alerting",
        description="Makes alertmanager.yml and its message templates from a template, urls.yaml "
        "and a folder of secrets. A receiver is written only if its secrets are there; without one "
        "for P1 nothing is written. With --exporters it makes prometheus.yml, too, from the one "
        "beside the template. With --grafana-alerting it makes what Grafana needs to tell people "
        "itself, instead of Alertmanager.",
    )
    command.set_defaults(go=_go)
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
        type=typed(_url),
        default="",
        metavar="URL",
        help="tell all to a `receive` there, on this machine, whatever the secrets say",
    )
    command.add_argument(
        "--grafana-alerting",
        type=Path,
        metavar="DIR",
        help="folder for the alerting files of Grafana, its provisioning/alerting (now: none)",
    )
    _add_prometheus(command.add_argument_group("prometheus.yml"))


def _add_prometheus(group: argparse._ArgumentGroup) -> None:
    for name, what in (
        ("exporters", "the exporters"),
        ("prometheus", "Prometheus itself, and others that it watches"),
        ("alertmanagers", "those that it tells, and watches"),
    ):
        group.add_argument(
            f"--{name}", type=typed(_places), default=[], metavar="HOST:PORT,…", help=what
        )
    group.add_argument(
        "--replica",
        default="",
        metavar="NAME",
        help="tells its series from those of the other server of a pair",
    )
    group.add_argument(
        "--remote-write",
        type=typed(_url),
        default="",
        metavar="URL",
        help="where all samples are sent, too; nowhere if empty",
    )


def _places(text: str) -> list[str]:
    try:
        places = [address(place) for place in text.split(",")]
    except ValueError:
        places = []
    if not places or not all(place.host and place.port for place in places):
        raise ValueError(f"must be HOST:PORT, or several with commas, not {text!r}")
    return list(map(str, places))


def _url(text: str) -> str:
    try:
        url = urlsplit(text)
        whole = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        whole = False
    if text and not whole:
        raise ValueError("must be an address such as https://HOST:PORT/PATH")
    return text


def _go(options: argparse.Namespace) -> int:
    chosen = RenderOptions(
        options.template,
        options.secrets,
        options.out,
        options.no_pager,
        options.receiver,
        _prometheus(options),
        options.grafana_alerting,
    )
    return render_command(configuration(options).urls, chosen, sys.stdout)


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
