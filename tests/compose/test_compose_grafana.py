"""Grafana in docker-compose.yml: what it is told, what it asks, and who may look."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest

from exporter.stack.grafana import HOME, OPEN, QUIET
from tests.compose.composed import PROFILES, Service, environment, kind, services
from tests.shared import ROOT

PORTS = {"prometheus": 9090, "alertmanager": 9093}
_PROVISIONING = "/etc/grafana/provisioning"
"""Where the image looks for it."""
_PASSWORD = "/secrets/admin_password"  # noqa: S105 - the place of one


def grafana(profile: str) -> Service:
    """The one of a profile."""
    (found,) = (one for one in services(profile).values() if kind(one) == "grafana")
    return found


def mounted(service: Service) -> Mapping[str, str]:
    """Folder of the project, or volume, by where it is in the container."""
    parts = (mount.split(":") for mount in service.get("volumes", ()))
    return {part[1]: part[0] for part in parts}


@pytest.mark.parametrize("profile", PROFILES)
def test_it_tells_and_asks_nobody_outside(profile: str) -> None:
    assert QUIET.items() <= environment(grafana(profile)).items()


@pytest.mark.parametrize("profile", PROFILES)
def test_it_asks_the_first_servers_of_its_profile(profile: str) -> None:
    told, started = environment(grafana(profile)), services(profile)
    for program, port in PORTS.items():
        first = min(name for name, one in started.items() if kind(one) == program)
        assert told[f"MARKET_{program.upper()}_URL"] == f"http://{first}:{port}"


@pytest.mark.parametrize("profile", PROFILES)
def test_it_has_the_provisioning_and_the_dashboards(profile: str) -> None:
    told, places = environment(grafana(profile)), mounted(grafana(profile))
    assert places[_PROVISIONING] == "./grafana/provisioning"
    assert places[told["MARKET_DASHBOARDS"]] == "./grafana/dashboards"
    home = PurePosixPath(told["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert home == PurePosixPath(told["MARKET_DASHBOARDS"]) / HOME
    assert (ROOT / "grafana" / "provisioning" / "datasources").is_dir()


@pytest.mark.parametrize("profile", ["live", "pair"])
def test_it_asks_for_a_log_in_and_does_not_start_without_a_password(profile: str) -> None:
    """The file is read by Grafana itself, which ends where there is none; the image's own way to
    read one would go on with the usual password where it is empty."""
    told, places = environment(grafana(profile)), mounted(grafana(profile))
    assert not {name for name in told if "ANONYMOUS" in name or name in OPEN}
    assert told["GF_SECURITY_ADMIN_PASSWORD"] == f"$__file{{{_PASSWORD}}}"
    assert places[str(PurePosixPath(_PASSWORD).parent)] == "./grafana/secrets"
    assert places["/var/lib/grafana"] == "grafana"


def test_in_the_demonstration_everybody_may_look_and_nobody_can_log_in() -> None:
    it = grafana("demo")
    assert OPEN.items() <= environment(it).items()
    assert not {name for name in environment(it) if "PASSWORD" in name}
    assert set(mounted(it).values()) == {"./grafana/provisioning", "./grafana/dashboards"}
    assert "/var/lib/grafana:uid=65534,gid=65534" in it["tmpfs"]


def test_one_that_is_kept_knows_the_same_after_the_way_to_a_pair() -> None:
    assert grafana("live")["volumes"] == grafana("pair")["volumes"]
    assert grafana("live")["ports"] == grafana("pair")["ports"]
