"""``paraformer-nb`` and ``python -m paraformer_nb.cli``."""

import sys

from .exit_codes import INTERRUPTED


def run() -> int:
    """Run the command line. An interrupt is no traceback, even while the packages are imported."""
    try:
        from .main import main

        return main()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())
