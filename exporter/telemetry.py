"""The exporter's own health, kept by prometheus_client beside the market page."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from exporter import __version__, clock
from exporter.model import NANOSECONDS

cast(Callable[[], None], disable_created_metrics)()  # the library leaves it untyped


class DrillTimes(NamedTuple):
    """When drills of each kind last succeeded (Unix seconds), and how often one must (seconds)."""

    last: Mapping[str, float]
    every: float


class Drills(Collector):
    """What is known of drills; `ask` is called at each scrape, nothing is exposed without it."""

    def __init__(self) -> None:
        self.ask: Callable[[], DrillTimes] | None = None

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The families, with the series that there are now."""
        last = GaugeMetricFamily(
            "market_exporter_drill_last_success_timestamp_seconds",
            "Unix time at which the last drill of each kind (an incident; alertmanager or page for "
            "those of a real Alertmanager) succeeded; absent for what never was drilled.",
            labels=["kind"],
        )
        every = GaugeMetricFamily(
            "market_exporter_drill_every_seconds",
            "Seconds after the last drill that succeeded until one is overdue (drills.every_days).",
        )
        if self.ask is not None:
            times = self.ask()
            for kind, when in times.last.items():
                last.add_metric([kind], when)
            every.add_metric([], times.every)
        return last, every


class Telemetry:
    """Process, runtime and scrape metrics in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        build = Gauge(
            "market_exporter_build_info",
            "Version of the running exporter; always 1.",
            ["version"],
            registry=self.registry,
        )
        build.labels(__version__).set(1)
        self.scrape = Histogram(
            "market_exporter_page_duration_seconds",
            "Time to build the market page for one scrape.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0),
            registry=self.registry,
        )
        self._reload_successful = Gauge(
            "market_exporter_config_last_reload_successful",
            "1 if the configuration was read at the last attempt, 0 if an older one stays in force "
            "because what stands on disk was refused.",
            registry=self.registry,
        )
        self._reload_time = Gauge(
            "market_exporter_config_last_reload_success_timestamp_seconds",
            "Unix time at which the configuration in force was read.",
            registry=self.registry,
        )
        self.reloaded(clock.now(), successful=True)
        self.drills = Drills()
        self.registry.register(self.drills)
        feed = ["exchange", "feed"]
        self.connections = Gauge(
            "market_exporter_connections", "Open WebSockets.", feed, registry=self.registry
        )
        self.reconnects = Counter(
            "market_exporter_reconnects_total",
            "WebSockets lost or not had, by reason: unreachable, closed (by the exchange or on the "
            "way), silent (also when pinged), unanswered (no subscription acknowledged), replaced "
            "(before the exchange would have closed it; nothing was lost).",
            [*feed, "reason"],
            registry=self.registry,
        )
        self.restarts = Counter(
            "market_exporter_streams_restarted_total",
            "Streams subscribed anew on an open connection, by reason: silent, gap, crossed.",
            [*feed, "reason"],
            registry=self.registry,
        )
        self.silence_reads = Counter(
            "market_exporter_silence_reads_total",
            "How often maintenance was read from the silences of Alertmanager, by result: ok, "
            "failed (what was known before stands).",
            ["result"],
            registry=self.registry,
        )
        self.notice_reads = Counter(
            "market_exporter_notice_reads_total",
            "How often an exchange was asked for the maintenance that it announces, by result: ok, "
            "failed (no answer), refused (unreadable).",
            ["exchange", "result"],
            registry=self.registry,
        )
        self.queue = Gauge(
            "market_exporter_queue_frames",
            "Frames received that wait to be processed.",
            registry=self.registry,
        )
        self.tasks = Gauge(
            "market_exporter_tasks",
            "Tasks of the event loop; flat while the same markets are watched.",
            registry=self.registry,
        )
        self.delay = Histogram(
            "market_exporter_loop_delay_seconds",
            "How late the event loop comes to what is due, measured ten times a second.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0),
            registry=self.registry,
        )

    def reloaded(self, now: int, *, successful: bool) -> None:
        """The configuration was read, or refused, at `now` (Unix ns)."""
        self._reload_successful.set(int(successful))
        if successful:
            self._reload_time.set(now / NANOSECONDS)

    def text(self, *, openmetrics: bool) -> str:
        """The registry's part of the page; OpenMetrics ends with `# EOF`."""
        generate = generate_openmetrics if openmetrics else generate_latest
        return generate(self.registry).decode()

    def described(self) -> Iterator[tuple[str, str, str]]:
        """(name, type, meaning) of the families that are this program's own."""
        for family in self.registry.collect():
            if family.name.startswith("market_"):
                yield family.name, family.type, family.documentation
