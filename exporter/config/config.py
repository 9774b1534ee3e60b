"""The files joined, checked and frozen."""

from dataclasses import dataclass

from exporter.config.alerts import AlertsFile
from exporter.config.exchanges import ExchangesFile
from exporter.config.features import Features
from exporter.config.instruments import Instruments
from exporter.config.maintenance import MaintenanceFile
from exporter.config.slo import SloFile
from exporter.config.urls import UrlsFile


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the files decide; every name and symbol in it has been checked."""

    exchanges: ExchangesFile
    instruments: Instruments
    features: Features
    alerts: AlertsFile
    urls: UrlsFile
    maintenance: MaintenanceFile
    slo: SloFile
