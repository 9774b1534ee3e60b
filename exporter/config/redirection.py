"""A configuration with other addresses: the same exchanges, reached elsewhere."""

from collections.abc import Mapping
from dataclasses import replace

from exporter.config.config import Config
from exporter.config.exchanges import Endpoint, Exchange, ExchangesFile


def redirected(config: Config, endpoints: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Config:
    """`config` with the addresses of `endpoints`, by exchange, feed and `websocket` or `rest`.

    Raises pydantic's ValidationError for what is no address.
    """
    given = config.exchanges.exchanges
    exchanges = {
        name: Exchange(
            enabled=given[name].enabled,
            feeds={feed: Endpoint(**addresses) for feed, addresses in feeds.items()},
        )
        for name, feeds in endpoints.items()
        if name in given
    }
    return replace(config, exchanges=ExchangesFile(exchanges={**given, **exchanges}))
