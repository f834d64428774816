"""Every public table: the name, dtype, unit and meaning of its columns.

The tables are made from it (`frame.make_frame`), and `docs/tables.md` is held against it. To add a column: a line here,
and its value in the module of the table.
"""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        dtype: int64, float64, bool, Int64 (NA where missing), string (NA where missing) or category.
        unit: such as "s", or ``""``. Seconds are those of the clip, or of the run where `meaning` says so.
        meaning: in one line.
        categories: the values that a category may have.
    """

    name: str
    dtype: str
    unit: str
    meaning: str
    categories: tuple[str, ...] = ()


_SENTENCE_ID = Column("sentence_id", "int64", "", "from 1, over the whole run")
_START = Column("start", "float64", "s", "seconds of the clip")
_END = Column("end", "float64", "s", "seconds of the clip")
_TEXT = Column("text", "string", "", "the word")
_WORD = Column("word", "Int64", "", "its row in `words_raw`; NA for a word that a person wrote")
_T = Column("t", "float64", "s", "seconds since the run began")
_POSITION = Column("position", "float64", "s", "seconds of the clip that had been sent by then")

WORDS_RAW = (
    _SENTENCE_ID,
    _TEXT,
    Column("punctuation", "string", "", 'the mark after it, or ""'),
    _START,
    _END,
    Column("confidence", "float64", "", "0 to 1, NaN where unknown"),
    Column("speaker", "string", "", "NA where unknown"),
    Column("is_final", "bool", "", "whether it will not be revised"),
)
WORDS = (*WORDS_RAW, _WORD)
SENTENCES = (
    _SENTENCE_ID,
    Column("text", "string", "", "the sentence, with its punctuation"),
    _START,
    _END,
    Column("is_final", "bool", "", "whether it will not be revised"),
    Column("words", "int64", "", "how many words it has"),
    Column("speaker", "string", "", "who speaks most of it; NA where unknown"),
    Column("confidence", "float64", "", "mean of its words by duration, NaN where unknown"),
)
MATCHES = (
    Column("sentence_id", "int64", "", "that of the first word"),
    Column("text", "string", "", "the words in which the text was found"),
    _START,
    _END,
)
REVISIONS = (
    _T,
    _POSITION,
    _SENTENCE_ID,
    Column("word", "Int64", "", "its row in `words_raw`; NA for a word that was withdrawn"),
    Column(
        "change",
        "category",
        "",
        "what the recogniser did; `settled`: the word became final",
        ("shown", "text", "time", "mark", "withdrawn", "settled"),
    ),
    Column("text", "string", "", "the word after it; for `mark` the mark"),
    Column("before", "string", "", "the word before it, NA where there was none; for `mark` the mark"),
    _START,
    _END,
    Column("task", "string", "", "the id of the task"),
)
LATENCY = (
    Column("word", "Int64", "", "its row in `words_raw`"),
    _SENTENCE_ID,
    _TEXT,
    _START,
    _END,
    Column("sent", "float64", "s", "when the audio up to its end had been sent, in seconds since the run began"),
    Column("shown", "float64", "s", "when it was first shown, in seconds since the run began"),
    Column("settled", "float64", "s", "when it became final, in seconds since the run began; NaN before that"),
    Column("to_shown", "float64", "s", "`shown` - `sent`"),
    Column("to_settled", "float64", "s", "`settled` - `sent`"),
    Column("changes", "int64", "", "how often its text changed after it was shown"),
    Column("first_text", "string", "", "the text that was shown first"),
    Column("resent", "bool", "", "whether its audio was sent more than once; `sent` is then the last time before it"),
)
EVENTS = (
    _T,
    Column("event", "string", "", "such as run-task, result-generated, disconnected"),
    Column("task", "string", "", "the id of the task"),
    Column("text", "string", "", "what was recognised, or why it happened"),
    Column("body", "string", "", "the JSON as sent or received; NA where there was none"),
    _POSITION,
)
PAUSES = (
    _START,
    _END,
    Column("duration", "float64", "s", "`end` - `start`"),
    Column(
        "kind",
        "category",
        "",
        "within a sentence, between two, at a turn to another speaker, at an edge of the clip",
        ("within", "between", "turn", "edge"),
    ),
    Column("before", "string", "", "the word before it; NA at the start of the clip"),
    Column("after", "string", "", "the word after it; NA at the end of the clip"),
    Column("speaker_before", "string", "", "NA where unknown"),
    Column("speaker_after", "string", "", "NA where unknown"),
    Column("is_heard", "bool", "", "False where it touches a gap, in which there may be words"),
)
GAPS = (
    _START,
    _END,
    Column("reason", "string", "", "why this part was not recognised"),
    Column("duration", "float64", "s", "`end` - `start`"),
)
TASKS = (
    Column("task", "string", "", "the id of the task: one attempt"),
    Column("started", "float64", "s", "when it was connected, in seconds since the run began"),
    Column("ended", "float64", "s", "when it ended, in seconds since the run began; NaN while it goes on"),
    Column("sent", "float64", "s", "audio that was sent in it, silence included"),
    Column("silence", "float64", "s", "the part of it that was silence, sent while a live source paused"),
    Column("heard", "float64", "s", "audio up to the end of its last final sentence"),
    Column("billed", "float64", "s", "as the service reports it"),
    Column("tokens_in", "Int64", "", "as the service reports it; NA where it does not"),
    Column("tokens_out", "Int64", "", "as the service reports it; NA where it does not"),
)
SUMMARY = (
    Column("clip", "string", "", "the name of the clip"),
    Column("service", "string", "", "the engine that the service named, else its host"),
    Column("model", "string", "", "the service's name for it"),
    Column("pace", "float64", "×", "clip seconds sent per second; NaN where nothing was sent"),
    Column("duration", "float64", "s", "the part of the clip that was recognised so far"),
    Column("words", "int64", "", "how many"),
    Column("characters", "int64", "", "letters, digits and signs of the words, without spaces"),
    Column("rate", "float64", "1/min", "words per minute of `duration`"),
    Column("speech_share", "float64", "", "the share of `duration` in which there are words"),
    Column("pauses", "int64", "", "between words, of at least 0.3 s"),
    Column("longest_pause", "float64", "s", "NaN where there is none"),
    Column("shown_p50", "float64", "s", "median of `to_shown` of `run.latency`"),
    Column("shown_p95", "float64", "s", "95th percentile of it"),
    Column("settled_p50", "float64", "s", "median of `to_settled` of `run.latency`"),
    Column("settled_p95", "float64", "s", "95th percentile of it"),
    Column("changed_share", "float64", "", "words whose first text is not their last, of all"),
    Column("sent", "float64", "s", "all audio that was sent"),
    Column("heard", "float64", "s", "the part of the clip that was recognised, without gaps"),
    Column("billed", "float64", "s", "as the service reports it"),
    Column("amount", "float64", "", "what the run cost, as `run.cost` has it; NaN where that is not known"),
    Column("currency", "string", "", 'such as CNY; "" where nothing is billed'),
    Column("gaps", "int64", "", "parts that were not recognised"),
    Column("reconnects", "int64", "", "attempts after the first one"),
    Column("state", "string", "", "of the run, such as finished"),
)
WORD_TIMES = (
    _WORD,
    _TEXT,
    _START,
    _END,
    Column("level", "float64", "dBFS", "mean power of the clip within it (RMS); NaN where the sound cannot be read"),
    Column("voiced", "float64", "", "the share of it that is louder than the clip's background; NaN without peaks"),
    Column(
        "finding",
        "category",
        "",
        "what is wrong with its times",
        ("ok", "on silence", "zero length", "overlap", "implausible rate", "outside the clip"),
    ),
)
DRIFT = (
    _START,
    _END,
    Column("offset", "float64", "s", "seconds to add to the words to fit the sound; NaN where there is too little"),
    Column("fit", "float64", "", "correlation of words and sound with that offset; NaN where there is too little"),
    Column("words", "int64", "", "how many words lie in it"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "words": WORDS,
    "words_raw": WORDS_RAW,
    "sentences": SENTENCES,
    "find": MATCHES,
    "revisions": REVISIONS,
    "latency": LATENCY,
    "events": EVENTS,
    "pauses": PAUSES,
    "gaps": GAPS,
    "tasks": TASKS,
    "summary": SUMMARY,
    "word_times": WORD_TIMES,
    "drift": DRIFT,
}
"""The columns of each table, by the attribute or method of a run that gives it."""
