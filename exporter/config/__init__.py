"""What an operator decides: YAML files and the environment, checked before anything starts.

`load(directory)` reads `exchanges.yaml`, `instruments.yaml`, `features.yaml`, `alerts.yaml`,
`urls.yaml`, `maintenance.yaml` and `slo.yaml` into one frozen `Config`;
`Environment.read(variables)` reads the variables that differ between deployments. Both raise
`ConfigError` with every problem they found.
"""

from exporter.config.alerts import AlertRule, AlertsFile
from exporter.config.config import Config
from exporter.config.environment import Environment
from exporter.config.features import Features
from exporter.config.instruments import Instrument
from exporter.config.loading import load
from exporter.config.regimes import Regime
from exporter.config.slo import Objective, SloFile

__all__ = [
    "AlertRule",
    "AlertsFile",
    "Config",
    "Environment",
    "Features",
    "Instrument",
    "Objective",
    "Regime",
    "SloFile",
    "load",
]
