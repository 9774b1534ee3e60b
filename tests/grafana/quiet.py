"""Panels that rightly show nothing in a rehearsal, and why."""

from collections.abc import Mapping

_ALERTS, _FEEDS, _INSTRUMENT = "market-alerts", "market-feeds", "market-instrument"
_NOBODY_ASKED = "the exporter of the rehearsal asks no Alertmanager for maintenance"
_NO_DRILL = "nothing was drilled"

QUIET: Mapping[tuple[str, str], str] = {
    (_ALERTS, "How close to firing: the nearest 20"): "none of the nearest is unknown",
    (_FEEDS, "Drill due in"): _NO_DRILL,
    (_FEEDS, "Last drills"): _NO_DRILL,
    (_FEEDS, "Reconnections and restarted streams by reason"): "no connection was lost",
    (_FEEDS, "Notifications that Alertmanager delivers"): "none failed",
    (_INSTRUMENT, "Planned"): _NOBODY_ASKED,
    (_INSTRUMENT, "Maintenance"): _NOBODY_ASKED,
    (_INSTRUMENT, "Not live"): "the feed of the market that is shown was always live",
    (_INSTRUMENT, "P2 fires"): "whatever fires as P2 there fires as P1, too",
    (_INSTRUMENT, "Depth against a minute before"): "it needs a minute of depth",
}
"""By dashboard and title: a query of it may return nothing."""
