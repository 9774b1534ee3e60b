"""Every field of every message that the simulated exchanges send is as the real ones send it.

The captured messages are compared with documented samples and with real recordings: keys and their
order, JSON types, decimals, units of time, rows and their order, how ids go on. Each difference
that is meant to be is in `KNOWN_DIFFERENCES`, from `samples.yaml`; another one fails, and so does
an entry of a difference that is no longer there.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest

from exporter.live.plan import plans
from tests.simulator.captured import MARKETS, capture
from tests.simulator.samples import (
    Decimals,
    Field,
    Form,
    Part,
    Recording,
    documented,
    form,
    listed,
    parent,
    parts,
    recorded,
)

DOCUMENTED = "documented"
SPOT_2024, USDM_2024 = (f"hftbacktest/{x}__btcusdt_20240808.gz" for x in ("spot", "usdm"))
USDM_2021, OKX_2022 = (f"cryptofeed/{x}.jsonl.zst" for x in ("BINANCE_FUTURES", "OKX"))
_FEWEST_STEPS = 20
"""Steps of a recorded number from which it is clear how it goes on."""


class Difference(NamedTuple):
    """Something about a field that is not as in a source (a recording, or `documented`)."""

    source: str
    kind: str
    field: str
    what: str


def compare(source: str, told: Form, real: Form) -> dict[Difference, str]:
    """The differences of the kinds that both have, and what each of them is in words."""
    return {
        Difference(source, kind, path, what): words
        for kind in told.keys() & real.keys()
        for path, what, words in _differences(told[kind], real[kind])
    }


def _differences(
    told: Mapping[str, Field], real: Mapping[str, Field]
) -> Iterator[tuple[str, str, str]]:
    absent = {path for path in real if path not in told}
    for path, field in real.items():
        above = parent(path)
        if path in absent:
            if above not in absent and _always(real, path):
                yield path, "missing", "not there"
            continue
        if _always(real, path) and not _always(told, path):
            yield path, "missing", "not in each message"
        yield from ((path, *found) for found in _between(told[path], field))
        if not path.endswith("]"):
            yield from ((path, *found) for found in _steps(told[path], field))
    for path in told:
        if path not in real and parent(path) in real:
            yield path, "extra", "not in the real messages"


def _always(fields: Mapping[str, Field], path: str) -> bool:
    """Whether all objects that could have a key have it; what is in lists need not be there."""
    above = fields.get(parent(path))
    return path.endswith("]") or above is None or fields[path].count == above.count


def _between(told: Field, real: Field) -> Iterator[tuple[str, str]]:
    """What one field has that the other has not."""
    sets: Sequence[tuple[str, set[str], set[str]]] = (
        ("type", told.types, real.types),
        ("time unit", told.units, real.units),
        ("row order", told.sorts, real.sorts),
        ("row width", {*map(str, told.widths)}, {*map(str, real.widths)}),
    )
    for what, ours, theirs in sets:
        if theirs and not ours <= theirs:
            yield what, f"{sorted(ours)}, not {sorted(theirs)}"
    if True in real.wide and told.wide == {False}:
        yield "32 bits", "always fits them"
    for keys in told.keys:
        if real.keys and not any(_same_order(keys, others) for others in real.keys):
            yield "key order", f"{keys}"
    yield from _numbers(told.numbers, real.numbers)


def _same_order(keys: Sequence[str], others: Sequence[str]) -> bool:
    return [key for key in keys if key in others] == [key for key in others if key in keys]


def _numbers(
    told: Mapping[str, Decimals], real: Mapping[str, Decimals]
) -> Iterator[tuple[str, str]]:
    if any(one.padded for one in real.values()):
        if any(one.shortest for one in told.values()):
            yield "padding", "zeros are cut"
    elif any(one.shortest for one in real.values()) and any(one.zeros for one in told.values()):
        yield "padding", "zeros at the end"
    for symbol in told.keys() & real.keys():
        ours, theirs = told[symbol].places, real[symbol].places
        padded = told[symbol].zeros or real[symbol].padded
        if not ours <= theirs if padded else max(ours) > max(theirs):
            yield "decimals", f"{sorted(ours)}, not {sorted(theirs)}"
            return


def _steps(told: Field, real: Field) -> Iterator[tuple[str, str]]:
    """How whole numbers go on: times do not fall; what goes by one has no holes."""
    amounts = any(max(one.places) for field in (told, real) for one in field.numbers.values())
    if amounts or real.steps.total() < _FEWEST_STEPS:
        return
    allowed = {"+1", *real.steps}
    if "" not in real.units:
        allowed |= {"repeats", "jumps"}
    if not set(told.steps) <= allowed:
        yield "steps", f"{sorted(told.steps)}, not {sorted(real.steps)}"


class Known(NamedTuple):
    """The same difference in all these places, and why it is meant to be."""

    sources: Sequence[str]
    kinds: Sequence[str]
    fields: str
    what: str
    reason: str

    def expand(self) -> Iterator[Difference]:
        """Each of them."""
        places = product(self.sources, self.kinds, self.fields.split() or [""])
        return (Difference(*place, self.what) for place in places)


KNOWN_DIFFERENCES = [Known(**known) for known in listed()["known_differences"]]


@cache
def sent() -> Sequence[Part]:
    """What the simulated exchanges sent, taken apart."""
    return [part for said in capture().said for part in parts(said.feed, said.text, said.path)]


@cache
def simulated() -> Form:
    """Its form."""
    return form(sent())


@cache
def real(source: str) -> Form:
    """The form of what a source holds."""
    if source == DOCUMENTED:
        return form(part for sample in documented() for part in sample.parts())
    (recording,) = (one for one in recorded() if one.file == source)
    return form(recording.parts())


SOURCES = [DOCUMENTED, *(recording.file for recording in recorded())]


@pytest.mark.parametrize("source", SOURCES)
def test_each_difference_is_known_and_each_known_one_is_there(source: str) -> None:
    found = compare(source, simulated(), real(source))
    known = {one for entry in KNOWN_DIFFERENCES for one in entry.expand() if one.source == source}
    assert {one: found[one] for one in found.keys() - known} == {}, "unknown differences"
    assert known - found.keys() == set(), "no longer there"


def test_known_differences_are_said_once_with_a_reason() -> None:
    known = [one for entry in KNOWN_DIFFERENCES for one in entry.expand()]
    assert len(known) == len(set(known))
    assert {one.source for one in known} <= set(SOURCES)
    assert all(entry.reason.endswith(".") for entry in KNOWN_DIFFERENCES)


@pytest.mark.parametrize("recording", recorded(), ids=lambda recording: recording.file)
def test_a_recording_holds_the_kinds_that_it_is_listed_with(recording: Recording) -> None:
    kinds = {f"{recording.feed} {kind}" for kind in recording.kinds}
    assert real(recording.file).keys() & simulated().keys() == kinds


def test_every_kind_sent_has_a_sample_or_a_recording() -> None:
    kinds = {f"{recording.feed} {kind}" for recording in recorded() for kind in recording.kinds}
    assert simulated().keys() - kinds - real(DOCUMENTED).keys() == set()


def test_every_documented_kind_is_sent() -> None:
    assert real(DOCUMENTED).keys() - simulated().keys() == set()


@pytest.mark.parametrize("market", MARKETS)
def test_every_stream_that_the_exporter_subscribes_to_is_sent(market: str) -> None:
    (feed, symbol), lines = MARKETS[market], capture().sessions[market].lines
    wanted = [plan.names([symbol], plan.streams) for plan in plans(feed, "", [symbol])]
    frames = [json.loads(line.data) for line in lines if not line.url]
    streams = {frame["stream"] for frame in frames if "stream" in frame}
    channels = [frame["arg"] for frame in frames if "arg" in frame and "data" in frame]
    streams |= {f"{arg['channel']}:{arg['instId']}" for arg in channels}
    assert streams
    assert streams == {name for names in wanted for name in names}


@pytest.mark.parametrize("source", [None, USDM_2021])
def test_usdm_writes_prices_and_sizes_with_the_precision_that_it_lists(source: str | None) -> None:
    found = real(source) if source else simulated()
    for precision, column in (("pricePrecision", 0), ("quantityPrecision", 1)):
        precisions = found["binance/usdm instrument"][precision].last
        for side in "ab":
            numbers = found["binance/usdm depthUpdate"][f"{side}[][{column}]"].numbers
            assert numbers
            assert all(one.places == {precisions[symbol]} for symbol, one in numbers.items())


@pytest.mark.parametrize("source", [None, OKX_2022])
def test_okx_writes_prices_and_sizes_by_their_steps_without_zeros(source: str | None) -> None:
    found = real(source) if source else simulated()
    for step, column in (("tickSz", 0), ("lotSz", 1)):
        steps = found["okx SPOT instrument"][step].numbers["BTC-USDT"]
        for side in ("asks", "bids"):
            path = f"data[].{side}[][{column}]"
            one = found["okx books update"][path].numbers["BTC-USDT"]
            assert (max(one.places), one.zeros) == (max(steps.places), False)


Change = Callable[[Any], object]


def _drop(key: str) -> Change:
    return lambda value: value.pop(key)


def _set(key: str, change: Change) -> Change:
    return lambda value: value.update({key: change(value[key])})


def _row(change: Change) -> Change:
    return lambda value: change(value["data"][0])


def _shorten(value: Any) -> None:
    value["bids"][0].pop()


MUTATIONS: Sequence[tuple[str, str, Change, str, str]] = (
    (DOCUMENTED, "binance/usdm depthUpdate", _drop("pu"), "pu", "missing"),
    (DOCUMENTED, "okx trades", _row(_drop("side")), "data[].side", "missing"),
    (DOCUMENTED, "okx notice 64008", lambda value: value.update(more=1), "more", "extra"),
    (DOCUMENTED, "binance/usdm markPriceUpdate", _set("E", str), "E", "type"),
    (DOCUMENTED, "okx books update", _row(_set("seqId", str)), "data[].seqId", "type"),
    (DOCUMENTED, "okx mark-price", _row(_set("ts", int)), "data[].ts", "type"),
    (DOCUMENTED, "binance/spot bookTicker", _set("b", float), "b", "type"),
    (DOCUMENTED, "okx trades", _row(_set("sz", lambda size: "")), "data[].sz", "type"),
    (DOCUMENTED, "binance/spot trade", _set("T", lambda time: time * 1000), "T", "time unit"),
    (DOCUMENTED, "okx mark-price", _row(_set("ts", "{}000".format)), "data[].ts", "time unit"),
    (DOCUMENTED, "binance/usdm bookTicker", _set("a", lambda text: text[:-1]), "a", "decimals"),
    (SPOT_2024, "binance/spot bookTicker", _set("b", lambda text: text[:-1]), "b", "decimals"),
    (
        OKX_2022,
        "okx trades",
        _row(_set("px", lambda px: f"{float(px):.2f}")),
        "data[].px",
        "padding",
    ),
    (DOCUMENTED, "okx bbo-tbt", _row(_shorten), "data[].bids[]", "row width"),
    (USDM_2024, "binance/usdm REST depth", _set("asks", lambda x: x[::-1]), "asks", "row order"),
    (USDM_2024, "binance/usdm bookTicker", _set("u", lambda number: 1), "u", "steps"),
    (DOCUMENTED, "okx trades", lambda value: value.update(arg=value.pop("arg")), "", "key order"),
)


@pytest.mark.parametrize(("source", "kind", "change", "path", "what"), MUTATIONS)
def test_one_message_that_is_different_is_noticed(
    source: str, kind: str, change: Change, path: str, what: str
) -> None:
    *found, last = (part for part in sent() if part.kind == kind)
    value = deepcopy(last.value)
    change(value)
    before, after = form([*found, last]), form([*found, last._replace(value=value)])
    new = compare(source, after, real(source)).keys() - compare(source, before, real(source)).keys()
    assert (path, what) in {(one.field, one.what) for one in new}
