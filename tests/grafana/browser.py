"""Pictures of pages by a real browser, in real time, and what could be seen on them."""

import asyncio
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

FOLDER = Path(__file__).parent / "pictures"
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_BOUND = 600
"""Seconds for all of them."""


class Page(NamedTuple):
    """What to open, where its picture goes, and how large the window is in pixels."""

    url: str
    file: Path
    width: int = 1440
    height: int = 900


class Seen(NamedTuple):
    """Titles of all panels, and of those that show an error, nothing at all, or a table wider
    than they are; and what the browser complained of."""

    url: str
    panels: Sequence[str]
    failed: Sequence[str]
    empty: Sequence[str]
    scrolled: Sequence[str]
    complaints: Sequence[str]


async def taken(cache: Path, pages: Sequence[Page]) -> list[Seen]:
    """A picture of each page; what the browser needs is kept in `cache`. Skips without node, npm
    and chromium."""
    node, npm, chromium = map(_program, ("node", "npm", "chromium"))
    for name in ("package.json", "package-lock.json", "take.js"):
        shutil.copy(FOLDER / name, cache)
    if not (cache / "node_modules").exists():
        await _run([npm, *_INSTALL], cache, "")
    wanted = [{**one._asdict(), "file": str(one.file)} for one in pages]
    said = await _run(
        [node, "take.js"], cache, json.dumps({"executable": chromium, "pages": wanted})
    )
    answers: list[dict[str, Any]] = json.loads(said)
    return [Seen(**one) for one in answers]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian's package of that name has it)")
    return found


async def _run(command: Sequence[str], folder: Path, given: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(_BOUND):
        out, err = await process.communicate(given.encode())
    assert process.returncode == 0, err.decode()
    return out.decode()
