"""The rules that no single value can break: names of exchanges and feeds, symbols, doubles.

They read the plain trees rather than the models, so that a wrong number in one place hides no
wrong name in another. Where `exchanges.yaml` is itself wrong, nothing is concluded from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.config import exchanges, instruments
from exporter.config.catalogue import EXCHANGES, is_replay_only, label, live_feeds, serving
from exporter.config.instruments import InstrumentName, parse_id
from exporter.config.reading import Tree
from exporter.config.wording import advice, found, listed, near_miss, place
from exporter.errors import Problem
from exporter.feeds.feed import Feed


@dataclass(frozen=True, slots=True)
class _Use:
    """A symbol as `instruments.yaml` uses it; `name` is None where the instrument's id is wrong."""

    instrument: str
    name: InstrumentName | None
    exchange: str
    symbol: str | None
    path: str

    def problem(self, sentence: str) -> Problem:
        """The problem that this use of the symbol is."""
        return Problem(instruments.FILE, self.path, sentence)


def problems(configured: Tree | None, wanted: Tree | None) -> Iterator[Problem]:
    """What is wrong with the trees of `exchanges.yaml` and `instruments.yaml`, None if unread."""
    uses = list(_uses(wanted))
    yield from _wrong_names(configured)
    yield from _nothing_enabled(configured, uses)
    yield from _doubles(uses)
    for use in uses:
        sentence = _wrong_use(use, configured)
        if sentence:
            yield use.problem(sentence)


def _table(tree: object, key: str) -> Mapping[str, object]:
    """The mapping beneath `key`; empty where there is none."""
    value = tree.get(key) if isinstance(tree, dict) else None
    return value if isinstance(value, dict) else {}


def _uses(tree: Tree | None) -> Iterator[_Use]:
    for instrument, entry in _table(tree, "instruments").items():
        for exchange, value in _table(entry, "symbols").items():
            where = ["instruments", instrument, "symbols", exchange]
            if isinstance(value, dict):
                where.append("symbol")
                value = value.get("symbol")
            symbol = value if isinstance(value, str) else None
            yield _Use(instrument, parse_id(instrument), exchange, symbol, place(where))


def _wrong_names(tree: Tree | None) -> Iterator[Problem]:
    for exchange, entry in _table(tree, "exchanges").items():
        if exchange not in EXCHANGES:
            yield Problem(
                exchanges.FILE, place(("exchanges", exchange)), _unknown_exchange(exchange)
            )
            continue
        for feed in _unknown_feeds(exchange, entry):
            path = place(("exchanges", exchange, "feeds", feed))
            yield Problem(exchanges.FILE, path, _unknown_feed(exchange, feed))


def _unknown_exchange(exchange: str) -> str:
    nearest = near_miss(exchange, EXCHANGES)
    question = f"; did you mean `{nearest}`?" if nearest else ""
    return f"is no exchange of this build, which has {listed(EXCHANGES)}{question}"


def _unknown_feeds(exchange: str, entry: object) -> list[str]:
    labels = {label(feed) for feed in live_feeds(exchange)}
    return [name for name in _table(entry, "feeds") if name not in labels]


def _unknown_feed(exchange: str, name: str) -> str:
    labels = [label(feed) for feed in live_feeds(exchange)]
    if is_replay_only(exchange, name):
        return (
            "is for replay only: it reads recordings and cannot be connected to; remove it "
            f"(live feeds of {exchange}: {listed(labels)})"
        )
    return f"is no feed of {exchange}; {advice(name, labels)}"


def _nothing_enabled(tree: Tree | None, uses: Sequence[_Use]) -> Iterator[Problem]:
    table = _table(tree, "exchanges")
    off = {name for name, entry in table.items() if _is_disabled(entry)}
    if table and off == table.keys():
        sentence = "has no enabled exchange; set `enabled: true` for at least one"
        yield Problem(exchanges.FILE, "exchanges", sentence)
    elif uses and all(use.exchange in off for use in uses):
        sentence = f"has symbols only on disabled exchanges ({listed(sorted(off))})"
        yield Problem(instruments.FILE, "instruments", f"{sentence}; enable one, or add symbols")


def _is_disabled(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("enabled") is False


def _doubles(uses: Sequence[_Use]) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for use in uses:
        if use.name is None or use.symbol is None:
            continue
        feed = serving(live_feeds(use.exchange), use.name.kind, use.symbol)
        if feed is None:
            continue
        owner = first.setdefault((feed.name, use.symbol), use.instrument)
        if owner != use.instrument:
            yield use.problem(
                f"is {use.symbol} of {feed.name}, which {owner} has already; "
                "a symbol belongs to one instrument, so remove one of the two"
            )


def _wrong_use(use: _Use, configured: Tree | None) -> str | None:
    if use.exchange not in EXCHANGES:
        return _unknown_exchange(use.exchange)
    if use.name is None:
        return None
    able = [feed for feed in live_feeds(use.exchange) if use.name.kind in feed.kinds]
    sentence = _not_configured(use, use.name.kind, able, configured)
    if sentence or use.symbol is None or serving(able, use.name.kind, use.symbol):
        return sentence
    return _misspelt(use.name, use.symbol, able)


def _not_configured(
    use: _Use, kind: str, able: Sequence[Feed], configured: Tree | None
) -> str | None:
    """Why `exchanges.yaml` has no feed for an instrument; None where it has, or is unclear."""
    if not able:
        return f"cannot be watched: no live feed of {use.exchange} has {kind}; remove it"
    table = _table(configured, "exchanges")
    if not table or not table.keys() <= set(EXCHANGES):
        return None
    if use.exchange not in table:
        return f"{use.exchange} is not in {exchanges.FILE}; add it there, or remove this symbol"
    feeds = _table(table[use.exchange], "feeds")
    labels = [label(feed) for feed in able]
    if not feeds or _unknown_feeds(use.exchange, table[use.exchange]) or feeds.keys() & set(labels):
        return None
    return (
        f"no feed that {exchanges.FILE} has for {use.exchange} serves {kind}; "
        f"add `{listed(labels, 'or')}` there, or remove this symbol"
    )


def _misspelt(name: InstrumentName, symbol: str, able: Sequence[Feed]) -> str:
    base, quote, kind = name
    spellings = (f"{base}{quote}", f"{base}-{quote}", f"{base}-{quote}-SWAP")
    example = next((text for text in spellings if serving(able, kind, text)), None)
    patterns = listed((f"`{feed.kinds[kind].pattern}`" for feed in able), "or")
    such_as = f", such as {example}" if example else ""
    return f"must match {patterns}{such_as}, found {found(symbol)}"
