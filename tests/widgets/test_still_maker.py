"""The still is made in the background: once for each state of the words, and anew after corrections."""

from __future__ import annotations

import threading

import pytest
from fake_front_end import on_loop, recognised, run_started
from servers import eventually

from paraformer_nb.journal.records import Corrected, RunEnded
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.still_maker import StillMaker


@pytest.fixture
def transcript() -> Transcript:
    transcript = Transcript(run_started())
    transcript.apply(recognised(1, ["good", "day"], is_final=True))
    return transcript


def test_it_is_made_off_the_loop_and_once_for_the_same_words(transcript: Transcript) -> None:
    threads: list[str] = []
    made: list[str] = []

    def make_page(_max_bytes: int) -> str:
        threads.append(threading.current_thread().name)
        return f"page {len(threads)}"

    maker = StillMaker(transcript, make_page, 1000, lambda: made.append("made"))
    maker.make()
    on_loop(lambda: None)
    assert "still being recognised" in maker.html
    transcript.apply(RunEnded(2.0, "finished", None, 60.0))
    assert "before its view was drawn" in maker.html
    for _ in range(3):
        maker.make()
    assert eventually(lambda: made == ["made"], timeout=60)
    maker.make()
    on_loop(lambda: None)
    assert 'srcdoc="page 1"' in maker.html
    on_loop(lambda: made.append(threading.current_thread().name))
    assert threads[0] not in (made.pop(), threading.current_thread().name)
    correction = Correction("replace", sentence=1, old=transcript.recognised[0].words[:1], new=())
    transcript.apply(Corrected(3.0, correction))
    maker.make()
    assert eventually(lambda: len(made) == 2, timeout=60)
    assert 'srcdoc="page 2"' in maker.html


def test_where_the_page_is_too_large_the_picture_is_shown(transcript: Transcript) -> None:
    transcript.apply(RunEnded(2.0, "finished", None, 60.0))
    sizes: list[int] = []
    maker = StillMaker(transcript, sizes.append, 123, lambda: None)
    maker.make()
    assert eventually(lambda: "data:image/png" in maker.html, timeout=90)  # it loads matplotlib
    assert sizes == [123]
    assert "alt=&quot;a.wav: finished. good day" in maker.html
