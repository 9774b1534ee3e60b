"""All alerts: one step a second from samples to transitions. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial

from exporter.alerts.alert import Alert, Change
from exporter.alerts.configured import watches
from exporter.alerts.described import described
from exporter.alerts.readings import AlertReadings, BaselineReadings
from exporter.alerts.regimes import Regimes
from exporter.alerts.watch import Watch
from exporter.config.alerts import AlertsFile
from exporter.detection.baseline import Baseline
from exporter.families import Reading
from exporter.markets.market import Market
from exporter.metrics.metric import Metric
from exporter.metrics.sample import Gauge
from exporter.model import MarketId, Target
from exporter.signals import SignalKey
from exporter.transition import CHAT, PAGE, Reason, State, Transition

_KEPT = 200
"""So many of the last transitions are kept to be shown."""


class Alerts:
    """The alerts of a configuration over everything that they apply to."""

    def __init__(self, configured: AlertsFile) -> None:
        self._begin(configured)
        self.now = 0
        """The last whole second that was stepped, or that a restart counts as missed."""
        self.turned = False
        """Whether the last step froze a baseline, or let one go."""
        self.sequence = 0
        """The number of the last transition."""
        self.last: deque[Transition] = deque(maxlen=_KEPT)

    def _begin(self, configured: AlertsFile) -> None:
        self._configured = configured
        self._regimes = Regimes(configured.regimes)
        self._escalates_after = configured.timing.escalate_after_seconds
        self.watches: list[tuple[Gauge, Watch]] = []
        self._watched: dict[MarketId, list[tuple[Gauge, Watch]]] = {}
        self._readings: dict[MarketId, list[AlertReadings | BaselineReadings]] = {}
        self._chats: list[Alert] = []
        self._pages: list[Alert] = []
        self._baselines: list[Baseline] = []
        self._frozen: list[bool] = []

    def reconfigure(
        self, configured: AlertsFile, groups: Iterable[Sequence[Metric]], now: int
    ) -> Sequence[Transition]:
        """Go on under other rules and over other metrics.

        What is asked of the same signal and target as before keeps its baseline; a rule that
        still has its id, signal and condition keeps its life. What runs and is no longer there
        ends as disabled. A market with another symbol is another target.
        """
        watched = {_asked(gauge, watch): watch for gauge, watch in self.watches}
        over: list[Alert] = []
        self._begin(configured)
        for metrics in groups:
            self.watch(metrics)
        for gauge, watch in self.watches:
            if (before := watched.pop(_asked(gauge, watch), None)) is not None:
                over += watch.succeed(before)
        over += [alert for watch in watched.values() for alert in watch.alerts]
        return [
            self.record(alert.end(Reason.DISABLED, now), now) for alert in over if alert.running
        ]

    def watch(self, metrics: Sequence[Metric]) -> None:
        """Watch what these metrics give, too."""
        for gauge, watch in watches(self._configured, metrics):
            self.watches.append((gauge, watch))
            market = MarketId(*gauge.target[:2])
            self._watched.setdefault(market, []).append((gauge, watch))
            self._readings.pop(market, None)
            if watch.baseline is not None:
                self._baselines.append(watch.baseline)
            self._chats += [alert for alert in watch.alerts if alert.rule.priority == CHAT]
            self._pages += [alert for alert in watch.alerts if alert.rule.priority == PAGE]

    def __iter__(self) -> Iterator[Alert]:
        """All alerts, signal by signal."""
        return (alert for _, watch in self.watches for alert in watch.alerts)

    def readings(self, market: MarketId) -> Iterator[Reading]:
        """What is known of the alerts of a market, and of its pairs as the first of two."""
        made = self._readings.get(market)
        if made is None:  # many series: they wait for the first page, which is made in slices
            watched = self._watched.get(market, ())
            made = self._readings[market] = [one for pair in watched for one in _readings(*pair)]
        for one in made:
            yield from one.readings()

    def described(self) -> Iterator[Reading]:
        """What is configured, whatever it applies to."""
        return described(self._configured)

    @property
    def pending(self) -> bool:
        """Whether one of them waits for its persistence."""
        return any(alert.life.state is State.PENDING for alert in self)

    def step(self, now: int) -> Sequence[Transition]:
        """The whole second `now`: every signal is read, judged and learnt from."""
        changes: list[Change] = []
        for gauge, watch in self.watches:
            limit = partial(self._limit, gauge.market, now)
            changes += watch.step(gauge.read(now), now, limit)
        changes += self._escalations()
        frozen = [baseline.frozen is not None for baseline in self._baselines]
        self.now, self.turned, self._frozen = now, frozen != self._frozen, frozen
        return [self.record(change, now) for change in changes]

    def record(self, change: Change, now: int) -> Transition:
        """What a change becomes: numbered, and among the last."""
        alert, judgement = change.alert, change.judgement
        score = judgement.score if judgement else None
        transition = Transition(
            time=now,
            sequence=0,
            alert=alert.rule.id,
            target=alert.target,
            severity=alert.rule.severity,
            priority=PAGE if change.reason is Reason.ESCALATED else alert.rule.priority,
            before=change.before,
            after=change.after,
            reason=change.reason,
            value=float(judgement.value) if judgement and judgement.value is not None else None,
            threshold=float(judgement.threshold) if judgement else None,
            z=score.z if score else None,
            mean=score.mean if score else None,
            deviation=score.deviation if score else None,
        )
        return self.number(transition)

    def number(self, transition: Transition) -> Transition:
        """The same with the next number, kept among the last."""
        self.sequence += 1
        numbered = transition._replace(sequence=self.sequence)
        self.last.append(numbered)
        return numbered

    def _limit(self, market: Market, now: int, alert: Alert) -> Fraction:
        """The threshold in force: what is configured, loosened by the regime of the hour."""
        rule = alert.rule
        threshold = rule.threshold(alert.target.instrument)
        assert threshold is not None, "rules without a threshold are not watched"
        multiplier = self._regimes.multiplier(rule.id, market, now)
        return threshold if multiplier == 1 else rule.condition.loosened(threshold, multiplier)

    def _escalations(self) -> Iterator[Change]:
        """What has been in the chat for too long, unless its family pages already."""
        for alert in self._chats:
            life = alert.life
            known = alert.judgement is not None and alert.judgement.met is not None
            due = alert.firing and known and life.firing_for >= self._escalates_after
            if due and not life.escalated and not self._paged(alert):
                yield alert.escalate()

    def _paged(self, alert: Alert) -> bool:
        """Whether its family pages already for an exchange of it, alone or in a pair."""
        target = alert.target
        exchanges = {target.exchange, target.other} - {""}
        return any(
            page.firing
            and (page.rule.priority == PAGE or page.life.escalated)
            and page.rule.family == alert.rule.family
            and page.target.instrument == target.instrument
            and exchanges & {page.target.exchange, page.target.other}
            for page in (*self._pages, *self._chats)
        )


def _asked(gauge: Gauge, watch: Watch) -> tuple[Target, str, SignalKey]:
    """What a watch is about: its target, the exchange's name of it, the signal."""
    return gauge.target, gauge.market.spec.symbol, watch.signal


def _readings(gauge: Gauge, watch: Watch) -> Iterator[AlertReadings | BaselineReadings]:
    if watch.baseline is not None:
        yield BaselineReadings(gauge.target, watch)
    for alert in watch.alerts:
        yield AlertReadings(alert)
