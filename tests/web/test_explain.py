"""`/explain`: the same explanations for people and for programs, and only those asked for."""

import asyncio
import itertools
import json
import re
from collections.abc import Sequence
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from exporter import clock
from exporter.alerts.explanation import Explanation, Standing, changes, explain, select
from exporter.alerts.sentences import missing, summary
from exporter.metrics.sample import Sample
from exporter.model import MILLISECOND, NANOSECONDS, Target
from exporter.timestamps import timestamp
from tests.alerts.rig import PERP, SPOT, START, Rig, Shown, configured, written
from tests.made import SPOT as SPOT_FEED
from tests.made import Speaker
from tests.web.conftest import Client, Get, Site

PAIR = Target("binance", "BTC-USDT-PERP", "okx")
CALM = [1, 2] * 15
RULES = {
    "spread_warning": written(thresholds={"other": 3}, z=2),
    "spread_ceiling": written(thresholds={"other": 6}, priority="P1", persistence_seconds=5),
    "divergence": written(
        signal="exchange_divergence_bps",
        family="cross_exchange",
        condition="absolute",
        persistence_seconds=20,
    ),
}
DIALS = [("spread_bps", PERP), ("spread_bps", SPOT), ("exchange_divergence_bps", PAIR)]
ONE = "/explain?alert=spread_warning&exchange=binance&instrument=BTC-USDT-PERP"


