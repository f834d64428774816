"""How the command line ends; docs/cli.md has the table."""

DONE = 0
FAILED = 1
WRONG_USAGE = 2
INCOMPLETE = 3
"""Done, but parts of a clip were not recognised."""
INTERRUPTED = 130
