"""What must hold for docker-compose.yml and the Dockerfile; each fault is a sentence. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tests.compose.composed import KINDS, PROFILES, Service

_TREE = {"name", "services", "volumes"}
_SERVICE = {
    "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init",
    "logging", "network_mode", "ports", "profiles", "pull_policy", "read_only", "restart",
    "security_opt", "stop_grace_period", "tmpfs", "user", "volumes",
}  # fmt: skip
_HEALTH = {"disable", "interval", "start_period", "test"}
_PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*")
_SECRET = re.compile(
    r"(?i)(?:^|\s)\w*(?:password|passwd|token|secret|routing_key|api_key)\w*\s*[:=]\s*"
    r"(?!\"\$\$__file\{/)[^\s/]"
)
"""The name of something secret with a value that is no path and, for Grafana, not read from one."""
_ONCE = "no"


def faults(tree: Mapping[str, Any], paths: Collection[str]) -> Iterator[str]:
    """All that is wrong with a file; `paths` are those that may be mounted."""
    for key in sorted(set(tree) - _TREE):
        if not key.startswith("x-"):
            yield f"{key}: is not a known key"
    volumes = set(tree.get("volumes", ()))
    for name, service in tree["services"].items():
        for fault in _of_one(service, paths, volumes):
            yield f"{name}: {fault}"
    for unused in sorted(volumes - set(_sources(tree))):
        yield f"{unused}: is a volume that nothing uses"
    for profile in PROFILES:
        yield from _of_a_profile(profile, tree["services"])


def _of_one(service: Service, paths: Collection[str], volumes: set[str]) -> Iterator[str]:
    for key in sorted(set(service) - _SERVICE):
        yield f"{key} is not a known key"
    yield from _image(service)
    yield from _hardening(service)
    yield from _health(service)
    for port in service.get("ports", ()):
        if not str(port).startswith("127.0.0.1:"):
            yield f"{port} is bound beyond loopback"
    for mount in service.get("volumes", ()):
        yield from _mount(mount, paths, volumes)


def _image(service: Service) -> Iterator[str]:
    image = str(service.get("image"))
    if not _PINNED.fullmatch(image):
        yield f"{image} is not pinned by a version"
    elif image.partition(":")[0] not in KINDS:
        yield f"{image} is an image of which the tests know nothing"


def _hardening(service: Service) -> Iterator[str]:
    if not re.fullmatch("[1-9][0-9]*:[1-9][0-9]*", str(service.get("user"))):
        yield "has no user other than root"
    if service.get("read_only") is not True:
        yield "may write to its root"
    if service.get("cap_drop") != ["ALL"]:
        yield "keeps capabilities"
    if service.get("security_opt") != ["no-new-privileges:true"]:
        yield "may gain privileges"
    if "max-size" not in service.get("logging", {}).get("options", {}):
        yield "logs without end"


def _health(service: Service) -> Iterator[str]:
    """The exporter's image has a check of its own."""
    check = service.get("healthcheck", {})
    for key in sorted(set(check) - _HEALTH):
        yield f"healthcheck.{key} is not a known key"
    once = service.get("restart") == _ONCE
    if not once and service.get("restart") != "unless-stopped":
        yield "is not started again"
    own = KINDS.get(str(service.get("image")).partition(":")[0]) == "exporter"
    if not once and (check.get("disable") or not (own or "test" in check)):
        yield "has no health check"


def _mount(mount: str, paths: Collection[str], volumes: set[str]) -> Iterator[str]:
    source, _, rest = mount.partition(":")
    if source.startswith("./"):
        if source.removeprefix("./") not in paths:
            yield f"{source} does not exist"
        if not rest.endswith(":ro"):
            yield f"{source} may be written to"
    elif source not in volumes:
        yield f"{source} is neither a folder of the project nor a volume"


def _sources(tree: Mapping[str, Any]) -> Iterator[str]:
    for service in tree["services"].values():
        yield from (mount.partition(":")[0] for mount in service.get("volumes", ()))


def _of_a_profile(profile: str, services: Mapping[str, Service]) -> Iterator[str]:
    started = {name: one for name, one in services.items() if profile in one.get("profiles", ())}
    ports = Counter(port.rpartition(":")[0] for one in started.values() for port in
                    one.get("ports", ()))  # fmt: skip
    yield from (f"{profile}: {port} twice" for port, count in ports.items() if count > 1)
    for name, service in started.items():
        for other in service.get("depends_on", ()):
            if other not in started:
                yield f"{name}: {other} is not of the profile {profile}"
    if not any("build" in one for one in started.values()):
        yield f"{profile}: nothing in it builds the exporter's image"


def secrets(text: str) -> list[str]:
    """Lines in which something secret seems to have a value."""
    return [line.strip() for line in text.splitlines() if _SECRET.search(line)]


def dockerfile_faults(text: str, paths: Collection[str]) -> Iterator[str]:
    """What is wrong with a Dockerfile; `paths` are those that the builder is sent."""
    steps = [line.split(None, 1) for line in _steps(text)]
    by_name: dict[str, list[str]] = {}
    for name, rest in steps:
        by_name.setdefault(name, []).append(rest)
    for image in by_name["FROM"]:
        if not _PINNED.fullmatch(image.split()[0]):
            yield f"FROM {image}: is not pinned by a version"
    last = max(number for number, (name, _) in enumerate(steps) if name == "FROM")
    users = [rest for name, rest in steps[last:] if name == "USER"]
    if not users or not re.fullmatch("[1-9][0-9]*:[1-9][0-9]*", users[-1]):
        yield "USER: must be a number other than root's"
    for name in ("HEALTHCHECK", "ENTRYPOINT", "CMD"):
        if name not in by_name:
            yield f"{name}: is missing"
    for name in {"ADD", "ARG", "VOLUME"} & set(by_name):
        yield f"{name}: is not wanted"
    if not all(rest.startswith("[") for rest in by_name.get("ENTRYPOINT", ())):
        yield "ENTRYPOINT: must be a list, so that signals reach the program"
    yield from _installing(by_name.get("RUN", []))
    yield from _copying(by_name.get("COPY", []), paths)


def _installing(runs: list[str]) -> Iterator[str]:
    for run in runs:
        if "pip" in run.split() or " pip " in run:
            for option in ("--require-hashes", "--no-cache-dir"):
                if option not in run:
                    yield f"RUN pip: without {option}"
            if re.search("index-url|trusted-host|find-links", run):
                yield "RUN pip: from an index of its own"


def _copying(copies: list[str], paths: Collection[str]) -> Iterator[str]:
    for copy in copies:
        sources = copy.split()[:-1]
        if not sources[0].startswith("--from="):
            yield from (f"COPY {one}: is not sent" for one in sources if one not in paths)


def _steps(text: str) -> Iterator[str]:
    """Each instruction in a line."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    for step in re.split(r"(?<!\\)\n", "\n".join(lines)):
        yield re.sub(r"\s*\\\n\s*", " ", step)
