"""A table of words on the interactive timeline, without a run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..audio.whole_clip import read_whole
from ..formats.table_words import checked_words, name_of_clip, words_of_table
from ..playback.playable import PlayableClip
from ..transcript.imported import records_of_words
from ..transcript.transcript import Transcript
from ..widgets.timeline import Timeline

if TYPE_CHECKING:
    import pandas as pd


def timeline(table: pd.DataFrame, audio: Any) -> Timeline:
    """The view; `Speech.timeline` has the arguments."""
    words, _ = checked_words(table)
    playable = None if audio is None else PlayableClip(audio)  # raises for a live source
    clip = None if audio is None else read_whole(audio)
    started = datetime.now().astimezone().isoformat(timespec="seconds")
    records = records_of_words(words_of_table(words), "table", started, name=name_of_clip(words) or "table", clip=clip)
    transcript = Transcript.from_records(records)
    return Timeline(transcript, open_audio=None if playable is None else lambda: playable)
