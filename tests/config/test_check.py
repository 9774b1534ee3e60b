"""The `check` command: exact output and exit code."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

from exporter.commands.check import check
from exporter.config import load

Edit = Callable[[str, str, str], None]


def run(directory: Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `check`."""
    out, err = StringIO(), StringIO()
    code = check(lambda: load(directory), directory, directory / "no secrets", out, err)
    return code, out.getvalue(), err.getvalue()


def test_a_good_configuration_is_summed_up(shipped: Path) -> None:
    assert run(shipped) == (
        0,
        """\
Exchanges:
  binance
    spot: wss://stream.binance.com:9443, https://api.binance.com
    usdm: wss://fstream.binance.com, https://fapi.binance.com
  okx
    public: wss://ws.okx.com:8443, https://openapi.okx.com
Instruments:
  BTC-USDT-PERP: binance BTCUSDT, okx BTC-USDT-SWAP
  BTC-USDT-SPOT: binance BTCUSDT, okx BTC-USDT
Metrics switched off: none.
Alerts: 8 P1, 10 P2, 2 P3; off: none.
Regimes: funding_settlement; off: funding_settlement.
Objectives: spread 99.5 %, depth 99.5 %, coverage 99 %; off: none.
Alertmanagers asked for maintenance: http://127.0.0.1:9093.
The configuration is valid.
""",
        "",
    )


def test_what_is_switched_off_is_said(directory: Path, edit: Edit) -> None:
    edit("exchanges.yaml", "okx:\n    enabled: true", "okx:\n    enabled: false")
    edit("features.yaml", "  imbalance: true", "  imbalance: false")
    edit("features.yaml", "  funding: true", "  funding: false")
    code, out, err = run(directory)
    assert (code, err) == (0, "")
    assert "  binance\n" in out
    assert "  okx (disabled)\n" in out
    assert "Metrics switched off: imbalance, funding.\n" in out


def test_without_objectives_there_is_none_for_coverage_either(directory: Path, edit: Edit) -> None:
    edit("slo.yaml", "family: depth", "family: depth\n    enabled: false")
    assert "Objectives: spread 99.5 %, coverage 99 %; off: depth.\n" in run(directory)[1]
    edit("slo.yaml", "family: spread", "family: spread\n    enabled: false")
    assert "Objectives: none; off: spread, depth.\n" in run(directory)[1]
    (directory / "slo.yaml").unlink()
    assert "Objectives: none; off: none.\n" in run(directory)[1]


def test_where_no_alertmanager_is_asked_it_says_so(directory: Path, edit: Edit) -> None:
    edit("maintenance.yaml", "[http://127.0.0.1:9093]", "[]")
    assert "Alertmanagers asked for maintenance: none.\n" in run(directory)[1]


def test_problems_are_printed_a_line_each(directory: Path, edit: Edit) -> None:
    edit("features.yaml", "bands_bps", "band_bps")
    edit("exchanges.yaml", "enabled: true", "enabled: 1")
    assert run(directory) == (
        2,
        "",
        "exchanges.yaml: exchanges.binance.enabled: must be true or false, found 1; "
        "write one of them, without quotes\n"
        "features.yaml: depth.band_bps: is not a known key; did you mean `bands_bps`?\n"
        f"2 problems in {directory}; nothing was started.\n",
    )


def test_one_problem_is_one(directory: Path) -> None:
    directory = directory / "nowhere"
    assert run(directory) == (
        2,
        "",
        f"{directory}: cannot be read: No such file or directory; "
        "name the directory that has exchanges.yaml\n"
        f"1 problem in {directory}; nothing was started.\n",
    )
