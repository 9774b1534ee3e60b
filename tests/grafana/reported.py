"""Small dashboards for the tests of the report, and its page taken apart."""

from html.parser import HTMLParser
from typing import Any

from grafana.report.span import Span

HOUR = Span(7200.0, 10800.0)
Json = dict[str, Any]


def query_variable(name: str, query: str, **more: Any) -> Json:
    return {"type": "query", "name": name, "query": {"query": query, "refId": name}, **more}


EXCHANGE = query_variable("exchange", "label_values(up, exchange)", multi=True, includeAll=True)
BAND = query_variable("band", 'label_values(depth{exchange=~"$exchange"}, band_bps)')


def panel(expr: str = "up", *, target: Json | None = None, **more: Any) -> Json:
    return {
        "id": 7, "type": "timeseries", "title": "Up", "gridPos": {"w": 24},
        "targets": [{"refId": "A", "expr": expr, **(target or {})}], **more,
    }  # fmt: skip


def board(*panels: Json, **more: Any) -> Json:
    return {
        "uid": "board", "title": "Board", "panels": list(panels),
        "templating": {"list": [EXCHANGE, BAND]}, **more,
    }  # fmt: skip


class Elements(HTMLParser):
    """The elements of a page, with their attributes; fails where one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def classes(self, tag: str) -> list[str]:
        return [attrs.get("class") or "" for name, attrs in self.found if name == tag]
