"""What the first and the last bytes of a data file tell: where it lies, in which grid, with which columns."""
