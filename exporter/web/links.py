"""The addresses of explanations."""

from html import escape
from urllib.parse import urlencode

from exporter.alerts.explanation import Wanted
from exporter.model import Target

PATH = "/explain"


def address(target: Target, alert: str = "", *, form: str = "") -> str:
    """Where an alert of a target is explained, or all of them; ready to stand in HTML."""
    asked = {**Wanted(alert, *target)._asdict(), "format": form}
    return escape(f"{PATH}?{urlencode({name: value for name, value in asked.items() if value})}")


def link(text: str, target: Target, alert: str = "", kind: str = "") -> str:
    """A link there; `kind` is its class."""
    classed = f' class="{kind}"' if kind else ""
    return f'<a{classed} href="{address(target, alert)}">{escape(text)}</a>'
