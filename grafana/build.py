"""Writes the dashboards: `python -m grafana.build [FOLDER]`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.boards import BOARDS

FOLDER = Path(__file__).parent / "dashboards"


def dashboards() -> Iterator[tuple[str, str]]:
    """Name and content of each file."""
    for board in BOARDS:
        built = board.build()
        yield f"{board.uid}.json", json.dumps(built, cls=JSONEncoder, indent=2) + "\n"


def main(folder: Path = FOLDER) -> None:
    """Write them all, and remove what is no longer one."""
    folder.mkdir(parents=True, exist_ok=True)
    written = dict(dashboards())
    for stale in {path.name for path in folder.glob("*.json")} - set(written):
        (folder / stale).unlink()
    for name, content in written.items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
