"""Recorded sessions: the line formats, which exchange a file is from, several files in order."""
