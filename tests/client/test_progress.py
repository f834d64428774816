"""A session's progress: the transcript of its sink knows what was sent and what is final, over all tasks."""

from __future__ import annotations

from typing import Any

import pytest
from disconnecting import AT_ONCE, final_word
from servers import RATE, Cloud, Talk, ended, event, result, texts, tone

import paraformer_nb as pnb
from paraformer_nb.journal.records import VERSION, Audio, ClipSource, Received, Resumed, RunStarted, ServiceSource
from paraformer_nb.transcript.transcript import Transcript


def received(*words: str, number: int | None = 1, final: bool = True, task: str = "t1", **more: Any) -> Received:
    """A sentence of words of 100 ms; sentence 1 begins at 0 s, sentence 2 at 1 s of its task."""
    sentence = {"sentence_id": number} | more
    return Received.of(1.0, task, result(task, *words, number=number or 1, final=final, **sentence).encode())


def transcript_of(sent_until: float = 5.0) -> Transcript:
    """A run whose first task was sent so much audio."""
    service = ServiceSource("dashscope", "localhost")
    transcript = Transcript(
        RunStarted(0.0, VERSION, "now", ClipSource("clip"), RATE, 0.0, 400.0, service, "paraformer-realtime-v2", {})
    )
    transcript.apply(Audio(0.5, "t1", 0.0, sent_until))
    return transcript


def sentence_of(transcript: Transcript, record: Received) -> Any:
    """The sentence of a result, on the run's time line; None where it was dropped."""
    applied: Any = transcript.apply(record)
    return None if applied is None else applied.sentence


# ------------------------------------------------------------------------------------------------- what counts as final


def test_only_final_sentences_count_as_final() -> None:
    transcript = transcript_of()
    transcript.apply(received("one", "two", final=False))
    assert transcript.final_until == 0.0
    transcript.apply(received("one", "two"))
    assert transcript.final_until == pytest.approx(0.2)


def test_a_service_whose_times_run_ahead_makes_nothing_final_that_was_not_sent() -> None:
    transcript = transcript_of(sent_until=2.0)
    transcript.apply(received("one", "two", number=9))  # at 8 s by the service's clock
    assert transcript.final_until == 2.0
    transcript.apply(Audio(2.0, "t1", 2.0, 18.0))
    assert transcript.final_until == 2.0


@pytest.mark.parametrize("time", [10**400, -5, 1e300, None], ids=lambda time: str(time)[:5])
def test_invalid_times_make_nothing_final(time: Any) -> None:
    transcript = transcript_of()
    transcript.apply(received("one", begin_time=time, end_time=time, words=None, sentence_end=True))
    assert [sentence.text for sentence in transcript.finals] == ["one"]
    assert transcript.final_until == 0.0


def test_what_was_final_before_a_resume_is_dropped_and_makes_nothing_final() -> None:
    transcript = transcript_of()
    transcript.apply(received("one", "two", number=2))
    transcript.apply(Resumed(2.0, "t2", 0.9, 2))
    words = [{"begin_time": 0, "end_time": 250, "text": "two", "punctuation": ""}]
    assert sentence_of(transcript, received("two", task="t2", words=words, end_time=250)) is None
    assert transcript.final_until == pytest.approx(1.2)


def test_audio_that_cannot_be_sent_again_counts_as_final() -> None:
    transcript = transcript_of(sent_until=300.0)
    transcript.apply(Resumed(2.0, "t2", 180.0, 2))
    assert transcript.final_until == 180.0


# -------------------------------------------------------------------------------------------------------------- events


def test_sentences_are_numbered_over_all_tasks() -> None:
    transcript = transcript_of(sent_until=9.0)
    results = [received("one"), received("one", number=2)]
    ids = [sentence_of(transcript, each).sentence_id for each in results]
    transcript.apply(Resumed(2.0, "t2", 2.0, 2))
    results = [received("one", task="t2"), received("one", number=2, final=False, task="t2")]
    ids += [sentence_of(transcript, each).sentence_id for each in results]
    assert ids == [1, 2, 3, 4]


