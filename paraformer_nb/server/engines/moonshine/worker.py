"""The Moonshine worker process: ``python -m`` this module, over its pipes; see `workers.process`.

A crash of the C++ library must not end the kernel: hence a process of its own, as PocketSphinx has. It serves one task.
"""

from __future__ import annotations

from functools import partial

from ..workers.child import serve_task
from .library import SpeechDetector, Transcriber
from .recogniser import MoonshineRecogniser, make_aligner


def main() -> None:
    """Load the models, then serve one task."""
    serve_task(lambda: partial(MoonshineRecogniser, Transcriber(), SpeechDetector(), make_aligner()))


if __name__ == "__main__":
    main()
