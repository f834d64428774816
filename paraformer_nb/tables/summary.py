"""A run in one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..dashscope.prices import Cost
from ..transcript.history import History
from .frame import make_frame, table_attrs
from .schema import SUMMARY

if TYPE_CHECKING:
    import pandas as pd

_PAUSE = 0.3  # seconds; what is shorter belongs to fluent speech


class RunParts(NamedTuple):
    """The tables that a summary is made of, of one moment."""

    words: pd.DataFrame
    pauses: pd.DataFrame
    latency: pd.DataFrame
    tasks: pd.DataFrame
    cost: Cost


def summary_table(parts: RunParts, history: History) -> pd.DataFrame:
    """One row; `schema.SUMMARY` has names, dtypes and meanings."""
    transcript, words, latency = history.transcript, parts.words, parts.latency
    usage, duration = transcript.usage, transcript.duration or 0.0
    characters = words["text"].str.replace(r"\s", "", regex=True).str.len().sum()
    between = parts.pauses[(parts.pauses["kind"] != "edge") & (parts.pauses["duration"] >= _PAUSE)]
    silent = float(parts.pauses["duration"].sum())
    end = max(transcript.sent_until, float(words["end"].max())) if len(words) else transcript.sent_until
    spoken = max(0.0, end - transcript.run.start - silent) if len(words) else 0.0
    changed = (latency["first_text"] != latency["text"]).mean() if len(latency) else None
    values = {
        **table_attrs(transcript),
        "pace": pace_of(history),
        "duration": duration,
        "words": len(words),
        "characters": int(characters),
        "rate": 60 * len(words) / duration if duration else None,
        "speech_share": min(1.0, spoken / duration) if duration else None,
        "pauses": len(between),
        "longest_pause": between["duration"].max() if len(between) else None,
        **{
            f"{name}_p{percent}": latency[f"to_{name}"].quantile(percent / 100)
            for name in ("shown", "settled")
            for percent in (50, 95)
        },
        "changed_share": changed,
        "sent": usage.sent,
        "heard": usage.recognised,
        "billed": usage.billed,
        "amount": parts.cost.amount,
        "currency": parts.cost.currency,
        "gaps": len(transcript.gaps),
        "reconnects": max(0, len(parts.tasks) - 1),
        "state": transcript.state,
    }
    return make_frame(SUMMARY, {name: [value] for name, value in values.items()})


def pace_of(history: History) -> float | None:
    """Seconds of the clip that were sent per second, while audio was sent."""
    parts = [audio.seconds for audio in history.sent.values()]
    took = sum(seconds for _, seconds in parts)
    return sum(sent for sent, _ in parts) / took if took > 0 else None
