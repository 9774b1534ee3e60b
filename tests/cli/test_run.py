"""`run` as a process of its own: what refuses to start, and one life from start to end."""

import json
import signal
import socket
from pathlib import Path

import pytest

from exporter.__main__ import main
from tests.cli.processes import Program, configured, everywhere, program
from tests.exposition.reading import series

FEEDS = {"binance/spot", "binance/usdm", "okx"}


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of what starts nothing."""
    return main([str(argument) for argument in arguments]), *capsys.readouterr()


def test_the_configuration_is_checked_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = configured(tmp_path / "good", everywhere("127.0.0.1:1"))
    bad = configured(tmp_path / "bad", everywhere("127.0.0.1:1"))
    (bad / "features.yaml").write_text("depth: {band_bps: [5]}\n")
    place = "features.yaml: depth.band_bps: is not a known key; did you mean `bands_bps`?\n"
    code, out, err = told(capsys, "run", "--check-config", "--config", good)
    assert (code, out.splitlines()[-1], err) == (0, "The configuration is valid.", "")
    refused = told(capsys, "run", "--check-config", "--config", bad)
    assert refused == (2, "", f"{place}1 problem in {bad}; nothing was started.\n")
    assert told(capsys, "check", "--config", bad) == refused
    state = tmp_path / "state"
    started = told(capsys, "run", "--config", bad, "--state", state, "--listen", "127.0.0.1:0")
    assert started == (2, "", place)
    assert not state.exists()


async def test_a_port_in_use_is_one_sentence_and_code_1(tmp_path: Path) -> None:
    config = configured(tmp_path, everywhere("127.0.0.1:1"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        arguments = ("--config", config, "--state", tmp_path / "state", "--listen", address)
        async with program("run", *arguments) as it:
            assert await it.ended() == 1
            assert it.out == []
            assert it.err == [
                f"market-quality-exporter: cannot listen on {address}: Address already in use; "
                "choose another address with --listen or LISTEN_ADDRESS"
            ]


async def test_a_life_from_start_to_end_and_another_that_knows_the_lists(tmp_path: Path) -> None:
    async with program("simulate", "--listen", "127.0.0.1:0") as simulated:
        await simulated.until(lambda: simulated.out)
        config = configured(tmp_path, json.loads(simulated.out[0])["endpoints"])
        arguments = ("run", "--config", config, "--state", tmp_path / "state")
        async with program(*arguments, "--listen", "127.0.0.1:0") as it:
            await lives(it)
            assert await it.ended(signal.SIGTERM) == 0
            assert_log(
                it,
                "alerts_begin_anew",
                "connected",
                "connected",
                "connected",
                "connected",
                "stopping",
            )
        async with program(*arguments, "--listen", "127.0.0.1:0") as it:
            await lives(it)
            assert await it.ended(signal.SIGINT) == 0
            assert it.unclosed() == []
            assert it.count("instruments_from_cache") == 3
            assert it.events()[-1]["event"] == "stopping"


async def lives(it: Program) -> None:
    """It serves, becomes ready, and shows what it knows."""
    address = await it.address()
    assert await it.ready(address) == "ready\n"
    status, text = await it.get(f"{address}metrics")
    assert status == 200
    up = {dict(key[1])["instrument"] for key in series(text) if key[0] == "market_feed_up"}
    assert up == {"BTC-USDT-SPOT", "BTC-USDT-PERP"}


def assert_log(it: Program, *names: str) -> None:
    """JSON lines with time and level, nothing on standard output, and no trouble in them."""
    assert it.out == []
    events = it.events()
    assert all(event.keys() >= {"event", "level", "time"} for event in events)
    assert {event["level"] for event in events} == {"info"}
    found = [event["event"] for event in events]
    assert found[0] == "serving"
    assert sorted(found[1:]) == sorted(names)
    assert found[-1] == "stopping"
    assert {event["feed"] for event in events if "feed" in event} == FEEDS


async def test_it_ends_in_order_while_nobody_answers(tmp_path: Path) -> None:
    """The exchanges' port takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = configured(tmp_path, everywhere(f"127.0.0.1:{silent.getsockname()[1]}"))
        arguments = ("--config", config, "--state", tmp_path / "state", "--listen", "127.0.0.1:0")
        async with program("run", *arguments) as it:
            address = await it.address()
            assert (await it.ready(address, 503)).startswith("not ready: no live book of ")
            assert await it.ended(signal.SIGTERM) == 0
            assert it.events()[-1]["event"] == "stopping"


async def test_runbooks_are_those_of_the_folder_that_is_named(tmp_path: Path) -> None:
    config = configured(tmp_path, everywhere("127.0.0.1:1"))
    (tmp_path / "own_alert.md").write_text("# own_alert\n\nCall the desk.\n")
    arguments = ("--config", config, "--state", tmp_path / "state", "--runbooks", tmp_path)
    async with program("run", *arguments, "--listen", "127.0.0.1:0") as it:
        address = await it.address()
        status, page = await it.get(f"{address}runbooks/own_alert")
        assert (status, "Call the desk." in page) == (200, True)
        assert (await it.get(f"{address}runbooks/spread_critical"))[0] == 404
        assert await it.ended(signal.SIGTERM) == 0
