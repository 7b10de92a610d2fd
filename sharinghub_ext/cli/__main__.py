"""`python -m sharinghub_ext.cli` is `sharinghub`."""

from sharinghub_ext.cli import main

main()
