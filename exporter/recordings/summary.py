"""What a replay found, for programs (JSON) and for people (a table)."""

from dataclasses import asdict, dataclass

from rich import box
from rich.table import Table

from exporter.markets.market import Market
from exporter.model import NANOSECONDS
from exporter.pipeline import Pipeline


@dataclass(frozen=True)
class MarketSummary:
    """Counts of one market; `tops` are comparisons with the exchange's own best bid and ask."""

    depth_events: int
    tops_compared: int
    tops_equal: int
    checksums_ok: int
    checksums_failed: int
    gaps: int
    resyncs: int
    crossed: int
    decode_errors: int
    refused: int


@dataclass(frozen=True)
class Summary:
    """Counts of a replay. `frames` are WebSocket frames, `recorded_seconds` spans their times."""

    frames: int
    recorded_seconds: float
    wall_seconds: float
    damaged_lines: int
    unassigned_errors: int
    markets: dict[str, MarketSummary]

    def json(self) -> dict[str, object]:
        """Plain values, for a JSON file."""
        return asdict(self)


def summarise(
    pipeline: Pipeline, *, frames: int, recorded: int, wall: int, damaged_lines: int
) -> Summary:
    """The summary of markets that anything was received of; spans are nanoseconds."""
    seen = {
        str(market.id): _market(market)
        for market in pipeline.markets.values()
        if any(clock.messages for clock in market.clocks.values()) or market.decode_errors
    }
    return Summary(
        frames=frames,
        recorded_seconds=recorded / NANOSECONDS,
        wall_seconds=wall / NANOSECONDS,
        damaged_lines=damaged_lines,
        unassigned_errors=sum(intake.unassigned for intake in pipeline.intakes.values()),
        markets=dict(sorted(seen.items())),
    )


def _market(market: Market) -> MarketSummary:
    sync = market.sync
    return MarketSummary(
        depth_events=sum(sync.updates.values()) + sync.waiting,
        tops_compared=sync.tops.compared,
        tops_equal=sync.tops.equal,
        checksums_ok=sync.checksums["ok"],
        checksums_failed=sync.checksums["failed"],
        gaps=sum(sync.gaps.values()),
        resyncs=sync.resyncs,
        crossed=sync.crossed,
        decode_errors=market.decode_errors,
        refused=sync.updates["refused"] + sync.snapshots["refused"],
    )


def table(summary: Summary) -> Table:
    """The summary as a person reads it in a terminal."""
    rate = summary.frames / summary.wall_seconds if summary.wall_seconds else 0
    speed = summary.recorded_seconds / summary.wall_seconds if summary.wall_seconds else 0
    caption = (
        f"{summary.frames:,} frames, {summary.recorded_seconds:,.1f} s recorded, replayed in "
        f"{summary.wall_seconds:,.2f} s ({rate:,.0f} frames/s, {speed:,.0f} times real time)"
    )
    if summary.damaged_lines:
        caption += f"; {summary.damaged_lines:,} damaged lines left out"
    if summary.unassigned_errors:
        caption += f"; {summary.unassigned_errors:,} unreadable frames of no known market"
    result = Table(caption=caption, caption_justify="left", box=box.SIMPLE_HEAD)
    result.add_column("market")
    for title in ("depth events", "tops equal", "checksums", "gaps", "resyncs", "crossed"):
        result.add_column(title, justify="right")
    result.add_column("decode errors", justify="right")
    result.add_column("refused", justify="right")
    for name, market in summary.markets.items():
        checksums = market.checksums_ok + market.checksums_failed
        result.add_row(
            name,
            f"{market.depth_events:,}",
            _of(market.tops_equal, market.tops_compared),
            _of(market.checksums_ok, checksums),
            *(f"{count:,}" for count in (market.gaps, market.resyncs, market.crossed)),
            f"{market.decode_errors:,}",
            f"{market.refused:,}",
        )
    return result


def _of(good: int, total: int) -> str:
    return f"{good:,} of {total:,}" if total else "–"
