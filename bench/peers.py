"""prometheus_client made to say what the market page says."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Gauge, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from exporter.exposition.text import number
from exporter.families import Family, Histogram, Reading

_Buckets = list[tuple[str, float]]


class _Values(Collector):
    """A custom collector: families made for each scrape, from values that are floats already."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._scalars: dict[Family, list[tuple[tuple[str, ...], float]]] = {}
        self._histograms: dict[Family, list[tuple[tuple[str, ...], _Buckets, float]]] = {}
        for series, value in readings:
            if isinstance(value, Histogram):
                bounds = [*(repr(float(bound)) for bound in value.bounds), "+Inf"]
                buckets = list(zip(bounds, map(float, value.cumulative), strict=True))
                rows = self._histograms.setdefault(series.family, [])
                rows.append((series.values, buckets, float(value.sum)))
            else:
                scalar = (series.values, float(number(value)))
                self._scalars.setdefault(series.family, []).append(scalar)

    def collect(self) -> Iterator[Metric]:
        for family, scalars in self._scalars.items():
            kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
            metric = kind(family.name, family.help, labels=family.labels)
            for labels, value in scalars:
                metric.add_metric(labels, value)
            yield metric
        for family, histograms in self._histograms.items():
            histogram = HistogramMetricFamily(family.name, family.help, labels=family.labels)
            for labels, buckets, total in histograms:
                histogram.add_metric(labels, buckets, total)
            yield histogram


def collected(readings: Iterable[Reading]) -> CollectorRegistry:
    """A registry whose collector hands out these readings."""
    registry = CollectorRegistry()
    registry.register(_Values(readings))
    return registry


def gauges(text: str) -> CollectorRegistry:
    """A labelled gauge, set already, for each sample of a page, a histogram's lines as well."""
    registry = CollectorRegistry()
    made: dict[str, Gauge] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name, labels = sample.name, sample.labels
            if name not in made:
                made[name] = Gauge(name, family.documentation, list(labels), registry=registry)
            made[name].labels(**labels).set(sample.value)
    return registry


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of a page: its value by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
