"""Where the real recordings lie, and how a test runs one through the pipeline."""

import asyncio
from pathlib import Path

import pytest

from exporter.config import Config, load
from exporter.exposition.catalogue import market_families
from exporter.exposition.text import Page
from exporter.pipeline import Pipeline
from exporter.recordings.recording import survey
from exporter.recordings.replay import Replay
from exporter.recordings.summary import Summary

ROOT = Path(__file__).parent.parent
RECORDINGS = ROOT.parent / "shared" / "recordings"


def recording(name: str) -> Path:
    """A real recording; the test is skipped where they are not."""
    path = RECORDINGS / name
    if not path.exists():
        pytest.skip(f"the recording {name} is not beside the project (../shared/recordings)")
    return path


def shipped() -> Config:
    """The configuration that the project ships."""
    return load(ROOT / "config")


def replayed(*paths: Path, config: Config | None = None) -> tuple[Pipeline, Summary]:
    """Recordings through the real pipeline."""
    pipeline = Pipeline(config or shipped(), discover=True)
    summary = asyncio.run(Replay(pipeline, [survey(path) for path in paths]).run())
    return pipeline, summary


def page(pipeline: Pipeline, *, openmetrics: bool = False) -> str:
    """The market page at the pipeline's time."""
    result = Page(market_families())
    result.add(pipeline.readings())
    return result.text(openmetrics=openmetrics)
