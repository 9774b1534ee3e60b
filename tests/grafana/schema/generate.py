"""JSON Schema of Grafana's own TypeScript types, made where Node.js is."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FOLDER = Path(__file__).parent
_INPUTS = ("package.json", "package-lock.json", "tsconfig.json", "types.ts")
_GENERATOR = "node_modules/ts-json-schema-generator/bin/ts-json-schema-generator.js"
_OPTIONS = ("--path", "types.ts", "--tsconfig", "tsconfig.json", "--type", "Types")
_PATIENCE = ("--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=5000")
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *_PATIENCE)
_INSTALL_S, _GENERATE_S = 240, 120


class CannotMakeError(Exception):
    """The schema cannot be made here, and why."""


def schema(cache: Path) -> dict[str, Any]:
    """The types of types.ts as JSON Schema, made once for each change of what it is made from.

    Raises CannotMakeError without Node.js and npm, or if npm cannot install the packages.
    """
    kept = cache / f"{_fingerprint()}.json"
    if not kept.exists():
        with TemporaryDirectory(dir=cache) as work:
            _make(Path(work)).rename(kept)
    made: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return made


def _fingerprint() -> str:
    inputs = b"\0".join((FOLDER / name).read_bytes() for name in _INPUTS)
    return hashlib.sha256(inputs).hexdigest()[:16]


def _make(work: Path) -> Path:
    node, npm = _program("node", "nodejs"), _program("npm", "npm")
    for name in _INPUTS:
        shutil.copy(FOLDER / name, work)
    _run(work, _INSTALL_S, npm, *_INSTALL)
    _run(work, _GENERATE_S, node, _GENERATOR, *_OPTIONS, "--expose", "none", "--out", "made.json")
    return work / "made.json"


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise CannotMakeError(f"{name} is not installed (Debian's package {package} has it)")
    return found


def _run(work: Path, seconds: float, *command: str) -> None:
    try:
        result = subprocess.run(  # noqa: S603 - node and npm alone
            command, cwd=work, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CannotMakeError(f"{' '.join(command[:2])} took more than {seconds} s") from error
    if result.returncode:
        told = " / ".join((result.stderr or result.stdout).strip().splitlines()[:4])
        raise CannotMakeError(f"{' '.join(command[:2])} failed: {told}")
