"""docker-compose.yml: what it must be, that the rules for it bite, and that programs take it."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from exporter import __version__
from exporter.__main__ import _parser
from exporter.config import Environment
from exporter.config.environment import DEFAULTS
from exporter.stack.servers import PEER_TIMEOUT, RESEND
from tests.compose.composed import (
    FILE,
    PROFILES,
    Service,
    command,
    documented,
    environment,
    kind,
    read,
    services,
    variables,
)
from tests.compose.rules import faults, secrets
from tests.programs import needed, promtool
from tests.shared import ROOT

CREATED = {"secrets", "grafana/secrets"}
"""Folders that are not in the project: whoever deploys it makes them."""
PORTS = {"exporter": "9710", "prometheus": "9090", "alertmanager": "9093"}
EACH = [(profile, name) for profile in PROFILES for name in services(profile)]


def mountable() -> set[str]:
    inside = (*ROOT.glob("*"), *ROOT.glob("grafana/*"))
    return {str(path.relative_to(ROOT)) for path in inside} | CREATED


def test_it_is_as_it_must_be() -> None:
    assert list(faults(read(), mountable())) == []


@pytest.mark.parametrize(
    ("service", "change", "fault"),
    [
        ("exporter", {"ports": ["9710:9710"]}, "9710:9710 is bound beyond loopback"),
        ("exporter", {"ports": ["0.0.0.0:1:1"]}, "0.0.0.0:1:1 is bound beyond loopback"),
        ("exporter", {"privileged": True}, "privileged is not a known key"),
        ("exporter", {"user": "0:0"}, "has no user other than root"),
        ("exporter", {"user": None}, "has no user other than root"),
        ("exporter", {"read_only": False}, "may write to its root"),
        ("exporter", {"cap_drop": []}, "keeps capabilities"),
        ("exporter", {"security_opt": []}, "may gain privileges"),
        ("exporter", {"logging": {}}, "logs without end"),
        ("exporter", {"restart": "always"}, "is not started again"),
        ("exporter", {"healthcheck": {"disable": True}}, "has no health check"),
        ("exporter", {"healthcheck": {"retry": 1}}, "healthcheck.retry is not a known key"),
        ("exporter", {"volumes": ["./config:/x"]}, "./config may be written to"),
        ("exporter", {"volumes": ["./confg:/x:ro"]}, "./confg does not exist"),
        ("exporter", {"volumes": ["state:/x"]}, "state is neither a folder of the project nor a "
         "volume"),
        ("prometheus", {"healthcheck": {}}, "has no health check"),
        ("prometheus", {"image": "prom/prometheus"}, "prom/prometheus is not pinned by a version"),
        ("prometheus", {"image": "prom/prometheus:latest"}, "prom/prometheus:latest is not pinned "
         "by a version"),
        ("prometheus", {"image": "someone/else:v1.2.3"}, "someone/else:v1.2.3 is an image of which "
         "the tests know nothing"),
        ("prometheus", {"depends_on": {"render-a": {}}}, "render-a is not of the profile live"),
    ],
)  # fmt: skip
def test_a_rule_bites(service: str, change: Mapping[str, Any], fault: str) -> None:
    tree = read()
    tree["services"][service] |= change
    assert f"{service}: {fault}" in list(faults(tree, mountable()))


def test_what_a_profile_lacks_or_has_twice_is_a_fault() -> None:
    tree = read()
    tree["volumes"]["other"] = None
    tree["services"]["exporter"]["ports"] = tree["services"]["prometheus"]["ports"]
    del tree["services"]["render"]["build"]
    assert list(faults(tree, mountable())) == [
        "other: is a volume that nothing uses",
        "live: 127.0.0.1:${PROMETHEUS_PORT:-9090} twice",
        "live: nothing in it builds the exporter's image",
    ]


@pytest.mark.parametrize("name", ["docker-compose.yml", ".env.example", "Dockerfile"])
def test_no_secret_has_a_value(name: str) -> None:
    assert secrets((ROOT / name).read_text(encoding="utf-8")) == []
    told = '  SLACK_TOKEN: xoxb-1\nPASSWORD=1\nPASSWORD: "$$__env{PASSWORD}"'
    assert secrets(told) == [line.strip() for line in told.splitlines()]


def test_each_variable_is_documented_with_its_default_and_no_other() -> None:
    used = dict(variables(FILE.read_text(encoding="utf-8")))
    told = documented()
    assert told.pop("COMPOSE_PROFILES") in PROFILES
    assert used == told


def test_each_service_is_of_one_profile_and_each_profile_is_whole() -> None:
    every = read()["services"]
    assert all(len(service["profiles"]) == 1 for service in every.values())
    assert {profile: len(services(profile)) for profile in PROFILES} == {
        "live": 5,
        "demo": 6,
        "pair": 9,
    }


def test_the_image_is_of_this_version() -> None:
    tags = {one["image"] for one in read()["services"].values() if kind(one) == "exporter"}
    assert tags == {f"market-quality-exporter:{__version__}"}


def test_the_times_are_those_that_were_measured() -> None:
    for service in read()["services"].values():
        told = command(service)
        if kind(service) == "prometheus":
            assert f"--rules.alert.resend-delay={RESEND}s" in told
            assert "--rules.alert.for-grace-period=0s" in told
            assert "--storage.tsdb.retention.time=35d" in told
        if kind(service) == "alertmanager" and "pair" in service["profiles"]:
            assert f"--cluster.peer-timeout={PEER_TIMEOUT}s" in told


# --- what the programs say to it


def flags(told: list[str]) -> set[str]:
    return {part.partition("=")[0] for part in told}


@pytest.mark.parametrize("program", ["prometheus", "alertmanager"])
def test_each_flag_is_known_to_the_program(program: str) -> None:
    done = subprocess.run(  # noqa: S603 - one of the two
        [needed(program), "--help"], capture_output=True, text=True, check=False
    )
    known = set(re.findall(r"--[a-z][\w.-]*", done.stdout + done.stderr))
    told = [flags(command(one)) for one in read()["services"].values() if kind(one) == program]
    assert set.union(*told) <= known


def parsed(service: Service, **given: str) -> Any:
    known = Environment.read({"LISTEN_ADDRESS": ":9710", "SECRETS_DIR": "/secrets"})
    return _parser(known).parse_args(command(service, **given) or ["run"])


@pytest.mark.parametrize(("profile", "name"), EACH)
def test_the_exporter_takes_its_arguments(profile: str, name: str) -> None:
    service = services(profile)[name]
    if kind(service) == "exporter":
        options = parsed(service, RENDER_OPTIONS="--no-pager", REMOTE_WRITE_URL="http://a:1/b")
        if options.command == "render":
            assert options.no_pager == (profile != "demo")
            assert options.remote_write == ("http://a:1/b" if profile != "demo" else "")


@pytest.mark.parametrize(
    ("profile", "name"), [one for one in EACH if kind(read()["services"][one[1]]) != "grafana"]
)
def test_the_exporter_asks_the_alertmanagers_of_its_profile(profile: str, name: str) -> None:
    """A demonstration alone asks nobody, whatever is said."""
    started = services(profile)
    variables = environment(started[name])
    assert variables.keys() <= (DEFAULTS.keys() if kind(started[name]) == "exporter" else set())
    told = Environment.read(variables).alertmanagers
    if kind(started[name]) == "exporter" and parsed(started[name]).command == "run":
        theirs = [one for one, it in started.items() if kind(it) == "alertmanager"]
        assert theirs
        assert told == tuple(f"http://{one}:{PORTS['alertmanager']}" for one in theirs)
    else:
        assert told == ()


@pytest.mark.parametrize("name", [name for _, name in EACH if "render" in name])
def test_each_target_is_a_service_of_the_profile(name: str) -> None:
    (profile,) = read()["services"][name]["profiles"]
    started, options = services(profile), parsed(services(profile)[name])
    for job, program in (
        ("exporters", "exporter"), ("prometheus", "prometheus"), ("alertmanagers", "alertmanager"),
    ):  # fmt: skip
        serving = [one for one, it in started.items() if kind(it) == program and it.get("ports")]
        assert getattr(options, job) == [f"{one}:{PORTS[program]}" for one in serving]
    if options.receiver:
        place = urlsplit(options.receiver)
        assert f"--listen=0.0.0.0:{place.port}" in command(started[str(place.hostname)])


@pytest.mark.parametrize("name", [name for _, name in EACH if "render" in name])
def test_prometheus_and_alertmanager_take_what_is_rendered(name: str, tmp_path: Path) -> None:
    """By its own command, with the folders of this machine."""
    service = read()["services"][name]
    told = command(service, RENDER_OPTIONS="--no-pager", REMOTE_WRITE_URL="http://remote:8428/x")
    arguments = [part.replace("/rendered", str(tmp_path)) for part in told]
    script = shlex.join(["market-quality-exporter", *arguments])
    done = subprocess.run(  # noqa: S602 - our own command
        script, shell=True, cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
             "SECRETS_DIR": str(tmp_path / "none")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    checked = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (tmp_path / "alertmanager.yml").exists()
