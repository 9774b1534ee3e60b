"""The commands, one a file, and their `arguments`; the command line is `exporter.__main__`."""
