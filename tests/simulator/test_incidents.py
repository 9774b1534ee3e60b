"""The catalogue of incidents and the register of those under way."""

import re
from math import inf, nan

import pytest

from exporter.simulator.incidents import KINDS, Incidents

NOW = 1_790_000_000_000


def test_the_catalogue_names_every_kind_with_its_place() -> None:
    places: dict[str, list[str]] = {}
    for name, kind in KINDS.items():
        assert name == kind.name
        places.setdefault(kind.place, []).append(name)
    assert places == {
        "market": [
            "spread-blow-out",
            "one-sided-withdrawal",
            "depth-evaporation",
            "basis-drift",
            "basis-step",
            "mark-decoupling",
            "exchange-dislocation",
            "crossed-book",
        ],
        "stream": ["stale-stream", "frozen-book", "sequence-gap", "duplicate", "reorder"],
        "connection": ["disconnect", "half-open", "server-shutdown"],
        "rest": ["rest-errors"],
    }


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_can_be_started_as_it_stands(name: str) -> None:
    incident = Incidents().start(name, NOW)
    kind = KINDS[name]
    assert (incident.size, incident.started) == (kind.size, NOW)
    assert incident.ends == NOW + 1000 * kind.seconds


def test_an_incident_is_active_from_its_start_until_before_its_end() -> None:
    incidents = Incidents()
    started = incidents.start("basis-step", NOW, seconds=2)
    active = [incidents.active(NOW + ms, "basis-step", "okx", "X") for ms in (-1, 0, 1999, 2000)]
    assert active == [None, started, started, None]
    assert incidents.under_way(NOW) == []


def test_an_incident_concerns_only_what_it_names() -> None:
    incidents = Incidents()
    incidents.start("crossed-book", NOW, exchange="okx", instrument="BTC-USDT-PERP")
    places = [("okx", "BTC-USDT-PERP"), ("okx", "BTC-USDT-SPOT"), ("binance", "BTC-USDT-PERP")]
    concerned = [bool(incidents.active(NOW, "crossed-book", *place)) for place in places]
    assert concerned == [True, False, False]
    assert incidents.active(NOW, "stale-stream", "okx", "BTC-USDT-PERP") is None


def test_an_exchange_as_a_whole_is_concerned_by_an_incident_of_any_of_its_instruments() -> None:
    incidents = Incidents()
    incidents.start("disconnect", NOW, exchange="okx", instrument="BTC-USDT-PERP")
    assert incidents.active(NOW, "disconnect", "okx")
    assert not incidents.active(NOW, "disconnect", "binance")


def test_an_incident_that_names_nothing_concerns_everything() -> None:
    incidents = Incidents()
    incidents.start("disconnect", NOW)
    assert incidents.active(NOW, "disconnect", "okx", "ETH-USDT-SPOT")


def test_of_two_incidents_of_a_kind_the_one_started_last_holds() -> None:
    incidents = Incidents()
    first = incidents.start("basis-step", NOW, size=10, seconds=20)
    second = incidents.start("basis-step", NOW, size=30, seconds=10)
    assert incidents.active(NOW, "basis-step", "okx", "X") == second
    assert incidents.active(NOW + 15_000, "basis-step", "okx", "X") == first


def test_one_incident_or_all_can_be_stopped() -> None:
    incidents = Incidents()
    first, second, third = (incidents.start("basis-step", NOW) for _ in range(3))
    incidents.stop(second.number)
    assert incidents.under_way(NOW) == [first, third]
    incidents.stop()
    assert incidents.under_way(NOW) == []
    assert incidents.start("basis-step", NOW).number == 4


def test_stopping_what_is_not_under_way_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no incident 7 is under way$"):
        Incidents().stop(7)


REFUSALS = [
    ("basis-stp", None, None, "no incident is called 'basis-stp'; did you mean basis-step?"),
    ("blow-out", None, None, "no incident is called 'blow-out'; did you mean spread-blow-out?"),
    ("qq", None, None, f"no incident is called 'qq'; there are {', '.join(KINDS)}"),
    ("basis-step", 0, None, "size of basis-step must be a number above zero, not 0"),
    ("basis-step", -2.5, None, "size of basis-step must be a number above zero, not -2.5"),
    ("basis-step", nan, None, "size of basis-step must be a number above zero, not nan"),
    ("basis-step", None, 0, "seconds of basis-step must be a number above zero, not 0"),
    ("basis-step", None, inf, "seconds of basis-step must be a number above zero, not inf"),
    (
        "depth-evaporation",
        2,
        None,
        "size of depth-evaporation must be the share that stays, below 1, not 2",
    ),
    (
        "sequence-gap",
        1.5,
        None,
        "size of sequence-gap must be a whole number of messages, not 1.5",
    ),
    (
        "rest-errors",
        200,
        None,
        "size of rest-errors must be an HTTP status from 400 to 599, not 200",
    ),
]


@pytest.mark.parametrize(("kind", "size", "seconds", "sentence"), REFUSALS)
def test_what_cannot_be_started_is_refused_with_a_sentence(
    kind: str, size: float | None, seconds: float | None, sentence: str
) -> None:
    incidents = Incidents()
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        incidents.start(kind, NOW, size=size, seconds=seconds)
    assert incidents.under_way(NOW) == []
