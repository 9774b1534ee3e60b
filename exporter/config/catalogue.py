"""What this build can be configured for, read from the table of exchanges."""

from collections.abc import Iterable, Sequence

from exporter.feeds import FEEDS
from exporter.feeds.feed import Feed

LIVE: Sequence[Feed] = tuple(feed for feed in FEEDS if feed.live)
EXCHANGES: Sequence[str] = tuple(dict.fromkeys(feed.exchange for feed in LIVE))
KINDS: Sequence[str] = tuple(sorted({kind for feed in LIVE for kind in feed.kinds}))


def label(feed: Feed) -> str:
    """The name of a feed in `exchanges.yaml`: its product, `public` where it is the only one."""
    return feed.product or "public"


LABELS: Sequence[str] = tuple(dict.fromkeys(label(feed) for feed in LIVE))


def live_feeds(exchange: str) -> list[Feed]:
    """The feeds of an exchange that can be connected to; empty where it is unknown."""
    return [feed for feed in LIVE if feed.exchange == exchange]


def is_replay_only(exchange: str, name: str) -> bool:
    """Whether the feed exists, but reads recordings only."""
    return any(
        feed.exchange == exchange and label(feed) == name and not feed.live for feed in FEEDS
    )


def serving(feeds: Iterable[Feed], kind: str, symbol: str) -> Feed | None:
    """The first of `feeds` that has instruments of `kind` and spells one of them `symbol`."""
    return next((f for f in feeds if kind in f.kinds and f.kinds[kind].fullmatch(symbol)), None)
