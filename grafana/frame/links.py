"""Ways from one dashboard to another; each takes data source, market and time along."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

HEALTH = "market-overview"
INSTRUMENT = "market-instrument"
ALERTS = "market-alerts"
FEEDS = "market-feeds"
OBJECTIVES = "market-objectives"
TITLES: Mapping[str, str] = {
    HEALTH: "Market health",
    INSTRUMENT: "Instrument",
    ALERTS: "Alerts",
    FEEDS: "Feeds and exporter",
    OBJECTIVES: "Market-quality objectives",
}
_SHORT: Mapping[str, str] = {
    **TITLES, HEALTH: "Health", FEEDS: "Feeds", OBJECTIVES: "Objectives",
}  # fmt: skip
"""For the menu: all of them fit into one line."""
_SAME_TIME = "${__url_time_range}"
_MONTH = "from=now-30d&to=now"
LAST_HOUR = "from=now-1h&to=now"


def to(
    uid: str, exchange: str = "", instrument: str = "", time: str = _SAME_TIME
) -> dict[str, object]:
    """A data link to a dashboard. `exchange` and `instrument` are where the values stand, such as
    `${__data.fields.Exchange}`. Objectives are always shown over their 30 days."""
    chosen = [
        f"var-{name}={where}"
        for name, where in (("exchange", exchange), ("instrument", instrument))
        if where
    ]
    kept = "var-datasource=${datasource}", _MONTH if uid == OBJECTIVES else time
    return {"title": TITLES[uid], "url": f"/d/{uid}?{'&'.join([*chosen, *kept])}"}


def to_row(uid: str, time: str = _SAME_TIME) -> dict[str, object]:
    """A link from a table's row with the columns Exchange and Instrument."""
    return to(uid, "${__data.fields.Exchange}", "${__data.fields.Instrument}", time)


def to_line(uid: str, time: str = _SAME_TIME) -> dict[str, object]:
    """A link from a line with the labels exchange and instrument."""
    return to(uid, "${__field.labels.exchange}", "${__field.labels.instrument}", time)


def menu(uid: str) -> list[DashboardLink]:
    """Links to all the other dashboards, for the top of this one. The time goes along, except
    from or to the 30 days of the objectives."""
    return [
        DashboardLink(_SHORT[other])
        .type(DashboardLinkType.LINK)
        .url(f"/d/{other}")
        .include_vars(True)
        .keep_time(OBJECTIVES not in {uid, other})
        for other in TITLES
        if other != uid
    ]
