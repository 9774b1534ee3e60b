"""The settings of a Grafana beside the exporter, as its environment."""

from collections.abc import Mapping
from pathlib import Path

QUIET: Mapping[str, str] = {
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": "false",
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PLUGIN_ADMIN_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
}
"""It asks and tells nobody outside, and installs nothing."""
OPEN: Mapping[str, str] = {
    "GF_AUTH_ANONYMOUS_ENABLED": "true",
    "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
    "GF_AUTH_DISABLE_LOGIN_FORM": "true",
    "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
}
"""Whoever reaches it may look; there is no user, so nobody can log in. For a demonstration."""
HOME = "market-overview.json"
"""The dashboard that opens first."""


def settings(
    files: Path, data: Path, port: int, *, prometheus: str, alertmanager: str
) -> dict[str, str]:
    """Grafana on loopback that keeps what it has in `data`, which is made, and logs to its output.

    `files` has `provisioning` and `dashboards`; the other two are addresses.
    """
    plugins, dashboards = data / "plugins", files.resolve() / "dashboards"
    plugins.mkdir(parents=True, exist_ok=True)
    return {
        **QUIET,
        **OPEN,
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(dashboards / HOME),
        "GF_LOG_MODE": "console",
        "GF_PATHS_DATA": str(data.resolve()),
        "GF_PATHS_LOGS": str(data.resolve() / "log"),
        "GF_PATHS_PLUGINS": str(plugins.resolve()),
        "GF_PATHS_PROVISIONING": str(files.resolve() / "provisioning"),
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_SERVER_ROOT_URL": f"http://127.0.0.1:{port}/",
        "MARKET_ALERTMANAGER_URL": alertmanager,
        "MARKET_DASHBOARDS": str(dashboards),
        "MARKET_PROMETHEUS_URL": prometheus,
    }
