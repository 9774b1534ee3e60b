"""A page on which nearly every family has something to say."""

import pytest

from exporter.pipeline import Pipeline
from tests.made import everything
from tests.shared import shipped


@pytest.fixture(scope="session")
def full() -> Pipeline:
    """Four markets that have spoken for more than a minute; only read from it."""
    pipeline = Pipeline(shipped())
    everything(pipeline)
    pipeline.intakes["okx"].requests = {"ok": 2}  # only live feeds ask
    return pipeline
