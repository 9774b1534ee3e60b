"""A small process that goes through made seconds as fast as it can, with its alerts kept on disk.

`python -m tests.cli.seconds CONFIG STATE FIRST` begins half a second before second FIRST and prints
each second that is over. The book of each market at each second is the same in every process.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from random import Random

from exporter import log
from exporter.config import Config, load
from exporter.keeping.alertstore import AlertStore
from exporter.keeping.statefiles import StateFiles
from exporter.model import NANOSECONDS, Stream
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from tests.made import OKX, START, Session, Speaker

SYMBOLS = ("BTC-USDT", "BTC-USDT-SWAP")
MANY = 100_000
"""Seconds after which it would end by itself."""


def spread(symbol: str, second: int) -> int:
    """The spread in hundredths of a bp: about 100, now and then wide for up to half a minute."""
    block, place = divmod(second, 40)
    story = Random(f"{symbol} {block}")  # noqa: S311 - the same each time
    noise = Random(f"{symbol} {second}").randrange(20)  # noqa: S311
    begins, lasts = story.randrange(10), story.choice([2, 6, 12, 30])
    wide = begins <= place < begins + lasts
    return (story.choice([400, 800, 1600]) if wide else 100) + noise


class Made:
    """A pipeline and the made markets that feed it."""

    def __init__(self, config: Config, observer: Observer) -> None:
        self.pipeline = Pipeline(config, observer=observer)
        self._session = Session(self.pipeline)
        self._speakers = [Speaker(self._session, OKX, symbol) for symbol in SYMBOLS]

    def go(self, seconds: Iterable[int]) -> Iterable[int]:
        """What happens in these seconds; each is given once it is over."""
        for second in seconds:
            self._session.now = at(second) + NANOSECONDS // 4
            for speaker in self._speakers:
                ask = 1_000_000 + spread(speaker.symbol, second)
                speaker.snapshot([("10000", "1")], [(f"{ask // 100}.{ask % 100:02d}", "1")])
            self.pipeline.advance(at(second + 1))
            yield second + 1

    def lose(self, second: int) -> None:
        """The connection breaks, right after this second."""
        self.pipeline.disconnect(OKX, SYMBOLS, list(Stream), at(second) + 1)


def at(second: int) -> int:
    """Unix ns of a made second."""
    return START + second * NANOSECONDS


def main(config: str, state: str, first: str) -> None:
    """Go on until killed."""
    log.configure("info")
    store = AlertStore(StateFiles(Path(state)), log.Log())
    made = Made(load(Path(config)), store)
    began = at(int(first)) - NANOSECONDS // 2
    store.restore(made.pipeline.alerts, began)
    made.pipeline.advance(began)
    store.begin(made.pipeline.alerts, began)
    for second in made.go(range(int(first), MANY)):
        print(second, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
