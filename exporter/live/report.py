"""What live feeds tell an operator: counters for all of it, log lines for what is news."""

from collections.abc import Iterable

from exporter import clock
from exporter.config.catalogue import label
from exporter.errors import RestError
from exporter.feeds.feed import Feed
from exporter.live.plan import Plan
from exporter.live.socket import End
from exporter.model import NANOSECONDS, MarketId
from exporter.observer import Observer
from exporter.telemetry import Telemetry

_REPEAT = 300 * NANOSECONDS
"""What goes on unchanged is said again after this long, and not before."""


class Report:
    """Counts and tells. What is told twice with the same words is told once in five minutes."""

    def __init__(self, telemetry: Telemetry, observer: Observer) -> None:
        self._telemetry = telemetry
        self._observer = observer
        self._said: dict[tuple[str, ...], tuple[str, int]] = {}

    def watched(self, feed: Feed) -> None:
        """The feed is to be connected to: from now on its connections are counted."""
        self._telemetry.connections.labels(*_names(feed))

    def connected(self, plan: Plan) -> None:
        """A socket is open and is being subscribed."""
        self._said.pop(("disconnected", plan.url), None)
        self._telemetry.connections.labels(*_names(plan.feed)).inc()
        self._observer.event(
            "connected", clock.now(), feed=plan.feed.name, url=plan.url, markets=len(plan.symbols)
        )

    def lost(self, plan: Plan, end: End) -> None:
        """There is no connection, or none any more, though one is wanted."""
        self._telemetry.reconnects.labels(*_names(plan.feed), end.why).inc()
        self._news(("disconnected", plan.url), end.text, feed=plan.feed.name, url=plan.url)

    def closed(self, plan: Plan) -> None:
        """A socket that was in use is not any more, and none has replaced it."""
        self._telemetry.connections.labels(*_names(plan.feed)).dec()

    def replaced(self, plan: Plan) -> None:
        """A new socket took over from one that would have been closed."""
        self._telemetry.reconnects.labels(*_names(plan.feed), "replaced").inc()
        self._observer.event("replaced", clock.now(), feed=plan.feed.name, url=plan.url)

    def refused(self, plan: Plan, text: str) -> None:
        """The exchange refused a subscription, or left one unanswered."""
        key = ("subscription_refused", plan.url, text)
        self._news(key, text, feed=plan.feed.name, url=plan.url)

    def restarted(self, feed: Feed, reason: str, names: Iterable[str]) -> None:
        """Streams were subscribed anew."""
        listed = sorted(names)
        self._telemetry.restarts.labels(*_names(feed), reason).inc(len(listed))
        self._news(("subscribed_anew", feed.name, reason), ", ".join(listed), feed=feed.name)

    def rest_failed(self, feed: Feed, purpose: str, base: str, error: RestError) -> None:
        """REST at this address did not give what was asked for."""
        key = ("rest_failed", feed.name, purpose)
        self._news(key, str(error), feed=feed.name, purpose=purpose, url=base)

    def rest_works(self, feed: Feed, purpose: str) -> None:
        """REST gave what was asked for: the next failure is news."""
        if self._said.pop(("rest_failed", feed.name, purpose), None) is not None:
            self._observer.event("rest_works_again", clock.now(), feed=feed.name, purpose=purpose)

    def polling(self, feed: Feed, symbols: int) -> None:
        """The number of books that are polled has changed."""
        if not symbols:
            self._said.pop(("rest_failed", feed.name, "poll"), None)
        self._observer.event(
            "polling", clock.now(), warning=symbols > 0, feed=feed.name, markets=symbols
        )

    def listed(self, feed: Feed, unlisted: Iterable[MarketId]) -> None:
        """The exchange's instrument lists were read."""
        missing = ", ".join(map(str, unlisted))
        if missing:
            text = f"the exchange does not list {missing}"
            self._news(("unlisted", feed.name), text, feed=feed.name)

    def listed_from_cache(self, feed: Feed) -> None:
        """The lists of an earlier run serve until the exchange's own are read."""
        self._observer.event("instruments_from_cache", clock.now(), feed=feed.name)

    def halted(self, markets: Iterable[MarketId]) -> None:
        """Markets that the exchange traded until now."""
        for market in markets:
            self._observer.event(
                "trading_halted",
                clock.now(),
                warning=True,
                exchange=market.exchange,
                instrument=market.instrument,
            )

    def trouble(self, name: str, text: str) -> None:
        """Something on this machine went wrong, and the program goes on."""
        self._news((name,), text)

    def _news(self, key: tuple[str, ...], text: str, **details: str) -> None:
        said, at = self._said.get(key, ("", 0))
        now = clock.now()
        if text != said or now - at >= _REPEAT:
            self._said[key] = (text, now)
            self._observer.event(key[0], now, warning=True, why=text, **details)


def _names(feed: Feed) -> tuple[str, str]:
    return feed.exchange, label(feed)
