"""A page on which nearly every family has something to say."""

import pytest

from exporter.feeds.announcement import Announcement
from exporter.markets.maintenance import Window
from exporter.model import NANOSECONDS
from exporter.pipeline import Pipeline
from tests.made import everything
from tests.shared import shipped


@pytest.fixture(scope="session")
def full() -> Pipeline:
    """Four markets that have spoken for more than a minute; only read from it."""
    pipeline = Pipeline(shipped())
    everything(pipeline)
    pipeline.intakes["okx"].requests = {"ok": 2}  # only live feeds ask
    under_maintenance(pipeline)
    return pipeline


def under_maintenance(pipeline: Pipeline) -> None:
    """One exchange is, and says so itself; only live feeds hear of it."""
    end = pipeline.now + 600 * NANOSECONDS
    pipeline.maintenance.known = True
    pipeline.maintenance.windows = [Window("okx", "", 0, end, "upgrade", "1")]
    pipeline.maintenance.announced = {
        "binance": [],
        "okx": [Announcement("okx-1", "upgrade", 0, end, active=True)],
    }
