"""Floor 1: what was heard. `model` holds the values, `fold` makes them from a recording, `edits` corrects them."""

from .clock import TaskClock, last_moment
from .edits import Change
from .engines import engine_notice
from .fold import ENDED, Transcript
from .model import Sentence, Usage, Word, join, needs_space
from .waveform import Waveform

__all__ = [
    "ENDED", "Change", "Sentence", "TaskClock", "Transcript", "Usage", "Waveform", "Word", "engine_notice", "join",
    "last_moment", "needs_space",
]  # fmt: skip
