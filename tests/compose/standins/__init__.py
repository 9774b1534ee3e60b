"""Stand-ins for images that cannot be pulled, from Debian's packages, while a test runs.

They have the programs, users and folders that the project relies on. They need root, debootstrap
and Debian's own mirrors; what they are made of is kept as `stand-in/…` for the next time. There is
none for Grafana, of which Debian has no package: where its image cannot be pulled it is left out.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_DEBIAN = "stand-in/debian"
_SUITE = "trixie"
_TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
"""Whom this machine trusts: the way to the package index may be through it."""
_PULLING = 120
"""Seconds after which a registry is not reachable."""


@contextmanager
def images(wanted: Sequence[str]) -> Iterator[None]:
    """All of these can be run, but for those that cannot be had; where a stand-in had to take a
    name it has given it back after."""
    made = [name for name in wanted if not is_there(name) and not _pulled(name)]
    try:
        for name in made:
            if _recipe(name).exists():
                _docker("tag", _stand_in(name), name)
            else:
                print(f"{name} can be neither pulled nor stood in for: left out")
        yield
    finally:
        for name in filter(is_there, made):
            _docker("rmi", "--no-prune", name)


def _stand_in(image: str) -> str:
    """The stand-in for an image such as prom/prometheus:v3.5.3, built unless it is there."""
    if not is_there(_DEBIAN):
        _bootstrap()
    recipe = _recipe(image)
    name = f"stand-in/{recipe.stem}"
    _docker("build", "--network=host", f"--tag={name}", "-", text=recipe.read_text())
    return name


def _recipe(image: str) -> Path:
    """How its stand-in is made, if there is one."""
    kind = image.partition(":")[0].rpartition("/")[2]
    return Path(__file__).parent / f"{kind}.Dockerfile"


def _bootstrap() -> None:
    """Import a minimal Debian as an image."""
    if shutil.which("debootstrap") is None:
        pytest.skip("images cannot be pulled, and debootstrap for stand-ins is not installed")
    with TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        _run("debootstrap", "--variant=minbase", "--include=ca-certificates",
             _SUITE, str(root))  # fmt: skip
        if _TRUSTED.exists():
            shutil.copy(_TRUSTED, root / _TRUSTED.relative_to("/"))
        archive = Path(folder) / "root.tar"
        _run("tar", "--create", f"--file={archive}", f"--directory={root}", ".")
        _docker("import", f"--change=ENV PIP_CERT={_TRUSTED}", str(archive), _DEBIAN)


def is_there(image: str) -> bool:
    """Whether the engine has an image of this name."""
    return _asked("image", "inspect", image)


def _pulled(image: str) -> bool:
    try:
        return _asked("pull", "--quiet", image)
    except subprocess.TimeoutExpired:
        return False


def _asked(*arguments: str) -> bool:
    done = subprocess.run(  # noqa: S603 - docker
        ["docker", *arguments],  # noqa: S607 - wherever it is
        capture_output=True, check=False, timeout=_PULLING,
    )  # fmt: skip
    return done.returncode == 0


def _docker(*arguments: str, text: str = "") -> None:
    _run("docker", *arguments, text=text)


def _run(*command: str, text: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - one of the above
        command, input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
