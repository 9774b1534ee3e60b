"""Pages as prometheus_client, an independent reader of both formats, understands them."""

from collections.abc import Callable, Iterable, Iterator
from typing import cast

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A sample's name and its labels, sorted."""

_openmetrics = cast(
    Callable[[str], Iterator[Metric]], openmetrics.text_string_to_metric_families
)  # the library leaves it untyped


def families(page: str, *, openmetrics: bool = False) -> list[Metric]:
    """The families of a page; an OpenMetrics page must bear its `# EOF`."""
    return list(_openmetrics(page) if openmetrics else text_string_to_metric_families(page))


def samples(found: Iterable[Metric]) -> list[tuple[Key, float]]:
    """All samples in the order of the page."""
    return [
        ((sample.name, tuple(sorted(sample.labels.items()))), float(sample.value))
        for family in found
        for sample in family.samples
    ]


def series(page: str, *, openmetrics: bool = False) -> dict[Key, float]:
    """Samples by name and labels; a page with the same series twice is an error."""
    found = samples(families(page, openmetrics=openmetrics))
    result = dict(found)
    assert len(result) == len(found), "a series stands on the page twice"
    return result
