"""`python -m streams.cli`: the same as `streams`."""

from streams.cli import main

main()
