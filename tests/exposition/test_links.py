"""The page says where its links lead, so that a dashboard can link there, too."""

from dataclasses import replace

from exporter.config import Config
from exporter.pipeline import Pipeline
from tests.shared import page, shipped


def _at(address: str) -> Config:
    config = shipped()
    return replace(config, urls=config.urls.model_copy(update={"exporter": address}))


def _lines(pipeline: Pipeline) -> list[str]:
    return [line for line in page(pipeline).splitlines() if line.startswith("market_exporter_urls")]


def test_addresses_are_those_of_the_configuration_also_after_another_took_its_place() -> None:
    pipeline = Pipeline(_at("https://one.example"))
    (before,) = _lines(pipeline)
    pipeline.reconfigure(_at("https://other.example"), 0)
    (after,) = _lines(pipeline)
    assert 'exporter="https://one.example"' in before
    assert 'runbooks="http://127.0.0.1:9710/runbooks"' in before
    assert 'exporter="https://other.example"' in after
    assert before.endswith(" 1")
