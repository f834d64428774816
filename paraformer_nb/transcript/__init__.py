"""Floor 1: what was heard. `model` holds the values, `fold` makes them from a recording, `edits` corrects them."""

from .edits import Change
from .engines import engine_notice
from .fold import ENDED, Transcript, Waveform
from .model import Sentence, Word, join, needs_space

__all__ = ["ENDED", "Change", "Sentence", "Transcript", "Waveform", "Word", "engine_notice", "join", "needs_space"]
