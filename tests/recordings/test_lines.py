"""The line formats of recordings: told apart by content, damage told with file and number."""

import gzip
from pathlib import Path

import pytest
import zstandard

from exporter.errors import RecordingError
from exporter.recordings.lines import Row, Said, rows
from tests.made import OKX, SPOT, START, USDM, Line, short
from tests.recordings.written import FORMATS, PACKERS, log, save, stamped
from tests.recordings.written import rows as as_rows

LINES = short(SPOT, "BTCUSDT")
MISLEADING = ("okx.jsonl.zst", "data.gz", "usdm__btcusdt.dat", "no suffix at all")


def read(path: Path) -> tuple[list[Row], list[str]]:
    """All rows and all that was told of damage."""
    damage: list[str] = []
    return list(rows(path, damage.append)), damage


def received(found: list[Row]) -> list[tuple[int, bytes, bool]]:
    """Time, data and whether it is an answer, without what is only about connections."""
    return [
        (row.time, row.data, row.said is Said.ANSWER)
        for row in found
        if row.said is not Said.CONNECTED
    ]


def meant(lines: list[Line]) -> list[tuple[int, bytes, bool]]:
    return [(line.at, line.data, bool(line.url)) for line in lines]


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", MISLEADING)
def test_every_format_and_packing_is_known_by_its_content(
    tmp_path: Path, form: str, packer: str, name: str
) -> None:
    found, damage = read(save(tmp_path / name, PACKERS[packer](FORMATS[form](LINES))))
    assert received(found) == meant(LINES)
    assert damage == []


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        (b"1723075200123456", 1_723_075_200_123_456_000),
        (b"1723075200123456789", 1_723_075_200_123_456_789),
        (b"99999999999999999", 99_999_999_999_999_999_000),
        (b"100000000000000000", 100_000_000_000_000_000),
    ],
)
def test_a_receive_time_is_in_microseconds_or_nanoseconds_by_its_size(
    tmp_path: Path, stamp: bytes, time: int
) -> None:
    ((row,), damage) = read(save(tmp_path / "x", stamp + b' {"stream":"a"}\n'))
    assert (row.time, damage) == (time, [])


def test_times_in_seconds_are_exact_to_the_nanosecond(tmp_path: Path) -> None:
    text = b'{"t":"recv","conn":"1","ts":1653000000.123456789,"data":"x"}\n'
    ((row,), _) = read(save(tmp_path / "rows", text))
    assert row.time == 1_653_000_000_123_456_789
    ((row,), _) = read(save(tmp_path / "log", b"1653000000.123456789: x\n"))
    assert row.time == 1_653_000_000_123_456_789


def test_a_rest_answer_bears_its_address_and_a_frame_its_connection(tmp_path: Path) -> None:
    found, _ = read(save(tmp_path / "x", as_rows(LINES)))
    answer = next(row for row in found if row.said is Said.ANSWER)
    assert answer.url == "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000"
    assert {row.connection for row in found if row.said is Said.FRAME} == {"1"}
    (connected,) = (row for row in found if row.said is Said.CONNECTED)
    assert (connected.url, connected.connection) == ("wss://stream.binance.com:9443/stream", "1")


def test_in_a_log_arrows_tell_what_was_connected_sent_and_answered(tmp_path: Path) -> None:
    found, damage = read(save(tmp_path / "x", log(LINES)))
    assert [row.said for row in found[:4]] == [
        Said.CONNECTED,
        Said.CONNECTED,
        Said.FRAME,
        Said.ANSWER,
    ]
    assert found[3].url.startswith("https://api.binance.com/")
    assert damage == []


def test_a_snapshot_among_combined_streams_is_the_answer_in_a_stamped_file(tmp_path: Path) -> None:
    found, _ = read(save(tmp_path / "x", stamped(LINES)))
    assert [row.said for row in found[:3]] == [Said.FRAME, Said.ANSWER, Said.FRAME]


def test_rows_of_unknown_kinds_empty_lines_and_carriage_returns_are_no_damage(
    tmp_path: Path,
) -> None:
    text = b'\n{"t":"note","ts":1}\r\n\r\n' + as_rows(LINES).replace(b"\n", b"\r\n")
    found, damage = read(save(tmp_path / "x", text))
    assert received(found) == meant(LINES)
    assert damage == []


