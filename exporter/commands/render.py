"""`render`: the configurations of Alertmanager, Prometheus and Grafana's alerting, from what is
shipped and secrets."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from exporter.config.urls import FILE, UrlsFile
from exporter.errors import ConfigError, ExporterError, Problem
from exporter.paging.grafana.files import CONTACT_POINTS, alerting_files
from exporter.paging.secrets import Secrets, read_secrets
from exporter.paging.template import Rendered, render
from exporter.stack.files import Targets, prometheus_config

PAGER, CHAT = "page", "chat"
"""The receivers of P1 and of P2 in the template."""
TEMPLATE = Path("prometheus/alertmanager.template.yml")
_MESSAGES = "templates"
"""The folder of message templates, beside the template and beside what is rendered."""
_PROMETHEUS = "prometheus.yml"
"""What is shipped beside the template, and what is written."""
_RULES = "rules"
"""The folder of Prometheus' rules, beside the template."""
_PRIVATE, _PUBLIC = 0o600, 0o644
_Files = Mapping[Path, tuple[str, int]]
"""Text and mode by path."""


@dataclass(frozen=True)
class PrometheusOptions:
    """What Prometheus scrapes, by job; its name among its like; where all samples go, too."""

    targets: Targets
    replica: str = ""
    remote_write: str = ""


@dataclass(frozen=True)
class RenderOptions:
    """The template, the folder of secrets, where the result goes, whether nobody may be paged.

    With `receiver`, the address of a `receive` on this machine, that is told instead of what the
    secrets name. With `prometheus` there is a prometheus.yml as well; with `grafana`, a folder, the
    files of Grafana's own alerting are written into it.
    """

    template: Path
    secrets: Path
    out: Path
    no_pager: bool = False
    receiver: str = ""
    prometheus: PrometheusOptions | None = None
    grafana: Path | None = None


def render_command(urls: UrlsFile, options: RenderOptions, out: TextIO) -> int:
    """Write `alertmanager.yml`, its message templates, and what else is wanted.

    Raises ConfigError where the secrets do not fit or nothing would receive a P1, ExporterError
    where a file cannot be read or written; then nothing was written.
    """
    try:
        rendered = from_template(options.template, _secrets(options))
        problems = tuple(refusals(rendered, urls, no_pager=options.no_pager))
        if problems and not options.receiver:
            raise ConfigError(problems)
        _write(_files(rendered, urls, options))
    except OSError as error:
        raise ExporterError(f"{error.filename}: {error.strerror}") from error
    for name, ways in rendered.receivers.items():
        print(f"{name}: {', '.join(ways) or 'nobody'}", file=out)
    return 0


def from_template(template: Path, secrets: Secrets) -> Rendered:
    """Alertmanager's configuration for these secrets. Raises ConfigError where they do not fit,
    ExporterError where the template cannot be read."""
    try:
        return render(template.read_text(encoding="utf-8"), secrets)
    except OSError as error:
        raise ExporterError(f"{error.filename}: {error.strerror}") from error


def refusals(rendered: Rendered, urls: UrlsFile, *, no_pager: bool) -> Iterator[Problem]:
    """Why this must not go into force: nobody is paged, or links that nobody can open."""
    if not no_pager and not rendered.receivers[PAGER]:
        sentence = (
            "nothing would receive a P1; put a secret such as pagerduty_routing_key into it, or "
            "say --no-pager"
        )
        yield Problem(f"secrets/{PAGER}", "", sentence)
    yield from unreachable_links(rendered, urls)


def unreachable_links(rendered: Rendered, urls: UrlsFile) -> Iterator[Problem]:
    """Links to this machine in messages that leave it."""
    if rendered.remote:
        for name, address in urls.on_loopback():
            sentence = (
                f"{address} is this machine only, but messages leave it ({rendered.remote[0]}); "
                "write the address at which people open it"
            )
            yield Problem(FILE, name, sentence)


def _secrets(options: RenderOptions) -> Secrets:
    if not options.receiver:
        return read_secrets(options.secrets)
    return {
        name: {"slack_webhook_url": f"{options.receiver.rstrip('/')}/{name}"}
        for name in (PAGER, CHAT)
    }


def _files(rendered: Rendered, urls: UrlsFile, options: RenderOptions) -> _Files:
    messages = _texts(options.template.parent / _MESSAGES, "*.tmpl")
    messages[f"{Path(FILE).stem}.tmpl"] = _definitions(urls)
    files = {options.out / _MESSAGES / name: (text, _PUBLIC) for name, text in messages.items()}
    files[options.out / "alertmanager.yml"] = (rendered.text, _PRIVATE)
    if options.prometheus is not None:
        text = _prometheus(options.template, options.prometheus)
        files[options.out / _PROMETHEUS] = (text, _PRIVATE)
    if options.grafana is not None:
        rules = _texts(options.template.parent / _RULES, "*.yml").values()
        made = alerting_files(rendered.text, rules, messages, urls.runbooks, (CHAT, PAGER))
        for name, text in made.items():
            mode = _PRIVATE if name == CONTACT_POINTS else _PUBLIC
            files[options.grafana / name] = (text, mode)
    return files


def _prometheus(template: Path, options: PrometheusOptions) -> str:
    """The address of remote storage may have a password in it, so this is private, too."""
    return prometheus_config(
        template.with_name(_PROMETHEUS),
        options.targets,
        {},
        replica=options.replica,
        remote_write=options.remote_write,
    )


def _texts(folder: Path, pattern: str) -> dict[str, str]:
    """The files there, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob(pattern))}


def _definitions(urls: UrlsFile) -> str:
    """The link bases as templates, which the messages use."""
    head = "{{/* Rendered by `market-quality-exporter render` from urls.yaml; do not edit. */}}\n"
    lines = (f'{{{{ define "url.{name}" }}}}{address}{{{{ end }}}}\n' for name, address in urls)
    return head + "".join(lines)


def _write(files: _Files) -> None:
    """Nothing is replaced unless all could be written.

    What is private is never readable for others in between.
    """
    drafts = {path: path.with_name(f".{path.name}.new") for path in files}
    try:
        for path, (text, mode) in files.items():
            _draft(drafts[path], text, mode)
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()
        raise


def _draft(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