class Read(HTMLParser):
    """A page as a browser reads it: rows of cells, links, tags, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self._cell = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self._cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._cell:
            self.rows[-1][-1] += data


@pytest.fixture
def rig(site: Site) -> Rig:
    """Alerts on dials, behind the server."""
    made = Rig(configured(RULES), DIALS)
    site.pipeline.alerts = made.alerts
    return made


def play(site: Site, rig: Rig, *rows: Sequence[Shown]) -> None:
    """Seconds for the three dials."""
    for row in rows:
        rig.step(*row)
    site.pipeline.now = (START + rig.second - 1) * NANOSECONDS


def incident(site: Site, rig: Rig) -> None:
    """Every state at once: the perpetual fires, the spot is unknown, the pair is pending."""
    play(site, rig, *([value, value, 0] for value in CALM), *([9, None, -12] for _ in range(7)))


def explanations(site: Site) -> list[Explanation]:
    last = changes(site.pipeline.alerts.last)
    return [explain(one, last, site.pipeline.now) for one in select(site.pipeline.alerts)]


async def told(client: Client, path: str, **headers: str) -> tuple[int, str, str]:
    """Status, type and body."""
    async with client.get(path, headers=headers) as response:
        return response.status, response.content_type, await response.text()


async def as_json(client: Client, path: str = "/explain", **query: str) -> Any:
    status, kind, text = await told(client, f"{path}?{urlencode({**query, 'format': 'json'})}")
    assert (status, kind) == (200, "application/json")
    return json.loads(text)


# --- for programs


async def test_json_holds_every_explanation_of_the_model(
    client: Client, site: Site, rig: Rig
) -> None:
    incident(site, rig)
    answer = await as_json(client)
    assert answer["time"] == timestamp(site.pipeline.now)
    assert answer["time_unix"] == START + rig.second - 1
    model = explanations(site)
    assert len(answer["alerts"]) == len(model) == 5
    for row, one in zip(answer["alerts"], model, strict=True):
        assert (row["alert"], row["exchange"], row["instrument"], row["other"] or "") == (
            one.alert,
            *one.target,
        )
        assert (row["state"], row["evaluation"]["reason"] or "") == (one.state, one.unknown)
        assert (row["summary"], row["missing"]) == (summary(one), missing(one))
        assert row["threshold"] == one.threshold._asdict()
        assert row["hold"] == one.hold._asdict()
        assert row["distance"] == (one.distance and one.distance._asdict())
        assert [change["seq"] for change in row["transitions"]] == [
            change.sequence for change in one.transitions
        ]
        assert row["since_unix"] == (one.since and one.since / NANOSECONDS)
    assert {one.standing for one in model} == set(Standing) - {Standing.INACTIVE}


async def test_json_of_the_z_is_that_of_the_model(client: Client, site: Site, rig: Rig) -> None:
    incident(site, rig)
    for row, one in zip((await as_json(client))["alerts"], explanations(site), strict=True):
        if one.score is None:
            assert row["zscore"] is None
            continue
        score, baseline = row["zscore"], row["zscore"]["baseline"]
        assert (score["value"], score["limit"]) == (one.score.z, one.score.limit)
        assert (score["holds"], score["lacking"]) == (one.score.holds, one.score.lacking)
        assert (baseline["mean"], baseline["deviation"]) == (one.score.mean, one.score.deviation)
        assert baseline["deviation_used"] == one.score.used
        assert (baseline["samples"], baseline["frozen_seconds"]) == (
            one.score.samples,
            one.score.frozen,
        )


async def test_before_the_first_second_all_is_null_and_nothing_is_nan(
    client: Client, rig: Rig
) -> None:
    status, _, text = await told(client, f"{ONE}&format=json")
    assert status == 200
    assert "NaN" not in text
    (row,) = json.loads(text)["alerts"]
    assert row["evaluation"] == {
        "known": False,
        "reason": "not_evaluated",
        "sentence": "no whole second has been judged yet",
        "polled": False,
    }
    assert row["since"] is row["since_unix"] is row["threshold"]["value"] is None
    assert row["history"] == {
        "start": None,
        "start_unix": None,
        "step_seconds": 1,
        "value": [],
        "z": [],
        "at_least": [],
    }


async def test_a_single_alert_comes_with_its_last_minutes_and_no_other_does(
    client: Client, site: Site, rig: Rig
) -> None:
    incident(site, rig)
    query = {"alert": "spread_warning", "exchange": "binance"}
    (row,) = (await as_json(client, instrument="BTC-USDT-SPOT", **query))["alerts"]
    history = row["history"]
    assert history["start"] == timestamp(START * NANOSECONDS)
    assert history["value"] == [*CALM, *[None] * 7]
    assert history["z"] == [None] * 37
    assert row["states"] == [
        {
            "state": "inactive",
            "start": timestamp(START * NANOSECONDS),
            "start_unix": START,
            "end": timestamp((START + 36) * NANOSECONDS),
            "end_unix": START + 36,
        }
    ]
    several = (await as_json(client, **query))["alerts"]
    assert len(several) == 2
    assert not any("history" in one for one in several)


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", "application/json", "application/json"),
        ("", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("", "text/html, application/json", "text/html"),
        ("", "*/*", "text/html"),
        ("?format=html", "application/json", "text/html"),
        ("?format=json", "text/html", "application/json"),
        ("?format=", "application/json", "application/json"),
    ],
)
async def test_who_asks_for_json_gets_it(
    client: Client, rig: Rig, query: str, accept: str, kind: str
) -> None:
    status, given, _ = await told(client, f"/explain{query}", Accept=accept)
    assert (status, given) == (200, kind)


async def test_caches_are_told_what_the_answer_depends_on(client: Client, rig: Rig) -> None:
    async with client.get("/explain") as response:
        assert response.headers["Vary"] == "Accept"
        assert response.headers["Cache-Control"] == "no-store"


# --- what cannot be had


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("alert=spread_warnin", 404, "there is no alert `spread_warnin`; did you mean"),
        ("alert=xyz", 404, "there is no alert `xyz`; /explain lists all alerts"),
        ("exchange=OKX2", 404, "no alert is about the exchange `OKX2`; /explain lists all alerts"),
        (
            "instrument=btc-usdt-per",
            404,
            "no alert is about the instrument `btc-usdt-per`; did you mean `BTC-USDT-PERP`?",
        ),
        ("other=kraken", 404, "no alert is about the second exchange `kraken`; "),
        (
            "alert=divergence&instrument=BTC-USDT-SPOT",
            404,
            "divergence does not apply to BTC-USDT-SPOT; /explain lists all alerts",
        ),
        (
            "instrument=BTC-USDT-SPOT&other=okx",
            404,
            "no alert applies to BTC-USDT-SPOT against okx; /explain lists all alerts",
        ),
        ("alrt=a", 400, "`alrt` is no parameter; did you mean `alert`?"),
        ("alert=a&alert=b", 400, "`alert` is given twice; write it once"),
        ("format=xml", 400, "`format` must be html or json, found `xml`"),
    ],
)
async def test_what_cannot_be_had_is_a_sentence_in_the_form_asked_for(
    client: Client, rig: Rig, query: str, status: int, sentence: str
) -> None:
    given, kind, text = await told(client, f"/explain?{query}", Accept="application/json")
    if "format" not in query:
        assert (given, kind) == (status, "application/json")
        assert json.loads(text)["error"].startswith(sentence)
    given, kind, text = await told(client, f"/explain?{query}")
    assert (given, kind) == (status, "text/html")
    assert sentence[1:] in Read(text).text


async def test_an_empty_parameter_narrows_nothing(client: Client, site: Site, rig: Rig) -> None:
    play(site, rig, [1, 1, 0])
    both = [await told(client, path) for path in (ONE, f"{ONE}&other=")]
    assert both[0] == both[1]
    assert "spread_warning is inactive" in both[0][2]


async def test_without_any_alert_the_page_says_so(client: Client, site: Site) -> None:
    site.pipeline.alerts = Rig(configured({}), []).alerts
    assert "No alert applies." in Read((await told(client, "/explain"))[2]).text
    assert (await as_json(client))["alerts"] == []


# --- for people


async def test_the_list_has_every_alert_what_concerns_most_first(
    site: Site, rig: Rig, get: Get
) -> None:
    incident(site, rig)
    page = Read(await get("/explain"))
    _, *rows = page.rows
    assert [(row[0].split()[0], row[1]) if len(row) > 1 else row[0] for row in rows] == [
        "binance/BTC-USDT-PERP",
        ("firing", "spread_warningP2"),
        ("firing", "spread_ceilingP1"),
        "binance/BTC-USDT-PERP against okx",
        ("pending", "divergenceP2"),
        "binance/BTC-USDT-SPOT",
        ("unknown", "spread_warningP2"),
        ("unknown", "spread_ceilingP1"),
    ]
    assert [row[2:] for row in rows if len(row) > 1][2] == [
        "-12 bps",
        "beyond ±10 bps",
        "",
        "",
        "6 of 20 s",
        "",
        "14 s",
    ]
    assert "2 firing" in page.text
    assert "1 pending" in page.text
    assert "2 unknown" in page.text


async def test_every_row_and_market_leads_to_a_page(
    site: Site, rig: Rig, get: Get, client: Client
) -> None:
    incident(site, rig)
    links = [one for one in Read(await get("/explain")).links if one.startswith("/explain?")]
    assert len(links) == len(set(links)) == 3 + 5
    for link in links:
        status, _, text = await told(client, link)
        assert status == 200
        assert ("<svg" in text) == ("alert=" in link or "other=" in link)


async def test_the_page_of_one_alert_says_all_of_it(site: Site, rig: Rig, get: Get) -> None:
    incident(site, rig)
    page = Read(await get(ONE))
    one = explanations(site)[0]
    assert summary(one) in page.text
    assert "Nothing is missing, all conditions hold." in page.text
    conditions = [row for row in page.rows if row[0] in {"threshold", "z-score", "persistence"}]
    assert conditions == [
        ["threshold", "9 bps", "> 2.4 bps", "yes", "–"],
        ["z-score", "15", "> 2", "yes", "–"],
    ]
    assert page.rows[-1][1:] == ["inactive", "firing", "conditions met", "9 bps", "3 bps", "15"]
    for words in ("frozen for 6 s", "configured 3 bps, clears at 2.4 bps", "quoted spread"):
        assert words in page.text


async def test_a_pending_alert_shows_what_is_left_to_hold(site: Site, rig: Rig, get: Get) -> None:
    incident(site, rig)
    page = Read(await get("/explain?alert=divergence"))
    assert ["persistence", "6 s", "20 s", "no", "14 s"] in page.rows
    assert "All conditions hold, for 6 of 20 s; 14 s are missing." in page.text


async def test_an_unknown_alert_is_not_marked_as_calm(site: Site, rig: Rig, get: Get) -> None:
    incident(site, rig)
    text = await get(ONE.replace("PERP", "SPOT"))
    assert 'class="told unsure"' in text
    assert 'class="told inactive"' not in text
    assert ["threshold", "–", "> 3 bps", "unknown", "–"] in Read(text).rows


HOSTILE = "<IMG>\"'&-USDT"


async def test_what_comes_from_outside_is_escaped(site: Site, get: Get, client: Client) -> None:
    clean = Read(await get("/explain")).tags
    speaker = Speaker(site.session, SPOT_FEED, HOSTILE).snapshot()
    for _ in range(20):
        speaker.update(bids=[("99.7", "2")])
    instrument = f"spot:{HOSTILE}"
    text = await get("/explain")
    assert "<IMG" not in text
    assert Read(text).tags == clean
    assert f"binance/{instrument}" in Read(text).text
    links = [link for link in Read(text).links if "IMG" in link]
    calm = Read(await get("/explain?alert=spread_warning&exchange=okx&instrument=BTC-USDT-PERP"))
    for link in links:
        text = await get(link)
        assert "<IMG" not in text
        if "alert=" in link:
            assert Read(text).tags - calm.tags <= {"path", "rect", "text"}
            ElementTree.fromstring(svg(text))  # noqa: S314 - made here
    query = urlencode({"instrument": "<script>alert(1)</script>"})
    _, _, text = await told(client, f"/explain?{query}")
    assert "<script>alert" not in text
    assert "<script>alert(1)</script>" in Read(text).text


# --- the picture


def svg(page: str) -> str:
    return page[page.index("<svg") : page.index("</svg>") + len("</svg>")]


def paths(picture: ElementTree.Element, kind: str) -> list[str]:
    """The lines of a class, by what they draw."""
    return [one.get("d", "") for one in picture.iter("path") if one.get("class") == kind]


def places(drawn: Sequence[str]) -> int:
    """How many points these lines have."""
    return sum(len(re.findall(r"[ML]", one)) for one in drawn)


async def picture(get: Get, path: str = ONE) -> ElementTree.Element:
    return ElementTree.fromstring(svg(await get(path)))  # noqa: S314 - made here


async def test_the_picture_has_a_point_for_each_known_second(
    site: Site, rig: Rig, get: Get
) -> None:
    spread = [*CALM, None, 2, None, None, 9, 9, None]
    play(site, rig, *([value, 1, 0] for value in spread))
    known = sum(value is not None for value in spread)
    drawn = paths(await picture(get), "line")
    points = list(rig.alerts.watches[0][1].history.points())
    scored = sum(point.z is not None for point in points)
    assert scored == 3
    assert places(drawn) == known + scored
    assert len(drawn) == 3 + 2
    assert [one for one in drawn if one.endswith("h0")] == [drawn[1], drawn[3]]


async def test_unknown_spans_are_shaded_also_those_before_the_start(
    site: Site, rig: Rig, get: Get
) -> None:
    play(site, rig, *([value, 1, 0] for value in [*CALM, None, None, 2]))
    shaded = [one for one in (await picture(get)).iter("rect") if one.get("class") == "unknowns"]
    assert len(shaded) == 2 + 2
    assert {one.findtext("title") for one in shaded} == {"unknown"}
    widths = [float(one.get("width", 0)) for one in shaded]
    assert widths[0] > 100 * widths[1]


async def test_nothing_is_shaded_once_five_minutes_are_known(
    site: Site, rig: Rig, get: Get
) -> None:
    play(site, rig, *([1 + second % 2, 1, 0] for second in range(340)))
    found = await picture(get)
    assert not [one for one in found.iter("rect") if one.get("class") == "unknowns"]
    assert places(paths(found, "line")) == 300 + 300


async def test_limits_and_states_are_drawn(site: Site, rig: Rig, get: Get) -> None:
    incident(site, rig)
    found = await picture(get)
    assert len(paths(found, "limit")) == 2
    assert len(paths(found, "clear")) == 1
    labels = {one.text for one in found.iter("text")}
    assert {"fires 3 bps", "clears 2.4 bps", "limit 2", "z-score", "spread, bps"} <= labels
    states = [one.get("class") for one in found.iter("rect") if one.get("class") != "unknowns"]
    assert states == ["span inactive", "span firing"]


async def test_both_sides_of_an_absolute_rule_are_drawn_and_no_z_where_none_is_asked(
    site: Site, rig: Rig, get: Get
) -> None:
    incident(site, rig)
    found = await picture(get, "/explain?alert=divergence")
    labels = {one.text for one in found.iter("text")}
    assert {"fires 10 bps", "fires -10 bps"} <= labels
    assert "z-score" not in labels
    assert len(paths(found, "limit")) == 2


async def test_a_lower_bound_is_drawn_as_one(site: Site, rig: Rig, get: Get) -> None:
    bound = Sample(Fraction(2), bound=True)
    play(site, rig, [1, 1, 0], [bound, 1, 0], [bound, 1, 0], [1, 1, 0])
    found = await picture(get, ONE.replace("warning", "ceiling"))
    assert (places(paths(found, "line")), places(paths(found, "line bound"))) == (2, 2)


async def test_the_picture_is_told_to_those_who_do_not_see_it(
    site: Site, rig: Rig, get: Get
) -> None:
    incident(site, rig)
    found = await picture(get)
    assert found.get("role") == "img"
    named = {one.get("id"): one.text for one in found if one.tag in {"title", "desc"}}
    assert list(named) == (found.get("aria-labelledby") or "").split()
    title, told_ = named.values()
    assert title == "The last 5 minutes of spread_warning on binance/BTC-USDT-PERP"
    assert told_ == (
        "From 08:00:00 to 08:00:36 UTC: spread 1 to 9 bps, unknown in 0 of 37 seconds; asked is "
        "> 2.4 bps; the alert was inactive, then firing."
    )


@pytest.mark.parametrize("values", [[0], [None], [5, 5], [-3, -3], [1e-9], [1e15], [-1e15, 1e15]])
async def test_any_number_can_be_drawn(
    site: Site, rig: Rig, get: Get, values: list[float | None]
) -> None:
    play(site, rig, *([value, 1, value] for value in values))
    for path in (ONE, "/explain?alert=divergence"):
        found = await picture(get, path)
        numbers = [number for one in found.iter("path") for number in one.get("d", "").split()]
        assert not any("nan" in number or "inf" in number for number in numbers)
        known = sum(value is not None for value in values)
        assert places(paths(found, "line")) == known


# --- many alerts


async def turns(client: Client, path: str) -> int:
    """How often something else got its turn while a page was made."""
    asking = asyncio.create_task(told(client, path))
    count = 0
    while not asking.done():
        await asyncio.sleep(0)
        count += 1
    status, _, _ = await asking
    assert status == 200
    return count


@pytest.mark.parametrize("path", ["/explain", "/explain?format=json", "/"])
async def test_many_explanations_are_made_in_slices(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for number in range(40):
        Speaker(site.session, SPOT_FEED, f"COIN{number}USDT").snapshot()
    slow = itertools.count(0, 10 * MILLISECOND)
    monkeypatch.setattr(clock, "monotonic", lambda: 0)
    least = await turns(client, path)
    monkeypatch.setattr(clock, "monotonic", lambda: next(slow))
    assert await turns(client, path) >= least + 30
