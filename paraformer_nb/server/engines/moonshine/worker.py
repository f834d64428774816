"""The worker process of the Moonshine engine: ``python -m paraformer_nb.server.engines.moonshine.worker``."""

from __future__ import annotations

from ..workers.child import serve_task
from .library import SpeechDetector, Transcriber
from .recogniser import UtteranceRecogniser, make_aligner


def main() -> None:
    """Load the models, then serve one task."""
    transcriber, detector, aligner = Transcriber(), SpeechDetector(), make_aligner()
    serve_task(lambda **settings: UtteranceRecogniser(transcriber, detector, aligner, **settings))


if __name__ == "__main__":
    main()
