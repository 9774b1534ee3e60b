"""`/runbooks/`: what to do about each alert, made from the Markdown files of a folder."""

import asyncio
import re
from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from pathlib import Path

from aiohttp import web
from markdown_it import MarkdownIt

from exporter.config.wording import near_miss, printed
from exporter.web.style import document

PATH = "/runbooks/"

_NAME = re.compile("[a-z0-9_]+")
_LIKE = 0.75
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_STYLE = """
main { max-width: 60rem } .all { columns: 18rem }
main li { margin: .25rem 0 } main p { margin: .4rem 0 }
h2 { font-size: 1.1rem; margin-top: 1.5rem; border-bottom: 1px solid var(--rule) }
code { background: var(--shade); border-radius: .2rem; padding: .05rem .25rem }
pre { background: var(--shade); border-radius: .3rem; padding: .5rem .8rem; margin: .3rem 0 1rem;
  white-space: pre-wrap; overflow-wrap: anywhere }
pre code { background: none; padding: 0 }
main td, main th { text-align: left; white-space: normal }
"""


def link(alert: str) -> str:
    """A link to the runbook of an alert."""
    return f'<a href="{PATH}{escape(alert)}">Runbook</a>'


class Runbooks:
    """The runbooks of one folder, `<alert>.md` each, read anew for each request."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` may be missing: then there are no runbooks."""
        self._folder = folder

    async def listing(self, request: web.Request) -> web.Response:
        """All runbooks."""
        names = await asyncio.to_thread(self._names)
        body = _links(names) if names else f"<p>{self._none()}</p>"
        return _html(document("Runbooks", "Runbooks", f"<main>{body}</main>", (), _STYLE))

    async def one(self, request: web.Request) -> web.Response:
        """The runbook that the address names; where there is none, not found, and a link to all."""
        name = request.match_info["alert"]
        text = await asyncio.to_thread(self._text, name)
        if text is None:
            return await self._missing(name)
        heading = f'{escape(name)} <small><a href="{PATH}">all runbooks</a></small>'
        body = _MARKDOWN.render(_without_title(text))
        return _html(document(f"Runbook: {name}", heading, f"<main>{body}</main>", (), _STYLE))

    async def _missing(self, name: str) -> web.Response:
        nearest = near_miss(name, await asyncio.to_thread(self._names), _LIKE)
        meant = f'; did you mean <a href="{PATH}{nearest}">{nearest}</a>?' if nearest else "."
        body = f"""<main><p>There is no runbook for <code>{escape(printed(name))}</code>{meant}</p>
<p><a href="{PATH}">All runbooks</a></p></main>"""
        text = document("No such runbook", "No such runbook", body, (), _STYLE)
        return _html(text, HTTPStatus.NOT_FOUND)

    def _names(self) -> list[str]:
        files = () if self._folder is None else self._folder.glob("*.md")
        return sorted(file.stem for file in files if _NAME.fullmatch(file.stem))

    def _text(self, name: str) -> str | None:
        """The Markdown of a runbook; None where there is none or its name cannot be one."""
        if self._folder is None or not _NAME.fullmatch(name):
            return None
        try:
            return (self._folder / f"{name}.md").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def _none(self) -> str:
        if self._folder is None:
            return "There are none here."
        return f"There are none in <code>{escape(str(self._folder))}</code>."


def _links(names: Sequence[str]) -> str:
    items = "".join(f'<li><a href="{PATH}{name}">{name}</a></li>' for name in names)
    return f'<p>What to do about each alert.</p><ul class="all">{items}</ul>'


def _without_title(text: str) -> str:
    """The page has a heading of its own."""
    first, _, rest = text.partition("\n")
    return rest if first.startswith("# ") else text


def _html(text: str, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")
