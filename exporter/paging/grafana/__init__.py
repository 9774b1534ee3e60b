"""Grafana's own alerting, from the rules, routes, inhibitions and secrets of Alertmanager's. Pure.

For whoever routes with Grafana instead of Alertmanager. Prometheus still evaluates the rules; what
Grafana is given asks it for what fires.
"""
