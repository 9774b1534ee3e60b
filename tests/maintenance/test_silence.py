"""Which silences are maintenance, and what is sent for it."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.errors import DecodeError
from exporter.live import silence
from exporter.live.silence import Kept
from tests.maintenance.made import HOUR, NOW, matcher, sent, window


def read(*silences: Any) -> list[Kept]:
    return silence.read(json.dumps(silences).encode())


@pytest.mark.parametrize("instrument", ["", "BTC-USDT-PERP"])
@pytest.mark.parametrize("by", ["somebody", "a person at Alertmanager's own page", ""])
def test_maintenance_is_recognised_by_its_matchers_whoever_made_it(
    instrument: str, by: str
) -> None:
    one = window(instrument=instrument, by=by)
    assert read(sent(one)) == [Kept(one, "active", pair=False)]


def test_matchers_may_come_in_any_order_and_without_saying_that_they_are_equal() -> None:
    whole = sent(window())
    matchers = [{k: v for k, v in one.items() if k != "isEqual"} for one in whole["matchers"]]
    assert read({**whole, "matchers": matchers[::-1]}) == [Kept(window(), "active", pair=False)]


@pytest.mark.parametrize(
    "matchers",
    [
        [],
        [matcher("kind", "market"), matcher("exchange", "okx")],
        [matcher("kind", "market"), matcher("drill", "")],
        [matcher("kind", "market"), matcher("drill", ""), matcher("exchange", "")],
        [matcher("kind", "health"), matcher("drill", ""), matcher("exchange", "okx")],
        [matcher("kind", "market"), matcher("drill", "true"), matcher("exchange", "okx")],
        [matcher("drill", ""), matcher("exchange", "okx")],
        [matcher("kind", "market"), matcher("drill", ""), matcher("exchange", "okx", regex=True)],
        [matcher("kind", "market"), matcher("drill", ""), matcher("exchange", "okx", equal=False)],
        [
            *(matcher("kind", "market"), matcher("drill", ""), matcher("exchange", "okx")),
            matcher("family", "spread"),
        ],
        [
            *(matcher("kind", "market"), matcher("drill", ""), matcher("exchange", "okx")),
            matcher("instrument", "BTC-.*", regex=True),
        ],
        [
            *(matcher("kind", "market"), matcher("drill", ""), matcher("exchange", "okx")),
            matcher("other", "binance"),
        ],
    ],
)
def test_any_other_silence_is_none(matchers: list[dict[str, object]]) -> None:
    assert read({**sent(window()), "matchers": matchers}) == []


@pytest.mark.parametrize("time", ["2026-11-21T18:00:00", "soon", 5, None])
def test_a_time_that_is_none_is_refused(time: object) -> None:
    with pytest.raises(DecodeError, match="unreadable silences"):
        read({**sent(window()), "endsAt": time})


def test_the_one_for_pairs_is_no_window_of_its_own_and_ends_with_its_window() -> None:
    own, other = window(), window(identity="other", reason="something else")
    pair = window(identity="pair", begin=NOW + 3)
    kept = read(sent(pair, label="other"), sent(own), sent(other))
    assert silence.windows(kept) == [own, other]
    assert silence.going_with(own, kept) == ["pair", "1"]
    assert silence.going_with(other, kept) == ["other"]


def test_the_one_for_pairs_of_an_edited_window_still_ends_with_it() -> None:
    edited, pair = window(identity="edited", end=NOW + 3 * HOUR), window(identity="pair")
    kept = read(sent(window(), "expired"), sent(edited), sent(pair, label="other"))
    assert silence.going_with(edited, kept) == ["pair", "edited"]
    assert silence.left(kept) == []


def test_the_one_for_pairs_that_was_left_behind_is_found_and_ended() -> None:
    pair = window(identity="pair")
    kept = read(sent(window(), "expired"), sent(pair, label="other"))
    assert silence.windows(kept) == []
    assert silence.left(kept) == [pair]
    assert silence.going_with(pair, kept) == ["pair"]


def test_what_is_over_is_no_window_and_is_not_ended_again() -> None:
    gone, pair = window(identity="gone"), window(identity="pair")
    kept = read(sent(gone, "expired"), sent(pair, "expired", label="other"))
    assert [one.state for one in kept] == ["expired", "expired"]
    assert silence.windows(kept) == []
    assert silence.going_with(window(), kept) == ["1"]


def test_what_is_planned_counts() -> None:
    planned = window(begin=NOW + HOUR, end=NOW + 2 * HOUR)
    assert silence.windows(read(sent(planned, "pending"))) == [planned]


@pytest.mark.parametrize("instrument", ["", "BTC-USDT-PERP"])
def test_what_is_sent_is_what_is_recognised(instrument: str) -> None:
    own = window(instrument=instrument, reason='say "why" \\ ünd 交易')
    made = [
        {**json.loads(body), "id": own.id, "status": {"state": "active"}}
        for body in silence.bodies(own)
    ]
    assert read(*made) == [Kept(own, "active", pair=False), Kept(own, "active", pair=True)]
    assert all(one["isEqual"] and not one["isRegex"] for body in made for one in body["matchers"])


@given(st.binary() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(lambda tree: json.dumps(tree).encode()))  # fmt: skip
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    for reading in (silence.read, silence.made):
        with suppress(DecodeError):
            reading(body)
