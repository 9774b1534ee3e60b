"""The environment variables: defaults, every legal form, and exact refusals."""

from pathlib import Path

import pytest

from exporter.config import Environment
from exporter.config.environment import DEFAULTS, Address, address
from exporter.errors import ConfigError, Problem


def test_defaults() -> None:
    expected = Environment(
        "info",
        Path("config"),
        Address("127.0.0.1", 9710),
        Path("state"),
        Path("prometheus/runbooks"),
        Path("secrets"),
        (),
    )
    assert Environment.read({}) == expected
    assert Environment.read(dict.fromkeys(DEFAULTS, "") | {"PATH": "/bin"}) == expected


def test_every_variable_is_read() -> None:
    variables = {
        "LOG_LEVEL": "Debug",
        "CONFIG_DIR": "/etc/exporter",
        "LISTEN_ADDRESS": ":80",
        "STATE_DIR": "/var/lib/exporter",
        "RUNBOOKS_DIR": "/etc/runbooks",
        "SECRETS_DIR": "/run/secrets",
        "ALERTMANAGERS": "http://a:9093",
    }
    assert Environment.read(variables) == Environment(
        "debug",
        Path("/etc/exporter"),
        Address(None, 80),
        Path("/var/lib/exporter"),
        Path("/etc/runbooks"),
        Path("/run/secrets"),
        ("http://a:9093",),
    )


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("http://a:9093", ("http://a:9093",)),
        ("http://a:9093,https://b/alertmanager/", ("http://a:9093", "https://b/alertmanager")),
        (" http://[::1]:9093 , http://b ", ("http://[::1]:9093", "http://b")),
    ],
)
def test_alertmanagers_stand_with_commas_between_them(
    text: str, addresses: tuple[str, ...]
) -> None:
    assert Environment.read({"ALERTMANAGERS": text}).alertmanagers == addresses


_NOT_AN_ADDRESS = (
    "must be https://HOST, with :PORT and /PATH if need be, and no query or fragment, "
    'found the text "{}"'
)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("a:9093", [_NOT_AN_ADDRESS.format("a:9093")]),
        ("ws://a,http://b,c", [_NOT_AN_ADDRESS.format(one) for one in ("ws://a", "c")]),
        ("http://a,", [_NOT_AN_ADDRESS.format("")]),
        (" ", [_NOT_AN_ADDRESS.format("")]),
        ("http://a b", [_NOT_AN_ADDRESS.format("http://a b")]),
        (
            "http://me:geheim@a",
            ["must have no user or password, found an @; public data need neither"],
        ),
        ("http://a,http://a/", ["has an entry twice; remove one of the two"]),
        (
            ",".join(f"http://a{number}" for number in range(11)),
            ["must have at most 10 entries, found 11; remove some"],
        ),
    ],
)
def test_alertmanagers_are_refused_as_those_of_the_file(text: str, sentences: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        Environment.read({"ALERTMANAGERS": text})
    expected = [Problem("environment", "ALERTMANAGERS", sentence) for sentence in sentences]
    assert list(caught.value.problems) == expected


@pytest.mark.parametrize("text", ["debug", "INFO", "Warning", "error"])
def test_log_levels_in_any_case(text: str) -> None:
    assert Environment.read({"LOG_LEVEL": text}).log_level == text.lower()


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9710", "127.0.0.1", 9710),
        ("exporter.example:1", "exporter.example", 1),
        ("[::1]:9710", "::1", 9710),
        ("[fe80::1%eth0]:9710", "fe80::1%eth0", 9710),
        (":9710", None, 9710),
        ("localhost:0", "localhost", 0),
        ("localhost:65535", "localhost", 65535),
    ],
)
def test_an_address_prints_as_it_is_written(text: str, host: str | None, port: int) -> None:
    assert address(text) == Address(host, port)
    assert str(address(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "9710",
        "localhost",
        "localhost:",
        "localhost:65536",
        "localhost:-1",
        "localhost:http",
        "localhost:\u0661",
        "::1:9710",
        "[::1]",
        "[:1",
        "[localhost]:9710",
        "[]:9710",
        "http://localhost:9710",
        "local host:9710",
        " :9710",
        ":9710\n",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be HOST:PORT, \[IPV6\]:PORT or :PORT, the port"):
        address(text)


def test_all_problems_are_named() -> None:
    with pytest.raises(ConfigError) as caught:
        Environment.read(
            {"LOG_LEVEL": "loud", "LISTEN_ADDRESS": "localhost:99999", "ALERTMANAGERS": "here"}
        )
    assert caught.value.problems == (
        Problem("environment", "ALERTMANAGERS", _NOT_AN_ADDRESS.format("here")),
        Problem(
            "environment",
            "LISTEN_ADDRESS",
            "must be HOST:PORT, [IPV6]:PORT or :PORT, the port at most 65535, "
            'found the text "localhost:99999"',
        ),
        Problem(
            "environment",
            "LOG_LEVEL",
            'must be debug, info, warning or error, found the text "loud"',
        ),
    )
