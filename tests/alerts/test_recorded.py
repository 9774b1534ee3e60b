"""Alerts over recordings of real exchanges: silent on calm minutes, the same whenever replayed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from exporter.__main__ import main
from exporter.config import AlertsFile, Config
from exporter.exposition.transitions import fields
from exporter.model import MarketId
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.recordings.recording import merged, survey
from exporter.transition import State, Transition
from tests.shared import ROOT, recording, shipped

SPOT, USDM, COINM = (
    f"hftbacktest/{name}_20240808.gz"
    for name in ("spot__btcusdt", "usdm__btcusdt", "cm__btcusd_perp")
)


class Told(Observer):
    def __init__(self) -> None:
        self.changes: list[Transition] = []

    def transitions(self, changes: Sequence[Transition]) -> None:
        self.changes += changes


def replayed(config: Config, *files: str) -> tuple[Pipeline, list[Transition]]:
    told = Told()
    pipeline = Pipeline(config, discover=True, observer=told)
    for item in merged([survey(recording(file)) for file in files]):
        pipeline.ingest(item.feed, item.data, item.time, url=item.url, symbol=item.symbol)
    return pipeline, told.changes


def tightened() -> Config:
    """A spread rule that the busier seconds of a calm market meet."""
    config = shipped()
    rule = config.alerts.alerts["spread_warning"]
    rules = {
        "spread_warning": rule.model_copy(update={"thresholds": {"other": Decimal("0.002")}}),
        "spread_held": rule.model_copy(
            update={"thresholds": {"other": Decimal("0.0015")}, "z": None, "persistence_seconds": 3}
        ),
    }
    return replace(config, alerts=AlertsFile(alerts=rules))


def test_calm_minutes_raise_nothing_and_are_evaluated() -> None:
    pipeline, changes = replayed(shipped(), SPOT, USDM, COINM)
    assert changes == []
    known = {
        (str(alert.target), alert.rule.id)
        for alert in pipeline.alerts
        if alert.judgement is not None and alert.judgement.met is not None
    }
    perp, spot = "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"
    assert {(perp, "spread_warning"), (perp, "basis_critical"), (spot, "depth_ceiling")} <= known
    assert not any(target.startswith("okx") for target, _ in known)


def test_a_replay_gives_the_same_alerts_to_the_last_digit() -> None:
    first, second = (replayed(tightened(), SPOT)[1] for _ in range(2))
    assert [fields(change) for change in first] == [fields(change) for change in second]
    firing = [change for change in first if change.after is State.FIRING]
    assert len(firing) > 3
    for change in firing:
        assert change.value is not None
        assert change.threshold is not None
        assert change.value > change.threshold
        assert change.alert != "spread_warning" or (change.z is not None and change.z > 2)
    assert [change.sequence for change in first] == list(range(1, len(first) + 1))


def test_a_replay_writes_its_alerts_as_json_lines(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        path = tmp_path / name
        page = tmp_path / f"{name}.prom"
        (tmp_path / "config").mkdir(exist_ok=True)
        for file in (ROOT / "config").glob("*.yaml"):
            text = file.read_text()
            if file.name == "alerts.yaml":
                text = text.replace(
                    "{BTC-USDT-PERP: 3, BTC-USDT-SPOT: 2,", "{BTC-USDT-SPOT: 0.002,"
                )
                text = text.replace("severity: warning", "severity: info")  # milder than critical
            (tmp_path / "config" / file.name).write_text(text)
        options = ["--config", str(tmp_path / "config"), "--alerts", str(path), "--page", str(page)]
        assert main(["replay", str(recording(SPOT)), *options]) == 0
        written.append(path.read_bytes())
    assert written[0] == written[1]
    lines = [json.loads(line) for line in written[0].splitlines()]
    assert {line["alert"] for line in lines} == {"spread_warning"}
    assert list(lines[0]) == [
        "time", "seq", "alert", "exchange", "instrument", "severity", "priority",
        "from", "to", "reason", "value", "threshold", "z", "mean", "deviation",
    ]  # fmt: skip
    assert MarketId(lines[0]["exchange"], lines[0]["instrument"]) == ("binance", "BTC-USDT-SPOT")
