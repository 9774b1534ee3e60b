"""What no single value of `slo.yaml` can break: values that belong together, names, files."""

from collections.abc import Iterator

from exporter.config.alert_pairs import Finding
from exporter.config.features import Features
from exporter.config.instruments import InstrumentsFile
from exporter.config.reading import Tree
from exporter.config.signal_rules import (
    fitting,
    not_computed,
    senseless,
    unknown_instruments,
    unsuited_band,
)
from exporter.config.slo import FILE, Objective
from exporter.config.wording import place
from exporter.errors import Problem


def problems(
    tree: Tree | None, watched: InstrumentsFile | None, chosen: Features | None
) -> Iterator[Problem]:
    """What is wrong with the tree of `slo.yaml`, beside what its models say.

    `watched` and `chosen` are the other files, None where nothing can be concluded from them.
    """
    for name, objective in fitting(Objective, (tree or {}).get("objectives")).items():
        for where, sentence in _alone(objective, watched, chosen):
            yield Problem(FILE, place(("objectives", name, *where)), sentence)


def _alone(
    objective: Objective, watched: InstrumentsFile | None, chosen: Features | None
) -> Iterator[Finding]:
    """What is wrong with one objective, at places within it."""
    limits, words = objective.limits, f"good {objective.good}"
    yield from unsuited_band(objective)
    yield from senseless(objective.signal, objective.bad, words, "limits", limits)
    if watched is not None:
        yield from unknown_instruments("limits", limits, watched.instruments)
    if chosen is not None:
        yield from not_computed(objective, chosen)
