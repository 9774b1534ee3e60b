"""`check`: whether a configuration would be accepted, and what it would watch."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

from exporter.commands.render import TEMPLATE, from_template, unreachable_links
from exporter.config import AlertRule, Config, Objective, Regime, SloFile
from exporter.errors import ConfigError
from exporter.paging.secrets import read_secrets

ACCEPTED = 0
REFUSED = 2


def check(
    read: Callable[[], Config], directory: Path, secrets: Path, out: TextIO, err: TextIO
) -> int:
    """Prints what the configuration says that `read` gives from `directory`, or each of its
    problems on a line.

    The folder of secrets says whether messages leave this machine, so that links must not point to
    it. Returns 0 where all is accepted, 2 where it is refused. Opens no connection.
    """
    try:
        config = read()
        _check_links(config, secrets)
    except ConfigError as error:
        count = len(error.problems)
        print(error, file=err)
        noun = "problem" if count == 1 else "problems"
        print(f"{count} {noun} in {directory}; nothing was started.", file=err)
        return REFUSED
    for line in summary(config):
        print(line, file=out)
    return ACCEPTED


def _check_links(config: Config, secrets: Path) -> None:
    """Raises ConfigError for links in notifications that whoever gets them could not open,
    ExporterError where the template of Alertmanager's configuration cannot be read."""
    if found := read_secrets(secrets):
        rendered = from_template(TEMPLATE, found)
        if problems := tuple(unreachable_links(rendered, config.urls)):
            raise ConfigError(problems)


def summary(config: Config) -> Iterator[str]:
    """A few lines for a person: exchanges and addresses, instruments, what is switched off."""
    yield "Exchanges:"
    for name, exchange in config.exchanges.exchanges.items():
        yield f"  {name}" if exchange.enabled else f"  {name} (disabled)"
        for feed, endpoint in exchange.feeds.items():
            yield f"    {feed}: {endpoint.websocket}, {endpoint.rest}"
    yield "Instruments:"
    for instrument in config.instruments.instruments.values():
        symbols = (f"{name} {symbol.symbol}" for name, symbol in instrument.symbols.items())
        yield f"  {instrument.id}: {', '.join(symbols)}"
    off = [name for name, is_on in config.features.metrics if not is_on]
    yield f"Metrics switched off: {', '.join(off) or 'none'}."
    alerts, regimes = config.alerts.alerts, config.alerts.regimes
    counts = Counter(rule.priority for rule in alerts.values() if rule.enabled)
    named = ", ".join(f"{count} {priority}" for priority, count in sorted(counts.items()))
    yield f"Alerts: {named or 'none'}; off: {_off(alerts)}."
    yield f"Regimes: {', '.join(regimes) or 'none'}; off: {_off(regimes)}."
    yield f"Objectives: {_objectives(config.slo)}; off: {_off(config.slo.objectives)}."
    yield f"Alertmanagers asked for maintenance: {_asked(config)}."
    yield "The configuration is valid."


def _objectives(slo: SloFile) -> str:
    on = {name: one for name, one in slo.objectives.items() if one.enabled}
    named = [f"{name} {one.target_percent} %" for name, one in on.items()]
    return ", ".join([*named, f"coverage {slo.coverage.target_percent} %"]) if named else "none"


def _asked(config: Config) -> str:
    return ", ".join(config.maintenance.alertmanagers) or "none"


def _off(
    entries: Mapping[str, AlertRule] | Mapping[str, Regime] | Mapping[str, Objective],
) -> str:
    return ", ".join(name for name, entry in entries.items() if not entry.enabled) or "none"
