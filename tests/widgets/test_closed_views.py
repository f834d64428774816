"""Views that are closed: the run can be shown again, saved outputs keep their text, and closing frees the run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import ipywidgets
import pytest
from fake_front_end import FrontEnd, recognised, run_started
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from servers import Cloud, ended, eventually, tone, well
from traitlets.config import Config

import paraformer_nb as pnb
from paraformer_nb.journal.records import RunEnded
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.timeline import Timeline

VIEW = "application/vnd.jupyter.widget-view+json"


class Published(list[dict[str, Any]]):
    """What was displayed: the data of each output, replaced where it was updated."""

    def publish(self, data: dict[str, Any], metadata: Any = None, *, transient: Any = None, **options: Any) -> None:
        number = (transient or {}).get("display_id")
        if options.get("update"):
            (output,) = (each for each in self if each["id"] == number)
            output["data"] = data
        else:
            self.append({"id": number, "data": data})


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    """An IPython whose outputs are kept; it is removed after the test, because runs ask whether they are in one."""
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    kept = Published()
    monkeypatch.setattr(shell.display_pub, "publish", kept.publish)
    yield kept
    InteractiveShell.clear_instance()


def ended_run() -> pnb.Run:
    with Cloud(well) as cloud:
        return ended(pnb.transcribe(tone(0.2), service=cloud.service(), pace=None))


def test_a_closed_view_shows_text_and_picture_and_sends_nothing() -> None:
    transcript = Transcript(run_started())
    front_end = FrontEnd(transcript)
    front_end.send("sync")
    view, before = front_end.view, len(front_end.sent)
    assert not view.is_closed
    view.close()
    view.close()
    assert view.is_closed
    transcript.apply(recognised(1, ["good", "day"], is_final=True))
    transcript.apply(RunEnded(2.0, "finished", None, 2.0))
    view.seek(1.0)
    assert len(front_end.sent) == before
    data, _ = DisplayFormatter().format(view)
    assert data["text/plain"] == "a.wav: finished\ngood day"
    assert data["image/png"][:4] == b"\x89PNG"
    assert VIEW not in data


def test_a_run_is_shown_by_a_new_view_after_all_widgets_were_closed(published: Published) -> None:
    run = ended_run()
    for close in (ipywidgets.Widget.close_all, run.close):
        run._ipython_display_()
        assert VIEW in published[-1]["data"]
        close()
    run._ipython_display_()
    ids = [output["data"][VIEW]["model_id"] for output in published]
    assert len(set(ids)) == len(ids) == 3


def test_closing_a_run_frees_it_and_its_temporary_journal() -> None:
    run = ended_run()
    view = run.timeline()
    path = run.journal.path
    run.close()
    assert view.is_closed
    assert run.text == "hello there", "it can still be read"
    assert run.undo() is False
    again = run.timeline()
    assert not again.is_closed
    run.close()
    del run, view, again
    gc.collect()
    assert eventually(lambda: gc.collect() >= 0 and not path.exists(), 5)


def test_a_closed_run_that_goes_on_ends_well() -> None:
    with Cloud(well) as cloud:
        run = pnb.transcribe(tone(0.5), service=cloud.service(), pace=1.0)
        run.timeline()
        run.close()
        ended(run)
    assert run.text == "hello there"


def test_closing_a_timeline_that_was_never_shown_is_allowed() -> None:
    Timeline(Transcript(run_started())).close()
