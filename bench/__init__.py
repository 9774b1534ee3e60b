"""Measurements and the demonstration; no part of the exporter."""
