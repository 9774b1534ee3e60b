"""What people read: the rules' own sentences, and the message templates, as Grafana takes them.

A text of a rule that asks Prometheus has nothing to ask in Grafana, and is left out. The number of
a rule is `$value` in Prometheus, and in Grafana the answer of a query of its own.
"""

import re
from collections.abc import Mapping

NUMBER = "B"
"""The query whose answer is the number of a rule."""
FIGURES: Mapping[str, str] = {
    NUMBER: "market_alert_value",
    "C": "market_alert_threshold",
    "D": "market_alert_zscore",
    "E": "market_alert_zscore_threshold",
    "F": "market_alert_since_timestamp_seconds",
}
"""The queries that the text of a market alert takes its numbers from."""
_AMOUNT = """\
{{- define "amount" }}
{{- if eq .arg1 "quote" }}{{ humanize .arg0 }}{{ else }}{{ printf "%.2f" .arg0 }}{{ end }}
{{- end }}"""
_WORDS = """\
{{- $unit := "" }}{{ $sign := "" }}{{ $quote := "" }}
{{- with $values.B }}
{{- $unit = .Labels.unit }}
{{- $quote = $labels.instrument | reReplaceAll "^[^-]*-([^-]*)-.*$" "$1" }}
{{- $sign = .Labels.condition | reReplaceAll ">" "above" | reReplaceAll "<" "below" }}
{{- $sign = $sign | reReplaceAll "absolute" "beyond ±" }}"""
_SENTENCE = """\
{{- .Labels.meaning }} {{ template "amount" (args .Value $unit) }}
{{- " " }}{{ $unit | reReplaceAll "^quote$" $quote }}
{{- with $values.C }}, fires {{ $sign }} {{ template "amount" (args .Value $unit) }}{{ end }}
{{- with $values.D }}; z {{ printf "%.1f" .Value }}{{ end }}
{{- with $values.E }}, fires beyond {{ printf "%.1f" .Value }}{{ end }}
{{- with $values.F }}; since {{ (toTime .Value).UTC.Format "2006-01-02 15:04:05" }} UTC{{ end }}
{{- else }}its numbers are on the page Explain
{{- end }}"""
MARKET_DESCRIPTION = f"{_AMOUNT}\n{_WORDS}\n{_SENTENCE}"
"""`quoted spread 8.02 bps, fires above 5.00; z 50.0, fires beyond 3.0; since …`"""

_ASKS = re.compile(r"\{\{[^}]*\bquery\b")
_ACTION = re.compile(r"\{\{(-?)([^{}]*?)\$value\b([^{}]*?)(-?)\}\}")
_BLOCK = re.compile(r"\s*(if|with|range|else|template|define)\b")
_PIPED = re.compile(r"\$labels\.(\w+) *\|")
_NAME = re.compile(r"(\$?)\.Labels\.alertname\b")
_SILENCE = re.compile(r'\{\{ define "link\.silence".*?(?=\n\{\{ define)', re.DOTALL)
_SILENCE_URL = '{{ define "link.silence" -}}\n{{ .SilenceURL }}\n{{- end }}\n'


def sentence(text: str) -> str | None:
    """A text of a rule for Grafana; None where it asks Prometheus.

    What fires nowhere has no labels, and its text is made all the same.
    """
    if _ASKS.search(text):
        return None
    return _ACTION.sub(_numbered, _PIPED.sub(r'(or $labels.\1 "") |', text))


def uses_number(text: str) -> bool:
    """Whether it tells the number of its rule, so that this must be asked for."""
    return f"$values.{NUMBER}" in text


def messages(template: str) -> str:
    """Message templates of Alertmanager for Grafana.

    All market alerts have one name there, and their own as the label `alert`. A silence is one of
    Grafana's.
    """
    named = _NAME.sub(r"(or \1.Labels.alert \1.Labels.alertname)", template)
    return _SILENCE.sub(lambda _: _SILENCE_URL, named)


def _numbered(action: re.Match[str]) -> str:
    left, before, after, right = action.groups()
    assert not _BLOCK.match(before), f"{action[0]} needs the number of its rule for a decision"
    inner = f"{{{{{left}{before}.Value{after}{right}}}}}"
    return f"{{{{ with $values.{NUMBER} }}}}{inner}{{{{ end }}}}"
