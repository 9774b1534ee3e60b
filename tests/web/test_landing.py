"""The landing page as a browser reads it: every market with its state, nothing unescaped."""

import re
from html.parser import HTMLParser

import pytest

from exporter import __version__
from exporter.model import Target
from tests.alerts.rig import PERP, Rig, configured, written
from tests.made import ASKS, BIDS, PERP_NAME, SPOT, SPOT_NAME, USDM, Levels, Speaker, everything
from tests.web.conftest import Get, Site


class Table(HTMLParser):
    """Cells by market (or pair) and column, the text outside the tables, and every tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self._tables: list[list[list[str]]] = []
        self._cell = False
        self.feed(text)
        self.close()
        self.markets, self.pairs, *_ = [*map(_named, self._tables), {}]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag == "table":
            self._tables.append([])
        if tag == "tr":
            self._tables[-1].append([])
        if tag in {"td", "th"}:
            self._cell = True
            self._tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell:
            self._tables[-1][-1][-1] += data
        else:
            self.text += data


def _named(rows: list[list[str]]) -> dict[str, dict[str, str]]:
    head, *body = rows
    return {row[0]: dict(zip(head, row, strict=True)) for row in body}


async def test_it_says_what_it_is_and_links_the_other_pages(site: Site, get: Get) -> None:
    site.doing = "Replaying a & b."
    page = Table(await get("/"))
    assert f"Market-quality exporter {__version__}" in page.text
    assert "Replaying a & b." in page.text
    assert page.links[:4] == ["/", "/explain", "/runbooks/", "/metrics"]


async def test_every_link_answers(get: Get) -> None:
    for link in Table(await get("/")).links:
        assert await get(link)


async def test_what_comes_from_outside_is_escaped(site: Site, get: Get) -> None:
    site.doing = "<script>alert(1)</script>"
    clean = Table(await get("/")).tags
    Speaker(site.session, SPOT, "<IMG>\"'&USDT").snapshot()
    text = await get("/")
    assert "<script>alert" not in text
    assert "<IMG" not in text
    assert set(Table(text).tags) == {*clean, "td"}
    assert "<script>alert(1)</script>" in Table(text).text
    assert list(Table(text).markets) == ["binance/spot:<IMG>\"'&USDT"]


async def test_markets_without_data_are_listed_as_silent(site: Site, get: Get) -> None:
    page = Table(await get("/"))
    assert page.markets == {}
    silent = "Configured, nothing received yet: "
    assert silent in page.text
    Speaker(site.session, SPOT, "BTCUSDT").snapshot()
    page = Table(await get("/"))
    assert list(page.markets) == [SPOT_NAME]
    listed = page.text.split(silent)[1].split("\n")[0]
    assert set(listed.split(", ")) == {PERP_NAME, "okx/BTC-USDT-PERP", "okx/BTC-USDT-SPOT"}


async def test_when_every_market_has_spoken_none_is_silent(site: Site, get: Get) -> None:
    everything(site.pipeline)
    page = Table(await get("/"))
    assert len(page.markets) == 4
    assert {row["book"] for row in page.markets.values()} == {"live"}
    assert "nothing received" not in page.text


async def test_it_shows_the_markets_time(site: Site, get: Get) -> None:
    assert "as of" not in Table(await get("/")).text
    Speaker(site.session, SPOT, "BTCUSDT").snapshot()
    assert "as of 2027-01-15 08:00:00 UTC." in Table(await get("/")).text


async def test_states_are_told_one_from_another(site: Site, get: Get) -> None:
    async def state() -> str:
        return Table(await get("/")).markets[SPOT_NAME]["book"]

    spot = Speaker(site.session, SPOT, "BTCUSDT")
    spot.update()
    seen = [await state()]
    spot.snapshot()
    seen.append(await state())
    site.session.later(11.9)
    seen.append(await state())
    spot.update(bids=[("100.1", "1"), ("100.15", "1")])
    seen.append(await state())
    spot.update(bids=[("100.15", "0")])
    seen.append(await state())
    spot.update(asks=[(price, "0") for price, _ in ASKS])
    seen.append(await state())
    spot.update(lost=1)
    seen.append(await state())
    assert seen == ["no snapshot", "live", "stale 12 s", "crossed", "live", "one sided", "gap"]


async def test_a_row_shows_the_values_of_the_market(site: Site, get: Get) -> None:
    spot = Speaker(site.session, SPOT, "BTCUSDT")
    perp = Speaker(site.session, USDM, "BTCUSDT")
    spot.snapshot([("61820.01", "2"), *BIDS], [("61820.03", "1"), ("70000", "1")])
    perp.snapshot([("61881.8", "3"), *BIDS], [("61881.9", "1"), ("70000", "1")])
    perp.mark("61900", "61820.02")
    rows = Table(await get("/")).markets
    assert rows[SPOT_NAME]["mid"] == "61,820.02"
    assert rows[SPOT_NAME]["spread, bps"] == "0.003235"
    assert rows[SPOT_NAME]["basis to spot, bps"] == "–"
    assert rows[PERP_NAME]["basis to spot, bps"] == rows[PERP_NAME]["basis to index, bps"]
    assert rows[PERP_NAME]["basis to index, bps"] == "+10.00"


@pytest.mark.parametrize(
    ("bids", "asks", "shown"),
    [
        ((("99.95", "2"), ("99.5", "5")), (("100.05", "1"), ("101", "10")), "300"),
        ((("99.95", "2"),), (("100.05", "1"), ("101", "10")), "300"),
    ],
)
async def test_depth_of_a_book_that_reaches_beyond_the_band_is_exact(
    site: Site, get: Get, bids: Levels, asks: Levels, shown: str
) -> None:
    """A snapshot of fewer levels than were asked for is the whole side."""
    Speaker(site.session, SPOT, "BTCUSDT").snapshot(bids, asks)
    assert Table(await get("/")).markets[SPOT_NAME]["depth 10 bps, quote"] == shown


async def test_depth_is_a_lower_bound_where_the_known_book_ends_inside_the_band(
    site: Site, get: Get
) -> None:
    bids = [(f"{99.99 - place * 0.00001:.5f}", "2") for place in range(1000)]
    asks = [("100.01", "1"), ("101", "1")]
    Speaker(site.session, SPOT, "BTCUSDT").snapshot(bids, asks)
    assert Table(await get("/")).markets[SPOT_NAME]["depth 10 bps, quote"] == "≥ 200,070"


async def test_gaps_and_comparisons_are_counted(site: Site, get: Get) -> None:
    spot = Speaker(site.session, SPOT, "BTCUSDT").snapshot()
    spot.quote().update().quote().update().quote()
    spot.update(lost=1).snapshot()
    row = Table(await get("/")).markets[SPOT_NAME]
    assert (row["gaps"], row["tops equal"]) == ("1", "2 of 2")


async def test_while_a_book_is_unknown_its_cells_are_empty(site: Site, get: Get) -> None:
    Speaker(site.session, SPOT, "BTCUSDT").snapshot().update(lost=1)
    row = Table(await get("/")).markets[SPOT_NAME]
    assert {row[name] for name in ("mid", "spread, bps", "depth 10 bps, quote")} == {"–"}


# --- alerts


PAIR_SIGNAL = "exchange_divergence_bps"
PAIR = Target("binance", "BTC-USDT-PERP", "okx")
PAIR_NAME = "binance/BTC-USDT-PERP against okx"
ALL = "/explain?exchange=binance&instrument=BTC-USDT-PERP"


def alerts_on(site: Site, rules: dict[str, dict[str, object]]) -> Rig:
    """Rules on the spread of a market and on a pair, behind the server; its market has spoken."""
    Speaker(site.session, USDM, "BTCUSDT").snapshot()
    pair = {"signal": "exchange_divergence_bps", "condition": "absolute", "persistence_seconds": 20}
    named = {name: written(**rule) for name, rule in {**rules, "pair": pair}.items()}
    timing = {"escalate_after_seconds": 2}
    rig = Rig(configured(named, timing=timing), [("spread_bps", PERP), (PAIR_SIGNAL, PAIR)])
    site.pipeline.alerts = rig.alerts
    return rig


async def told(get: Get) -> tuple[str, str]:
    """What is said of the alerts of the perpetual and of the pair."""
    page = Table(await get("/"))
    return page.markets[PERP_NAME]["alerts"], page.pairs[PAIR_NAME]["alerts"]


async def test_alerts_go_from_unknown_over_pending_to_firing_and_back(site: Site, get: Get) -> None:
    rig = alerts_on(site, {"wide": {"persistence_seconds": 2}})
    seen = [await told(get)]
    for spread, apart in ((1, 0), (11, 30), (11, -30), (11, 30), (1, 0)):
        rig.step(spread, apart)
        seen.append(await told(get))
    unknown = "unknown: no whole second has been judged yet"
    assert seen == [
        (unknown, unknown),
        ("calm", "calm"),
        ("wide 0 of 2 s", "pair 0 of 20 s"),
        ("wide 1 of 2 s", "pair 1 of 20 s"),
        ("wide P2", "pair 2 of 20 s"),
        ("calm", "pair 3 of 20 s"),
    ]


async def test_a_market_is_calm_only_if_every_alert_is_known(site: Site, get: Get) -> None:
    rig = alerts_on(site, {"wide": {}, "unusual": {"z": 2}})
    rig.step(1, None)
    assert await told(get) == (
        "unknown in 1 of 2: z-score warms up, 0 of 30 samples",
        "unknown: the book is unknown after a gap, or before its first snapshot",
    )
    text = await get("/")
    assert 'class="text alerts unsure"' in text
    assert 'class="text alerts inactive"' not in text


async def test_what_pages_is_named_first_and_at_most_three_are(site: Site, get: Get) -> None:
    rules: dict[str, dict[str, object]] = {
        "info": {"priority": "P3"},
        "chat": {"priority": "P2"},
        "page": {"priority": "P1", "severity": "critical"},
        "page_too": {"priority": "P1", "severity": "warning"},
        "quiet": {"thresholds": {"other": 100}},
    }
    rig = alerts_on(site, rules)
    rig.step(11, 0)
    assert (await told(get))[0] == "page P1, page_too P1, chat P2, 1 more"
    assert "4 firing" in Table(await get("/")).text
    assert "<title>4 firing: market quality</title>" in await get("/")


async def test_what_is_about_to_fire_stands_beside_what_fires(site: Site, get: Get) -> None:
    rig = alerts_on(site, {"at_once": {}, "held": {"persistence_seconds": 60}})
    rig.step(11, 0)
    rig.step(11, 0)
    assert "at_once P2" in (await told(get))[0]
    assert "held 1 of 60 s" in (await told(get))[0]


async def test_an_escalated_alert_and_missing_data_are_said(site: Site, get: Get) -> None:
    rig = alerts_on(site, {"wide": {}})
    for spread in (11, 11, 11, None):
        rig.step(spread, 0)
    assert (await told(get))[0] == "wide P2, escalated, data are missing"


async def test_market_pair_and_alerts_lead_to_their_explanation(site: Site, get: Get) -> None:
    rig = alerts_on(site, {"wide": {}})
    rig.step(11, 0)
    links = Table(await get("/")).links[6:]
    assert links == [
        ALL,
        f"{ALL.replace('?', '?alert=wide&')}",
        f"{ALL}&other=okx",
        f"{ALL}&other=okx",
    ]
    for link in links:
        assert await get(link)


async def test_a_market_without_alerts_says_so(site: Site, get: Get) -> None:
    rig = alerts_on(site, {"wide": {"thresholds": {"BTC-USDT-SPOT": 1}}})
    rig.step(1, 0)
    assert (await told(get))[0] == "no alert applies"


async def test_a_silent_market_whose_alert_still_runs_is_shown(site: Site, get: Get) -> None:
    rig = Rig(configured({"wide": written()}), [("spread_bps", PERP)])
    site.pipeline.alerts = rig.alerts
    assert Table(await get("/")).markets == {}
    rig.step(11)
    assert Table(await get("/")).markets[PERP_NAME]["alerts"] == "wide P2"


async def test_what_is_renewed_is_on_the_page(site: Site, get: Get) -> None:
    one = "/explain?alert=spread_warning&exchange=okx&instrument=BTC-USDT-SPOT"
    for path in ("/", "/explain", one):
        text = await get(path)
        renewed = re.search(r"RENEWED = \[(.*?)\]", text)
        assert renewed is not None
        names = re.findall(r"'(\w+)'", renewed[1])
        assert names
        for name in names:
            assert text.count(f'id="{name}"') == 1
