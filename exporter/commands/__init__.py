"""The commands, one a file; the command line that chooses among them is `exporter.__main__`."""
