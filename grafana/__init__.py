"""The dashboards: `python -m grafana.build` writes them to `grafana/dashboards/`, one file each."""
