"""`demo`: the exporter on simulated exchanges, with an incident every couple of minutes."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from exporter.commands.run import RunOptions, run
from exporter.config import Config
from exporter.config.environment import Address
from exporter.config.redirection import redirected
from exporter.errors import ExporterError
from exporter.simulator.script import Planned, Script, load_script

SCRIPT = Path(__file__).parent.parent / "simulator" / "demo.yaml"
_STOPPING_SECONDS = 10


@dataclass(frozen=True)
class DemoOptions:
    """Where the exporter listens, what the simulated exchanges do, the folder of the runbooks."""

    listen: Address
    script: Path = SCRIPT
    seed: int = 2026
    rate: float = 30
    runbooks: Path | None = None


def demo(config: Config, options: DemoOptions, err: Console) -> int:
    """Run both until told to stop. Raises ExporterError where one of them cannot start."""
    script = load_script(options.script)
    with _simulation(options) as endpoints, TemporaryDirectory() as state:
        chosen = RunOptions(
            options.listen,
            Path(state),
            "Simulated exchanges: nothing here is a real market.",
            serving=lambda page: _explain(script, page, err),
            runbooks=options.runbooks,
        )
        return run(redirected(config, endpoints), chosen)


def _explain(script: Script, page: str, err: Console) -> None:
    """Which page to open, and what will happen when."""
    lines = [
        "The exporter runs on simulated exchanges; nothing here is a real market.",
        f"Open {page} for an overview, {page}metrics for what Prometheus reads. Ctrl-C ends it.",
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


@contextmanager
def _simulation(options: DemoOptions) -> Iterator[Mapping[str, Mapping[str, Mapping[str, str]]]]:
    """The simulated exchanges in a process of their own; gives their addresses, ends it after."""
    command = [sys.executable, "-m", "exporter", "simulate", "--attached"]
    command += ["--listen", "127.0.0.1:0"]
    command += ["--script", str(options.script), "--seed", str(options.seed)]
    command += ["--rate", str(options.rate)]
    process = subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise ExporterError("the simulated exchanges did not start; see above")
        yield json.loads(line)["endpoints"]
    finally:
        process.stdin.close()
        process.stdout.close()
        process.terminate()
        try:
            process.wait(_STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
