"""Where people open what a page or a dashboard links to, as `urls.yaml` says."""

from collections.abc import Iterator

from exporter.config.urls import UrlsFile
from exporter.families import Family, Reading

_URLS = Family(
    "market_exporter_urls_info",
    "gauge",
    ("exporter", "runbooks", "grafana", "alertmanager"),
    "",
    "Base addresses of what people open (urls.yaml), for links; always 1.",
)
FAMILIES = (_URLS,)


def described(urls: UrlsFile) -> Iterator[Reading]:
    """One series that is all addresses."""
    yield _URLS.series(urls.exporter, urls.runbooks, urls.grafana, urls.alertmanager), 1
