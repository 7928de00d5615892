"""Runs the command line: `python -m linkage` is `linkage`."""

from linkage.cli import main

main()
