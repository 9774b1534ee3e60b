"""What OKX sends, as structs; a sample of each payload stands above its fields."""

import msgspec
from msgspec import Struct

Levels = list[tuple[str, str, str, str]]


class Arg(Struct, frozen=True, gc=False):
    """`{"channel":"books","instId":"BTC-USDT"}`"""

    channel: str = ""
    instId: str = ""


class Envelope(Struct):
    """`{"arg":{…},"data":[…]}`; answers to requests carry an `event` instead of data, a notice a
    `code`."""

    arg: Arg = Arg()
    event: str = ""
    code: str = ""
    msg: str = ""


class Book(Struct, gc=False):
    """`{"asks":[["120.67","90.4","0","6"]],"bids":[…],"ts":"1790394877200","checksum":0,
    "seqId":32032594283,"prevSeqId":-1}`. Frames before 2023 have no sequence ids."""

    asks: Levels
    bids: Levels
    ts: str
    checksum: int = 0
    seqId: int | None = None
    prevSeqId: int | None = None


class BookFrame(Struct, gc=False):
    action: str
    data: list[Book]


class Best(Struct, gc=False):
    """`{"asks":[["111.06","55154","0","2"]],"bids":[["111.05","57745","0","2"]],"ts":"…",
    "seqId":363996337}`"""

    asks: Levels
    bids: Levels
    ts: str
    seqId: int | None = None


class BestFrame(Struct, gc=False):
    data: list[Best]


class TradeRow(Struct, gc=False):
    """`{"instId":"BTC-USDT","tradeId":"1062992715","px":"83772.6","sz":"0.00001","side":"buy",
    "ts":"1790358565298"}`: `side` is the taker's."""

    instId: str
    tradeId: str
    px: str
    sz: str
    side: str
    ts: str


class TradeFrame(Struct, gc=False):
    data: list[TradeRow]


class Reference(Struct, gc=False):
    """The fields of `mark-price`, `index-tickers`, `funding-rate` and `tickers` that are used."""

    instId: str
    ts: str
    markPx: str = ""
    idxPx: str = ""
    fundingRate: str = ""
    fundingTime: str = ""
    nextFundingTime: str = ""
    last: str = ""
    instType: str = ""
    vol24h: str = ""
    volCcy24h: str = ""


class ReferenceFrame(Struct, gc=False):
    data: list[Reference]


class Instrument(Struct):
    """A row of `/api/v5/public/instruments`; `ct…` are empty for spot."""

    instId: str
    instType: str
    tickSz: str
    lotSz: str
    baseCcy: str = ""
    quoteCcy: str = ""
    uly: str = ""
    ctVal: str = ""
    ctMult: str = ""
    ctType: str = ""
    state: str = "live"


class Answer(Struct):
    """The envelope of REST answers; HTTP 200 can carry an error in `code`."""

    code: str
    msg: str = ""


class Instruments(Answer, kw_only=True):
    """`/api/v5/public/instruments`"""

    data: list[Instrument]


class BooksAnswer(Answer, kw_only=True):
    """`/api/v5/market/books`"""

    data: list[Book]


envelope = msgspec.json.Decoder(Envelope).decode
books = msgspec.json.Decoder(BookFrame).decode
best = msgspec.json.Decoder(BestFrame).decode
trades = msgspec.json.Decoder(TradeFrame).decode
references = msgspec.json.Decoder(ReferenceFrame).decode
status = msgspec.json.Decoder(Answer).decode
books_answer = msgspec.json.Decoder(BooksAnswer).decode
instruments = msgspec.json.Decoder(Instruments).decode
