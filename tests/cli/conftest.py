"""What whoever runs the tests has at home is nothing to them."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "no secrets"))
