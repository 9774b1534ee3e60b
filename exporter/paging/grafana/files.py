"""The files of Grafana's folder `provisioning/alerting`."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from exporter.paging.grafana.matchers import Inhibition
from exporter.paging.grafana.routing import contact_points, mute_timings, policy
from exporter.paging.grafana.rules import groups
from exporter.paging.grafana.texts import messages

CONTACT_POINTS = "contact-points.yaml"
"""The file that has the secrets in it."""
_HEAD = "# Rendered by `market-quality-exporter render`; do not edit.\n"


def alerting_files(
    alertmanager: str,
    rules: Iterable[str],
    templates: Mapping[str, str],
    runbooks: str,
    preferred: Iterable[str],
) -> Mapping[str, str]:
    """Text by name of the file.

    `alertmanager` is a rendered configuration, `rules` are rule files of Prometheus, `templates`
    message templates by name, `runbooks` the address of the runbooks, `preferred` the receivers
    that get what no route wants. Raises ConfigError for what Grafana cannot do.
    """
    tree = yaml.safe_load(alertmanager)
    receivers = tree["receivers"]
    inhibitions = [Inhibition.read(one) for one in tree.get("inhibit_rules", ())]
    parsed = [yaml.safe_load(text) for text in rules]
    texts = [
        {"orgId": 1, "name": f"market-{name}", "template": messages(text)}
        for name, text in templates.items()
    ]
    return {
        "rules.yaml": _file(groups=groups(parsed, inhibitions, runbooks)),
        CONTACT_POINTS: _file(contactPoints=contact_points(receivers)),
        "policies.yaml": _file(policies=[policy(tree["route"], receivers, preferred)]),
        "mute-timings.yaml": _file(muteTimes=mute_timings()),
        "templates.yaml": _file(templates=texts),
    }


class _Dumper(yaml.SafeDumper):
    """YAML without references, and with several lines as such, for whoever reads a query."""

    def ignore_aliases(self, data: object) -> bool:
        """Each is written out wherever it stands."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _file(**content: Any) -> str:
    tree = {"apiVersion": 1, **content}
    return _HEAD + yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
