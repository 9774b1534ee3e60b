"""Prometheus and Alertmanager beside the exporter on this machine, for trying and for drills."""
