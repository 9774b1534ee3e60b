"""The arguments of the commands, one command a file: `add` adds it to the command line.

`add(new, environment)` makes the command's parser with `new`, the `add_parser` of the commands, and
sets its default `go`: a function of the parsed arguments that runs the command and gives the exit
code. What several share is in `shared`.
"""
