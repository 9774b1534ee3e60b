"""What everything that keeps one feed alive shares."""

from random import Random
from typing import NamedTuple

import aiohttp

from exporter.config.live import Live
from exporter.live.budget import Budget
from exporter.live.inbox import Inbox
from exporter.live.report import Report
from exporter.pipeline import Pipeline


class Means(NamedTuple):
    """`address` is the budget of new connections to the feed's address."""

    pipeline: Pipeline
    inbox: Inbox
    settings: Live
    session: aiohttp.ClientSession
    address: Budget
    report: Report
    random: Random
