"""`urls.yaml`: where people open what a notification links to."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import Field

from exporter.config.exchanges import RestAddress
from exporter.config.values import Section

FILE = "urls.yaml"


class UrlsFile(Section):
    """The whole of `urls.yaml`: base addresses, without a slash at the end."""

    exporter: RestAddress = Field(
        default="http://127.0.0.1:9710",
        description="where this program serves its pages: explanations",
    )
    runbooks: RestAddress = Field(
        default="http://127.0.0.1:9710/runbooks",
        description="where the runbooks are, by the name of the alert; this program serves them, "
        "but not while it is down",
    )
    grafana: RestAddress = Field(
        default="http://127.0.0.1:3000", description="where Grafana serves the dashboards"
    )
    alertmanager: RestAddress = Field(
        default="http://127.0.0.1:9093", description="where Alertmanager serves its silences"
    )

    def on_loopback(self) -> Iterator[tuple[str, str]]:
        """Name and address of those that only this machine can open."""
        return ((name, address) for name, address in self if is_loopback(address))


def is_loopback(address: str) -> bool:
    """Whether a URL, or a HOST:PORT, is of this machine only. False where it has no host."""
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
