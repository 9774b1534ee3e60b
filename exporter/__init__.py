"""Market-quality exporter: feed → book → metrics → detection → alerts → exposition."""

__version__ = "0.1.0"
