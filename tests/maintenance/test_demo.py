"""A demonstration reads the silences of its own Alertmanager, and none where it has none."""

from tests.cli.processes import Program, program
from tests.exposition.reading import series
from tests.programs import needed
from tests.stack.processes import BOUND, until

ACTIVE, READS = "market_maintenance_active", "market_exporter_silence_reads_total"


async def names(it: Program, address: str) -> set[tuple[str, str]]:
    """Family and result (if it has that label) of every series on its page."""
    _, text = await it.get(f"{address}metrics")
    return {(name, dict(labels).get("result", "")) for name, labels in series(text)}


async def test_with_an_alertmanager_beside_it_maintenance_is_known() -> None:
    needed("prometheus")
    needed("alertmanager")
    async with program("demo", "--listen", "127.0.0.1:0") as it:
        address = await it.address()

        async def known() -> bool:
            return (ACTIVE, "") in await names(it, address)

        await until(known, BOUND, "it has read its silences")
        assert it.count("maintenance_unreadable") == 0


async def test_alone_it_asks_nobody() -> None:
    async with program("demo", "--alone", "--listen", "127.0.0.1:0") as it:
        address = await it.address()
        await it.ready(address)

        async def asked() -> bool:
            return ("market_exchange_notice_active", "") in await names(it, address)

        await until(asked, BOUND, "exchanges have said what they announce")
        found = await names(it, address)
        assert {name for name, _ in found}.isdisjoint({ACTIVE, READS})
