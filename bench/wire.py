"""JSON decode alone: one typed struct an exchange, with the fields of all its messages together."""

from collections.abc import Callable

import msgspec
from msgspec import Struct

Decode = Callable[[bytes], object]


class _BinanceData(Struct, gc=False):
    e: str = ""
    E: int = 0
    T: int = 0
    s: str = ""
    U: int = 0
    u: int = 0
    pu: int = 0
    b: str | list[tuple[str, str]] = ""
    a: str | int | list[tuple[str, str]] = ""
    B: str = ""
    A: str = ""
    p: str = ""
    q: str = ""
    t: int = 0
    X: str = ""
    m: bool = False
    i: str = ""
    r: str = ""


class _BinanceFrame(Struct, gc=False):
    """The envelope, or a REST snapshot."""

    stream: str = ""
    data: _BinanceData | None = None
    lastUpdateId: int = 0  # noqa: N815 - as it is sent
    bids: list[tuple[str, str]] = []
    asks: list[tuple[str, str]] = []


class _OkxArg(Struct, gc=False):
    channel: str = ""
    instId: str = ""  # noqa: N815


class _OkxData(Struct, gc=False):
    instId: str = ""  # noqa: N815
    asks: list[tuple[str, str, str, str]] = []
    bids: list[tuple[str, str, str, str]] = []
    ts: str = ""
    checksum: int = 0
    seqId: int = 0  # noqa: N815
    prevSeqId: int = 0  # noqa: N815
    px: str = ""
    sz: str = ""
    side: str = ""
    last: str = ""
    markPx: str = ""  # noqa: N815
    idxPx: str = ""  # noqa: N815
    fundingRate: str = ""  # noqa: N815


class _OkxFrame(Struct, gc=False):
    arg: _OkxArg | None = None
    event: str = ""
    action: str = ""
    data: list[_OkxData] = []


_TYPED: dict[str, Decode] = {
    "binance": msgspec.json.Decoder(_BinanceFrame).decode,
    "okx": msgspec.json.Decoder(_OkxFrame).decode,
}


def typed(exchange: str) -> Decode:
    """The decoder of an exchange's struct; plain decoding where nobody has written one."""
    return _TYPED.get(exchange, msgspec.json.decode)