def test_a_partial_that_is_withdrawn_gives_its_number_to_the_next_sentence() -> None:
    transcript = transcript_of(sent_until=9.0)
    ids = [sentence_of(transcript, received("one", number=n, final=n == 1)).sentence_id for n in (1, 2)]
    transcript.apply(Resumed(2.0, "t2", 1.0, 2))
    ids.append(sentence_of(transcript, received("two", task="t2")).sentence_id)
    assert ids == [1, 2, 2]


def test_sentences_of_a_service_without_ids_stay_without() -> None:
    transcript = transcript_of(sent_until=9.0)
    transcript.apply(received("one", number=None))
    transcript.apply(Resumed(2.0, "t2", 2.0, 2))
    sentence = sentence_of(transcript, received("two", number=None, task="t2"))
    assert (sentence.sentence_id, sentence.begin_time) == (None, 2000)


def test_other_events_and_heartbeats_stay_as_they_are() -> None:
    transcript = transcript_of(sent_until=9.0)
    transcript.apply(Resumed(2.0, "t2", 5.0, 2))
    for record in (
        received(number=1, final=False, heartbeat=True, task="t2"),
        Received.of(1.0, "t2", event("task-started", "t2").encode()),
    ):
        assert transcript.apply(record) is record.event


# ------------------------------------------------------------------------------------------------- where tasks start


class _ManyDisconnects:
    """A service that sends one of these results on each connection, then closes it; on a further one it finishes."""

    def __init__(self, *results: tuple[str, float, float]) -> None:
        self._results = list(results)

    async def __call__(self, talk: Talk) -> None:
        await talk.begin()
        if not self._results:
            await talk.command()
            await talk.finish()
            return
        text, start, end = self._results.pop(0)
        sent = 0
        while sent < (end + 1) * 2 * RATE:
            sent += len(await talk.block())
        await talk.send(final_word(talk.task, text, start, end))
        await talk.connection.close(1011)


def test_a_task_starts_just_before_the_end_of_what_is_final_and_never_before_the_part() -> None:
    behave = _ManyDisconnects(("one", 0.0, 0.2), ("two", 3.0, 3.3))
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(tone(70), service=cloud.service(), start=60.0, pace=None, retry=AT_ONCE))
    resumed = list(run.events.loc[run.events["event"] == "resumed", "text"])
    # The first one is 0.3 s before its end, but not before the part; the second one is at 63.3 - 0.3 s.
    assert resumed == ["from 60.00 s, attempt 2", "from 63.00 s, attempt 3"]
    assert texts(run) == ["one", "two"]


@pytest.mark.parametrize(("overlap", "position"), [(0.0, 2.0), (1.5, 0.5), (60.0, 0.0)])
def test_the_overlap_is_the_users_choice(overlap: float, position: float) -> None:
    with Cloud(_ManyDisconnects(("one", 1.0, 2.0))) as cloud:
        retry = pnb.Retry(first_wait=0.0, overlap=overlap)
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None, retry=retry))
    resumed = list(run.events.loc[run.events["event"] == "resumed", "text"])
    assert resumed == [f"from {position:.2f} s, attempt 2"]


def test_attempts_are_counted_from_the_last_new_final_sentence() -> None:
    """Four disconnects with two attempts at a time: each time something new became final."""
    behave = _ManyDisconnects(*((f"word{number}", 0.5, 1.5) for number in range(4)))
    with Cloud(behave) as cloud:
        retry = pnb.Retry(attempts=2, first_wait=0.0)
        run = ended(pnb.transcribe(tone(12), service=cloud.service(), pace=None, retry=retry))
    assert texts(run) == ["word0", "word1", "word2", "word3"]
    assert len(cloud.headers) == 5