@pytest.mark.parametrize(
    ("form", "line", "why"),
    [
        ("stamped", b"170000000000000000", "not '<receive time in ns or µs> <raw JSON>'"),
        ("stamped", b"17000x {}", "not '<receive time in ns or µs> <raw JSON>'"),
        ("stamped", b"{}", "not '<receive time in ns or µs> <raw JSON>'"),
        ("stamped", b"-5 {}", "not '<receive time in ns or µs> <raw JSON>'"),
        ("rows", b'{"t":"recv","ts":1,', "Input data was truncated"),
        ("rows", b'{"ts":1}', "Object missing required field `t`"),
        ("log", b"yesterday: {}", "not '<time>: <raw>' nor '<url> <-, -> or <-> <time>'"),
        ("log", b"1653000000.5", "not '<time>: <raw>' nor '<url> <-, -> or <-> <time>'"),
    ],
)
def test_a_damaged_line_is_told_with_file_and_number_and_left_out(
    tmp_path: Path, form: str, line: bytes, why: str
) -> None:
    whole = FORMATS[form](LINES).splitlines(keepends=True)
    path = save(tmp_path / "damaged", b"".join([*whole[:3], line + b"\n", *whole[3:]]))
    found, damage = read(path)
    assert received(found) == meant(LINES)
    assert damage == [f"{path}: line 4: {why}"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"t":"recv","conn":"1","ts":"soon","data":"x"}',
        b'{"t":"recv","conn":"1","ts":"NaN","data":"x"}',
        b'{"t":"recv","conn":"1","ts":"Infinity","data":"x"}',
        b'{"t":"connect","conn":"2","ts":1,"addr":"wss://[broken"}',
        b'{"t":"http","ts":1,"url":"https://[broken","data":"{}"}',
    ],
)
def test_a_row_with_an_impossible_time_or_address_is_damage(tmp_path: Path, line: bytes) -> None:
    path = save(tmp_path / "x", as_rows(LINES) + line + b"\n")
    found, damage = read(path)
    assert received(found) == meant(LINES)
    assert len(damage) == 1
    assert damage[0].startswith(f"{path}: line {len(LINES) + 3}: ")


@pytest.mark.parametrize("stamp", [b"1" * 22, b"9" * 40, b"9" * 5000])
def test_a_time_that_no_calendar_has_is_damage(tmp_path: Path, stamp: bytes) -> None:
    """One such line would carry pipeline time away, and no clock could show it."""
    path = save(tmp_path / "x", stamped(LINES) + stamp + b' {"stream":"x"}\n')
    found, damage = read(path)
    assert received(found) == meant(LINES)
    assert len(damage) == 1


def longer() -> list[Line]:
    """Enough lines that a packed file has more than one block."""
    return [
        Line(START + number, SPOT, b'{"stream":"btcusdt@x","n":%d}' % (number * 7919**5))
        for number in range(20_000)
    ]


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
def test_a_packed_file_that_breaks_off_is_told_and_what_came_before_is_kept(
    tmp_path: Path, packer: str
) -> None:
    lines = longer()
    packed = PACKERS[packer](stamped(lines))
    path = save(tmp_path / "broken", packed[: len(packed) // 2])
    found, damage = read(path)
    assert 1000 < len(found) < len(lines)
    assert received(found[:-1]) == meant(lines[: len(found) - 1])
    assert damage[-1].startswith(f"{path}: breaks off after line ")


def test_a_packed_file_with_something_else_behind_it_is_told(tmp_path: Path) -> None:
    for name, packer in PACKERS.items():
        if name == "plain":
            continue
        path = save(tmp_path / name, packer(stamped(LINES)) + b"junk")
        found, damage = read(path)
        assert received(found) == meant(LINES)
        assert damage[0].startswith(f"{path}: breaks off after line {len(LINES)}: ")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_files_packed_in_several_parts_are_read_whole(tmp_path: Path, pack: object) -> None:
    """What `cat one.gz two.gz` makes is a valid file of its format."""
    assert callable(pack)
    text = stamped(LINES)
    middle = text.index(b"\n", len(text) // 2) + 1
    found, damage = read(save(tmp_path / "x", pack(text[:middle]) + pack(text[middle:])))
    assert received(found) == meant(LINES)
    assert damage == []


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        (b"hello\n", "b'hello'"),
        (b"time,bid,ask\n1,2,3\n", "b'time,bid,ask'"),
        (b"\x89PNG\r\n\x1a\n", r"b'\x89PNG'"),
        (b"[1]\n", "b'[1]'"),
        (b"x" * 100, "b'" + "x" * 40 + "'"),
    ],
)
def test_a_file_of_no_known_format_is_refused_with_what_is_known(
    tmp_path: Path, content: bytes, begins: str
) -> None:
    path = save(tmp_path / "x", content)
    with pytest.raises(RecordingError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path}: no recording format begins with {begins}; known are '<time> <JSON>' lines, "
        "rows of JSON with a 't', and '<time>: <raw>' logs"
    )


def test_a_missing_file_and_a_folder_cannot_be_read(tmp_path: Path) -> None:
    for path, why in (
        (tmp_path / "none", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ):
        with pytest.raises(RecordingError) as caught:
            read(path)
        assert str(caught.value) == f"{path}: cannot be read: {why}"


@pytest.mark.parametrize(
    "start", [b"\x1f\x8b", b"\x1f\x8bnothing else", b"\x28\xb5\x2f\xfdnothing"]
)
def test_a_packed_file_broken_from_the_start_cannot_be_read(tmp_path: Path, start: bytes) -> None:
    path = save(tmp_path / "x", start)
    with pytest.raises(RecordingError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: cannot be read: ")


def test_the_formats_of_other_exchanges_are_the_same(tmp_path: Path) -> None:
    for feed, symbol in ((OKX, "BTC-USDT"), (USDM, "BTCUSDT")):
        lines = short(feed, symbol)
        for form, write in FORMATS.items():
            found, damage = read(save(tmp_path / form, write(lines)))
            assert received(found) == meant(lines)
            assert damage == []
