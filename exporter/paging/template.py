"""The template of the Alertmanager configuration, and what a folder of secrets makes of it. Pure.

The template is YAML with four tags: `!secret NAME` is the text of a secret, `!number NAME` one that
is a whole number, `!optional NAME` a secret that may be missing, with its key, `!switch NAME` the
same for `true` or `false`. Below `integrations` stand the ways to reach people, each once; a
receiver gets those whose secrets are in the folder of its name. A receiver without any is one that
keeps what it gets to itself.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import yaml

from exporter.config.urls import is_loopback
from exporter.config.wording import advice, listed
from exporter.errors import ConfigError, Problem
from exporter.paging.secrets import Secrets

_HEAD = (
    "# Rendered by `market-quality-exporter render` from alertmanager.template.yml; do not edit.\n"
)
_ADDRESSES = {
    "slack_configs": "api_url",
    "discord_configs": "webhook_url",
    "telegram_configs": "api_url",
    "pagerduty_configs": "url",
    "webhook_configs": "url",
    "email_configs": "smarthost",
}
"""The key that says where an integration sends to; without it, to its service on the Internet."""
_NUMBER = re.compile("-?[0-9]{1,18}")
_NO_ADDRESS = re.compile(r'[\s"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})')
"""What no address has: white space, brackets, a percent sign that is no escape."""


Kind = Literal["text", "number", "switch"]
_READ: Mapping[Kind, Callable[[str], object]] = {
    "text": str,
    "number": int,
    "switch": lambda text: text == "true",
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Where the template wants a secret."""

    name: str
    needed: bool = True
    kind: Kind = "text"


_Ways = Mapping[str, Mapping[str, object]]
"""What the template says of each integration, by `slack_configs` and so on."""


class _Loader(yaml.SafeLoader):
    """YAML with the tags of the template."""


def _tag(tag: str, *, needed: bool, kind: Kind) -> None:
    def construct(loader: yaml.SafeLoader, node: yaml.Node) -> _Wanted:
        assert isinstance(node, yaml.ScalarNode), "a tag of the template names one secret"
        return _Wanted(str(loader.construct_scalar(node)), needed, kind)

    _Loader.add_constructor(tag, construct)


_tag("!secret", needed=True, kind="text")
_tag("!number", needed=True, kind="number")
_tag("!optional", needed=False, kind="text")
_tag("!switch", needed=False, kind="switch")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A configuration of Alertmanager, and the integrations of each receiver in it.

    `remote` are those that send beyond this machine, as `page: slack`.
    """

    text: str
    receivers: Mapping[str, tuple[str, ...]]
    remote: tuple[str, ...]


def render(template: str, secrets: Secrets) -> Rendered:
    """The configuration for these secrets.

    Raises ConfigError for secrets that no receiver wants, that lack another, or do not fit.
    """
    tree = yaml.load(template, _Loader)  # noqa: S506 - a SafeLoader with tags of our own
    integrations = tree.pop("integrations")
    names = [receiver["name"] for receiver in tree["receivers"]]
    problems = list(_problems(integrations, names, secrets))
    if problems:
        raise ConfigError(tuple(problems))
    receivers = {name: _ways(integrations, secrets.get(name, {})) for name in names}
    tree["receivers"] = [{"name": name, **ways} for name, ways in receivers.items()]
    text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=100)
    return Rendered(
        _HEAD + text,
        {name: tuple(map(_short, ways)) for name, ways in receivers.items()},
        tuple(
            f"{name}: {_short(kind)}"
            for name, ways in receivers.items()
            for kind, way in ways.items()
            if not is_loopback(str(way[0].get(_ADDRESSES[kind], "")))
        ),
    )


def _short(kind: str) -> str:
    return kind.removesuffix("_configs")


def _ways(integrations: _Ways, secrets: Mapping[str, str]) -> dict[str, list[dict[str, object]]]:
    """The integrations whose secrets are all there, filled in."""
    return {
        kind: [_mapping(way, secrets)]
        for kind, way in integrations.items()
        if all(one.name in secrets for one in _wanted(way) if one.needed)
    }


def _mapping(tree: Mapping[str, object], secrets: Mapping[str, str]) -> dict[str, object]:
    """A mapping with secrets in their places; what lacks an optional one is left out."""
    filled = {key: _filled(value, secrets) for key, value in tree.items()}
    return {key: value for key, value in filled.items() if value not in (None, {})}


def _filled(tree: object, secrets: Mapping[str, str]) -> object:
    if isinstance(tree, dict):
        return _mapping(tree, secrets)
    if isinstance(tree, list):
        return [_filled(value, secrets) for value in tree]
    if isinstance(tree, _Wanted):
        text = secrets.get(tree.name)
        return None if text is None else _READ[tree.kind](text)
    return tree


def _wanted(tree: object) -> Iterator[_Wanted]:
    """Every secret that a part of the template names."""
    if isinstance(tree, _Wanted):
        yield tree
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _wanted(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _wanted(value)


def _problems(integrations: _Ways, receivers: list[str], secrets: Secrets) -> Iterator[Problem]:
    known = {one.name: one for one in _wanted(integrations)}
    for receiver, texts in secrets.items():
        if receiver not in receivers:
            sentence = f"is no receiver; {advice(receiver, receivers)}"
            yield Problem(f"secrets/{receiver}", "", sentence)
            continue
        for name, text in texts.items():
            if name not in known:
                yield Problem(
                    f"secrets/{receiver}/{name}", "", f"is not used; {advice(name, known)}"
                )
            elif sentence := _unfit(known[name], text):
                yield Problem(f"secrets/{receiver}/{name}", "", sentence)
        for way in integrations.values():
            yield from _lacking(receiver, list(_wanted(way)), texts)


def _unfit(wanted: _Wanted, text: str) -> str:
    """Why a secret cannot be what it is wanted for; "" where it can. Never says the secret."""
    if wanted.kind == "number" and not _NUMBER.fullmatch(text):
        return "must be a whole number"
    if wanted.kind == "switch" and text not in ("true", "false"):
        return "must be true or false"
    if wanted.name.endswith("_url") and not _is_address(text):
        return "must be an address such as https://HOST/PATH"
    if wanted.name.endswith("_smarthost") and not _is_place(text):
        return "must be HOST:PORT, such as smtp.example.org:587"
    return ""


def _is_address(text: str) -> bool:
    """Whether Alertmanager would take it as the address of a service."""
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    fits = url.scheme in ("http", "https") and port != 0 and not _NO_ADDRESS.search(text)
    return fits and bool(host) and "%" not in host


def _is_place(text: str) -> bool:
    """Whether it is HOST:PORT and nothing else."""
    try:
        place = urlsplit(f"//{text}")
        whole = bool(place.hostname and place.port) and place.netloc == text
    except ValueError:
        return False
    return whole and "@" not in text and not _NO_ADDRESS.search(text)


def _lacking(receiver: str, wanted: list[_Wanted], texts: Mapping[str, str]) -> Iterator[Problem]:
    """What an integration lacks of which some is there."""
    needed = [one.name for one in wanted if one.needed]
    present = [one.name for one in wanted if one.name in texts]
    missing = [name for name in needed if name not in texts]
    if present and missing:
        sentence = f"is missing; without it {listed(present)} cannot be used"
        yield from (Problem(f"secrets/{receiver}/{name}", "", sentence) for name in missing)
