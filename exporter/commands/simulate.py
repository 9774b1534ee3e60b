"""`simulate`: simulated exchanges on a local port, with incidents on demand or by a script."""

import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from exporter import clock
from exporter.commands.looping import end_with_input, run_until_told
from exporter.simulator.script import load_script
from exporter.simulator.simulation import Simulation
from exporter.simulator.symbols import symbols
from exporter.simulator.world import World
from exporter.timestamps import timestamp


@dataclass(frozen=True)
class SimulateOptions:
    """How many pairs (four markets each), how lively, where to listen, and what goes wrong when.

    `rate` is book changes a second and market. The same `seed` makes the same markets.
    """

    pairs: int = 1
    seed: int = 1
    rate: float = 20
    host: str = "127.0.0.1"
    port: int = 9720
    script: Path | None = None
    attached: bool = False
    """Whether the end of standard input is the end of it all."""


def simulate(options: SimulateOptions, out: Console, err: Console) -> int:
    """Run until SIGINT or SIGTERM. Raises ExporterError where that cannot be done as asked.

    Where `out` is no terminal its first line is JSON with the `address` and the `endpoints`, so
    that a program which let the system choose the port finds it.
    """
    run_until_told(_simulate(options, out, err))
    return 0


async def _simulate(options: SimulateOptions, out: Console, err: Console) -> None:
    simulation = _simulation(options, err)
    if options.attached:
        end_with_input()
    address = await simulation.start(options.host, options.port)
    try:
        _introduce(simulation, address, out, err)
        await simulation.wait()
    finally:
        await simulation.stop()


def _simulation(options: SimulateOptions, err: Console) -> Simulation:
    script = None if options.script is None else load_script(options.script, options.pairs)
    world = World(symbols(options.pairs), options.seed, clock.now() // 1_000_000, options.rate)
    return Simulation(world, script=script, report=lambda sentence: _say(err, sentence))


def _introduce(simulation: Simulation, address: str, out: Console, err: Console) -> None:
    endpoints = {
        exchange: {
            name: {"websocket": websocket, "rest": rest}
            for name, (websocket, rest) in services.items()
        }
        for exchange, services in simulation.endpoints.items()
    }
    if not out.is_terminal:
        line = json.dumps({"address": address, "endpoints": endpoints})
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    names = ", ".join(
        f"/{exchange}/{name}" for exchange, services in endpoints.items() for name in services
    )
    _say(err, f"simulated exchanges at {address}: {names} (WebSocket and REST), /control")


def _say(err: Console, sentence: str) -> None:
    line = f"{timestamp(clock.now())} {sentence}"
    err.print(line, markup=False, highlight=False, soft_wrap=True)
