"""The PocketSphinx worker process: ``python -m`` this module, over its pipes; see `workers.process`.

PocketSphinx holds the interpreter's lock while it decodes, and a kernel's interrupt goes to the whole process group:
hence a process of its own, in a session of its own. It serves one task, and exits whenever stdin is closed.
"""

from __future__ import annotations

from functools import partial

from ..workers.child import serve_task
from .recogniser import PocketSphinxRecogniser, load_decoder


def main() -> None:
    """Load the model, then serve one task."""
    serve_task(lambda: partial(PocketSphinxRecogniser, load_decoder()))


if __name__ == "__main__":
    main()
