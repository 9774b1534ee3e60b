"""`instruments.yaml`: what is watched, under which symbols, and when its data count as stale."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from exporter.config.catalogue import KINDS
from exporter.config.exchanges import ExchangeName
from exporter.config.sentences import refused
from exporter.config.values import Positive, Section, Table
from exporter.config.wording import found, listed

FILE = "instruments.yaml"

ID_PATTERN = f"^[A-Z0-9]+-[A-Z0-9]+-({'|'.join(KINDS)})$"


class InstrumentName(NamedTuple):
    """The parts of an instrument id: BTC-USDT-PERP is base BTC, quote USDT, kind PERP."""

    base: str
    quote: str
    kind: str


def parse_id(text: str) -> InstrumentName | None:
    """The parts of an instrument id; None where `text` is none."""
    return InstrumentName(*text.split("-")) if re.fullmatch(ID_PATTERN, text) else None


def _check_id(text: str) -> str:
    if parse_id(text) is None:
        raise refused(
            f"must be BASE-QUOTE-KIND in capitals with {listed(KINDS, 'or')} for KIND, such as "
            f"BTC-USDT-{KINDS[0]}, found {found(text)}"
        )
    return text


def _spelled_out(value: object) -> object:
    """A symbol given as text is a mapping with nothing but the symbol."""
    if isinstance(value, str):
        return {"symbol": value}
    if isinstance(value, dict):
        return value
    raise refused(
        "must be the exchange's symbol, or a mapping with `symbol` and what overrides the "
        f"exchange's instrument list, found {found(value)}"
    )


def _given(value: object) -> object:
    if value is None:
        raise refused("must be a number, found nothing; write it, or remove the key")
    return value


InstrumentId = Annotated[
    str, AfterValidator(_check_id), WithJsonSchema({"type": "string", "pattern": ID_PATTERN})
]
Override = Annotated[Positive | None, BeforeValidator(_given)]
"""A number that may be left out, which is not the same as left empty."""


class Symbol(Section):
    """An instrument on one exchange; numbers override the exchange's own instrument list."""

    symbol: str = Field(description="the exchange's own name of the instrument, such as BTCUSDT")
    price_step: Override = Field(
        default=None, description="smallest difference of two prices, in the quote currency"
    )
    quantity_step: Override = Field(
        default=None, description="smallest difference of two sizes, in the exchange's size unit"
    )
    contract_multiplier: Override = Field(
        default=None, description="base currency for each size unit; 1 where sizes are in base"
    )
    funding_interval_hours: Override = Field(
        default=None, description="hours between two funding payments of a perpetual"
    )


SymbolOrText = Annotated[Symbol, BeforeValidator(_spelled_out, json_schema_input_type=str | Symbol)]


class StaleAfter(Section):
    """Seconds without a message after which what a stream said last is no longer used."""

    book: Positive = Field(default=Decimal(65), description="seconds, for order-book messages")
    quote: Positive = Field(default=Decimal(65), description="seconds, for best bid and ask")
    trade: Positive = Field(default=Decimal(65), description="seconds, for trades")
    mark: Positive = Field(default=Decimal(15), description="seconds, for the mark price")
    index: Positive = Field(default=Decimal(65), description="seconds, for the index price")
    funding: Positive = Field(default=Decimal(120), description="seconds, for the funding rate")
    change: Positive = Field(
        default=Decimal(600),
        description="seconds for which a book may stay unchanged, whatever it says, and still be "
        "compared with other prices",
    )


class Defaults(Section):
    """What holds for every instrument that does not say otherwise."""

    stale_after_seconds: StaleAfter = Field(
        default_factory=StaleAfter,
        description="seconds of silence after which a stream's data count as stale",
    )


class InstrumentEntry(Section):
    """One instrument as it stands in the file."""

    stale_after_seconds: StaleAfter = Field(
        default_factory=StaleAfter,
        description="limits that differ from `defaults` for this instrument; a part is enough",
    )
    symbols: Table[ExchangeName, SymbolOrText] = Field(
        description="its symbol on each exchange that has it, such as `binance: BTCUSDT`"
    )


class InstrumentsFile(Section):
    """The whole of `instruments.yaml`."""

    defaults: Defaults = Field(
        default_factory=Defaults, description="what holds for instruments that do not override it"
    )
    instruments: Table[InstrumentId, InstrumentEntry] = Field(
        description="the instruments by id (BASE-QUOTE-KIND), each with `symbols`"
    )


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument: the parts of its id, its symbols by exchange, its own stale limits."""

    id: str
    base: str
    quote: str
    kind: str
    symbols: Mapping[str, Symbol]
    stale_after_seconds: StaleAfter

    def stale_after(self, defaults: StaleAfter) -> StaleAfter:
        """The limits that hold for it: its own, and for the rest `defaults`."""
        own = self.stale_after_seconds
        return defaults.model_copy(
            update={name: getattr(own, name) for name in own.model_fields_set}
        )


@dataclass(frozen=True, slots=True)
class Instruments:
    """The instruments by id, in the order of the file, and the defaults for all of them."""

    defaults: Defaults
    instruments: Mapping[str, Instrument]


def resolved(file: InstrumentsFile) -> Instruments:
    """The instruments of the file, their ids taken apart."""
    table = {name: _resolved(name, entry) for name, entry in file.instruments.items()}
    return Instruments(file.defaults, MappingProxyType(table))


def _resolved(name: str, entry: InstrumentEntry) -> Instrument:
    base, quote, kind = name.split("-")
    return Instrument(name, base, quote, kind, entry.symbols, entry.stale_after_seconds)
