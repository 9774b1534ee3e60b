"""What whoever runs the tests has in the environment is nothing to them."""

from collections.abc import Iterator

import pytest

from exporter.config.environment import DEFAULTS


@pytest.fixture(autouse=True, scope="session")
def _no_variables() -> Iterator[None]:
    """None of the program's, neither here nor in what is started."""
    with pytest.MonkeyPatch.context() as patch:
        for name in DEFAULTS:
            patch.delenv(name, raising=False)
        yield
