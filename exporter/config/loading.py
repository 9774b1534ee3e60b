"""From a directory to a `Config`, or to every problem in it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from exporter.config import (
    alert_rules,
    alerts,
    exchanges,
    features,
    instruments,
    maintenance,
    rules,
    slo,
    slo_rules,
    urls,
)
from exporter.config.alerts import AlertsFile
from exporter.config.config import Config
from exporter.config.exchanges import ExchangesFile
from exporter.config.features import Features
from exporter.config.instruments import InstrumentsFile, resolved
from exporter.config.maintenance import MaintenanceFile
from exporter.config.reading import Tree, read
from exporter.config.slo import SloFile
from exporter.config.translation import problems
from exporter.config.urls import UrlsFile
from exporter.config.values import Section
from exporter.config.wording import near_miss
from exporter.errors import ConfigError, Problem

FILES = (
    exchanges.FILE,
    instruments.FILE,
    features.FILE,
    alerts.FILE,
    urls.FILE,
    maintenance.FILE,
    slo.FILE,
)
OPTIONAL = set(FILES) - {exchanges.FILE, instruments.FILE}
"""Files that may be missing: everything in them has a default; what they list is nothing then."""

S = TypeVar("S", bound=Section)


def load(directory: Path) -> Config:
    """The configuration in `directory`.

    Raises ConfigError with all problems of all files, sorted by file and place.
    """
    names = _names(directory)
    wrong: set[Problem] = set()
    trees = {file: _tree(directory / file, names, wrong) for file in FILES}
    torn = {problem.file for problem in wrong}
    wrong.update(rules.problems(trees[exchanges.FILE], trees[instruments.FILE]))

    def model(kind: type[S], file: str) -> S | None:
        return _model(kind, file, trees[file], wrong)

    venues = model(ExchangesFile, exchanges.FILE)
    watched = model(InstrumentsFile, instruments.FILE)
    chosen = model(Features, features.FILE)
    told = model(AlertsFile, alerts.FILE)
    linked = model(UrlsFile, urls.FILE)
    serviced = model(MaintenanceFile, maintenance.FILE)
    aimed = model(SloFile, slo.FILE)
    whole_alerts = None if alerts.FILE in torn else trees[alerts.FILE]
    whole_slo = None if slo.FILE in torn else trees[slo.FILE]
    whole_features = None if features.FILE in torn else chosen
    wrong.update(alert_rules.problems(whole_alerts, watched, whole_features))
    wrong.update(slo_rules.problems(whole_slo, watched, whole_features))
    if wrong or not (venues and watched and chosen and told and linked and serviced and aimed):
        raise ConfigError(tuple(sorted(wrong)))
    return Config(venues, resolved(watched), chosen, told, linked, serviced, aimed)


def _names(directory: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in directory.iterdir())
    except OSError as error:
        sentence = f"cannot be read: {error.strerror}; name the directory that has {FILES[0]}"
        raise ConfigError((Problem(str(directory), "", sentence),)) from error


def _tree(path: Path, names: Iterable[str], wrong: set[Problem]) -> Tree | None:
    """What stands in the file; None, and the reason added to `wrong`, where it is not usable."""
    if path.name not in names:
        others = [name for name in names if name.endswith((".yaml", ".yml")) and name not in FILES]
        nearest = near_miss(path.name, others, cutoff=0.85)
        if path.name in OPTIONAL and nearest is None:
            return {}
        remedy = f"rename `{nearest}` to it" if nearest else f"put it into {path.parent}"
        wrong.add(Problem(path.name, "", f"is missing; {remedy}"))
        return None
    try:
        tree, found = read(path)
    except ConfigError as error:
        wrong.update(error.problems)
        return None
    wrong.update(found)
    return tree


def _model(kind: type[S], file: str, tree: Tree | None, wrong: set[Problem]) -> S | None:
    """The tree as its model; None, and the reasons added to `wrong`, where it does not fit."""
    if tree is None:
        return None
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        wrong.update(problems(file, kind, error))
        return None
