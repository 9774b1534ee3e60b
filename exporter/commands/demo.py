"""`demo`: the exporter on simulated exchanges, with an incident every couple of minutes."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from exporter.commands.beside import ALONE, planned, start_beside
from exporter.commands.children import child
from exporter.commands.run import RunOptions, run
from exporter.config import Config
from exporter.config.environment import Address
from exporter.config.redirection import redirected
from exporter.simulator.script import Planned, Script, load_script

SCRIPT = Path(__file__).parent.parent / "simulator" / "demo.yaml"


@dataclass(frozen=True)
class DemoOptions:
    """Where the exporter listens, what the simulated exchanges do, the folder of the runbooks."""

    listen: Address
    script: Path = SCRIPT
    seed: int = 2026
    rate: float = 30
    runbooks: Path | None = None
    alone: bool = False
    """Whether Prometheus, Alertmanager and Grafana stay out of it."""


def demo(config: Config, options: DemoOptions, err: Console) -> int:
    """Run all of it until told to stop. Raises ExporterError where a part cannot start."""
    script = load_script(options.script)
    simulation = {
        "listen": "127.0.0.1:0",
        "script": options.script,
        "seed": options.seed,
        "rate": options.rate,
    }
    arguments = [f"--{name}={value}" for name, value in simulation.items()]
    with ExitStack() as open_:
        folder = Path(open_.enter_context(TemporaryDirectory()))
        endpoints = open_.enter_context(child("simulate", *arguments))["endpoints"]

        beside = ALONE if options.alone else planned()

        def serving(page: str) -> None:
            told = start_beside(beside, page, config.urls, folder, open_)
            _explain(script, page, told, err)

        chosen = RunOptions(
            options.listen,
            folder / "state",
            "Simulated exchanges: nothing here is a real market.",
            serving=serving,
            runbooks=options.runbooks,
        )
        update = {"alertmanagers": beside.alertmanagers, "apply_notices": False}
        maintenance = config.maintenance.model_copy(update=update)
        return run(replace(redirected(config, endpoints), maintenance=maintenance), chosen)


def _explain(script: Script, page: str, beside: Sequence[str], err: Console) -> None:
    """Which page to open, and what will happen when."""
    lines = [
        "The exporter runs on simulated exchanges; nothing here is a real market.",
        f"Open {page} for an overview, {page}metrics for what Prometheus reads. Ctrl-C ends it.",
        *beside,
        "What happens, by the clock of the exchanges:",
        *(f"  {_clock(one.at)}  {_sentence(one)}" for one in script.planned),
    ]
    if script.period is not None:
        lines.append(f"  {_clock(script.period)}  all of it again")
    err.print("\n".join(lines), highlight=False, soft_wrap=True)


def _clock(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes:2d}:{seconds:02d}"


def _sentence(planned: Planned) -> str:
    where = " ".join(filter(None, (planned.exchange, planned.instrument)))
    lasting = f" for {planned.seconds:g} s" if planned.seconds else ""
    return f"{planned.kind} on {where or 'all exchanges'}{lasting}"
