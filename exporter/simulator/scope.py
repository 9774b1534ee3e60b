"""Where an incident may happen: which exchanges and instruments there are to name."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from exporter.simulator.incidents import KINDS

Markets = Collection[tuple[str, str]]
"""Exchange and instrument of all markets."""

_WHOLE = frozenset({"connection", "rest"})


def check_scope(markets: Markets, kind: str, exchange: str | None, instrument: str | None) -> None:
    """Raises ValueError with a sentence where an incident of this kind cannot happen there."""
    exchanges = sorted({name for name, _ in markets})
    if exchange is not None and exchange not in exchanges:
        raise ValueError(f"no exchange is called {exchange!r}; {_advice(exchange, exchanges)}")
    if instrument is None:
        return
    if kind in KINDS and KINDS[kind].place in _WHOLE:
        raise ValueError(f"{kind} happens to a whole exchange; leave out the instrument")
    names = sorted({name for home, name in markets if exchange in (None, home)})
    if instrument not in names:
        where = f" on {exchange}" if exchange else ""
        advice = _advice(instrument, names)
        raise ValueError(f"no instrument{where} is called {instrument!r}; {advice}")


def _advice(word: str, names: Iterable[str]) -> str:
    known = list(names)
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known[:10])}"
