"""What differs between deployments and is read from environment variables."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError

from exporter.config.maintenance import Addresses
from exporter.config.sentences import sentence
from exporter.config.wording import found, listed
from exporter.errors import ConfigError, Problem

LOG_LEVELS = ("debug", "info", "warning", "error")
DEFAULTS: Mapping[str, str] = {
    "LOG_LEVEL": "info",
    "CONFIG_DIR": "config",
    "LISTEN_ADDRESS": "127.0.0.1:9710",
    "STATE_DIR": "state",
    "SECRETS_DIR": "secrets",
    "RUNBOOKS_DIR": "prometheus/runbooks",
    "ALERTMANAGERS": "",
}

_ALERTMANAGERS: TypeAdapter[tuple[str, ...]] = TypeAdapter(Addresses)
_ADDRESS = re.compile(r"(?:([A-Za-z0-9._-]*)|\[([^\[\]]+)\]):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: a name or an address (IPv6 without brackets, None for all interfaces)
    and a port (0 for any free one). Prints as it is written."""

    host: str | None
    port: int

    def __str__(self) -> str:
        host = self.host or ""
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Environment:
    """The deployment's choices: `LOG_LEVEL` (lower case), `CONFIG_DIR`, `LISTEN_ADDRESS`,
    `STATE_DIR`, where what must survive a restart is kept, `RUNBOOKS_DIR`, `SECRETS_DIR`, which
    says who is told of alerts, and `ALERTMANAGERS`, which are asked instead of those of
    maintenance.yaml unless empty."""

    log_level: str
    config_dir: Path
    listen_address: Address
    state_dir: Path
    runbooks_dir: Path
    secrets_dir: Path
    alertmanagers: tuple[str, ...]

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """What `variables` say; one that is missing or empty has its default.

        Raises ConfigError with a problem for each variable that cannot be used.
        """
        text = {name: variables.get(name) or default for name, default in DEFAULTS.items()}
        problems = [Problem("environment", name, why) for name, why in _wrong(text)]
        if problems:
            raise ConfigError(tuple(problems))
        return cls(
            _log_level(text["LOG_LEVEL"]),
            Path(text["CONFIG_DIR"]),
            address(text["LISTEN_ADDRESS"]),
            Path(text["STATE_DIR"]),
            Path(text["RUNBOOKS_DIR"]),
            Path(text["SECRETS_DIR"]),
            _alertmanagers(text["ALERTMANAGERS"]),
        )


def _wrong(text: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name of each variable that cannot be used, and why not."""
    readers: Mapping[str, Callable[[str], object]] = {
        "ALERTMANAGERS": _alertmanagers,
        "LISTEN_ADDRESS": address,
        "LOG_LEVEL": _log_level,
    }
    for name, read in readers.items():
        try:
            read(text[name])
        except ValidationError as error:
            yield from ((name, sentence(details)) for details in error.errors(include_url=False))
        except ValueError as error:
            yield name, str(error)


def _alertmanagers(text: str) -> tuple[str, ...]:
    """Addresses with commas between them, by the rules of maintenance.yaml; "" has none."""
    return _ALERTMANAGERS.validate_python([one.strip() for one in text.split(",")] if text else [])


def _log_level(text: str) -> str:
    if (level := text.lower()) not in LOG_LEVELS:
        raise ValueError(f"must be {listed(LOG_LEVELS, 'or')}, found {found(text)}")
    return level


def address(text: str) -> Address:
    """`HOST:PORT`, `[IPV6]:PORT` or `:PORT` for all interfaces; raises ValueError otherwise."""
    match = _ADDRESS.fullmatch(text)
    if not match or int(match[3]) > 65535 or not _is_ipv6(match[2] or "::"):
        raise ValueError(
            f"must be HOST:PORT, [IPV6]:PORT or :PORT, the port at most 65535, found {found(text)}"
        )
    return Address(match[1] or match[2] or None, int(match[3]))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
