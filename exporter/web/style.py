"""What all pages share: their frame, their colours, how a state is marked.

A state has a sign and a word beside its colour. The colours differ in lightness, and blue against
orange is told apart with any kind of colour blindness.
"""

from collections.abc import Mapping, Sequence
from html import escape

from exporter.alerts.explanation import Standing

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif;
  --calm: #0a7ea4; --firing: #c2410c; --pending: #a16207; --unknown: #6b7280; --rule: #8884;
  --shade: #8883 }
@media (prefers-color-scheme: dark) { :root { --calm: #4fb3d9; --firing: #ff8f4f;
  --pending: #e5b83b; --unknown: #9ca3af } }
body { margin: 2rem auto; padding: 0 1.5rem; max-width: 89rem }
h1 { font-size: 1.35rem; margin: 0 } h1 small { font-weight: 400; opacity: .65 }
h2 { font-size: 1rem; margin: 1rem 0 .3rem }
p { margin: .3rem 0 1.2rem } nav a { margin-right: 1.2rem } nav { margin-bottom: .6rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { text-align: right; font-weight: 600; font-size: .85rem; vertical-align: bottom }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--rule) }
td { text-align: right; white-space: nowrap }
th:first-child, td:first-child, .state, .text { text-align: left }
.text { white-space: normal }
.up::before, .inactive::before { content: "● "; color: var(--calm) }
.down::before, .firing::before { content: "▲ "; color: var(--firing) }
.pending::before { content: "◆ "; color: var(--pending) }
.unsure::before { content: "○ "; color: var(--unknown) }
.down, .firing { font-weight: 600 }
.firing .pending { font-weight: 400 } .part { opacity: .65 } .unknown { opacity: .5 }
td a, th a, h1 small a { color: inherit; text-decoration-color: var(--rule);
  text-underline-offset: .2em }
"""

_RENEW = """
setInterval(async () => {
  try {
    const answer = await fetch(location.href, {headers: {Accept: "text/html"}});
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const at = document.activeElement?.getAttribute("href");
    for (const id of RENEWED)
      document.getElementById(id).replaceWith(page.getElementById(id));
    if (at) document.querySelector(`a[href="${CSS.escape(at)}"]`)?.focus({preventScroll: true});
    document.title = page.title;
    document.getElementById("lost").textContent = "";
  } catch { document.getElementById("lost").textContent = "The exporter does not answer."; }
}, 2000);
"""

_LINKS = (
    ("/", "markets"),
    ("/explain", "alerts"),
    ("/runbooks/", "runbooks"),
    ("/metrics", "metrics"),
    ("/-/healthy", "healthy"),
    ("/-/ready", "ready"),
)


def document(title: str, heading: str, body: str, renewed: Sequence[str], style: str = "") -> str:
    """A page as HTML. `heading` and `body` are HTML; the elements named in `renewed` are fetched
    anew every two seconds where scripts run. `style` is of this page alone.
    """
    links = "".join(f'<a href="{path}">{name}</a>' for path, name in _LINKS)
    script = f"<script>const RENEWED = {list(renewed)};{_RENEW}</script>" if renewed else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width"><style>{_STYLE}{style}</style></head>
<body><h1>{heading}</h1>
<nav>{links}<strong id="lost"></strong></nav>
{body}
{script}</body></html>
"""


def mark(standing: Standing) -> str:
    """The class that puts a state's sign before a text."""
    return "unsure" if standing is Standing.UNKNOWN else str(standing)


def counted(standings: Mapping[Standing, int]) -> str:
    """How many alerts stand how, as HTML; states that none is in are left out."""
    return (
        "".join(
            f'<span class="{mark(standing)}">{count:,} {standing}</span>'
            for standing in Standing
            if (count := standings.get(standing))
        )
        or '<span class="unknown">No alert applies.</span>'
    )


def sentence(text: str) -> str:
    """A text as a sentence of its own, as HTML: a capital letter, a full stop."""
    return escape(text[:1].upper() + text[1:] + ("" if text.endswith("?") else "."))
