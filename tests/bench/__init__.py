"""Benchmarks: `make bench`. Each prints what it measured; the numbers of one run are compared, never with a limit."""
