"""Simulated exchanges: correlated markets that speak the real wire protocols, with incidents."""
