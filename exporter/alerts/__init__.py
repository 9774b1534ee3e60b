"""Alerts: what their rules ask, how they live, what became of them."""
