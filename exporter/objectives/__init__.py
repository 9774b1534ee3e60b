"""Objectives: for how many seconds markets were as good as they are to be. Pure."""
