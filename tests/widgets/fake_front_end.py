"""A simulated front end of the timeline: a comm, and the fold of what arrives on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from comm.base_comm import BaseComm
from servers import eventually

from paraformer_nb.dashscope.messages import ResultGeneratedEvent, SentenceResult, WordResult, encode_event
from paraformer_nb.journal.records import VERSION, ClipSource, Received, RunStarted, ServiceSource
from paraformer_nb.loop import submit
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets import messages
from paraformer_nb.widgets.messages import Update
from paraformer_nb.widgets.run_data import RunState, SentenceData
from paraformer_nb.widgets.timeline import Timeline


def run_started(engine: str = "pocketsphinx") -> RunStarted:
    """A run's first record: a clip of 60 s."""
    source = ServiceSource("embedded", "127.0.0.1", engine)
    return RunStarted(
        0.0, VERSION, "2026-01-01", ClipSource("a.wav"), 16000, 0.0, 60.0, source, "paraformer-realtime-v2", {}
    )


def recognised(number: int, words: list[str], *, is_final: bool) -> Received:
    """A result with a word every 100 ms, from as many seconds on as the sentence's number."""
    spans = [WordResult(1000 * number + 100 * i, 1000 * number + 100 * i + 90, word) for i, word in enumerate(words)]
    end = spans[-1].end_time if is_final and spans else None
    return received(SentenceResult(1000 * number, end, " ".join(words), spans, is_final, sentence_id=number))


def received(result: SentenceResult) -> Received:
    """The record of a result."""
    return Received.of(1.0, "task", encode_event(ResultGeneratedEvent("task", result)).encode())


def on_loop(call: Callable[..., Any], *arguments: Any) -> None:
    """Call something on the background loop, and wait for it and for all that was scheduled before."""

    async def called() -> None:
        call(*arguments)

    submit(called()).result(10)


class FakeComm(BaseComm):  # type: ignore[misc]
    """Keeps the custom messages that are sent on it."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(target_name="jupyter.widget")

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any) -> None:
        if msg_type == "comm_msg" and data.get("method") == "custom":
            self.sent.append((data["content"], list(buffers or [])))

    def deliver(self, data: dict[str, Any], *buffers: bytes) -> None:
        """Deliver a message as a kernel does."""
        self.handle_msg({"content": {"comm_id": self.comm_id, "data": data}, "buffers": [*map(memoryview, buffers)]})


class FrontEnd:
    """A front end of a `view`, or of a new view of a transcript.

    Attributes:
        sent: what arrived, as JSON, with its buffers.
    """

    def __init__(self, transcript: Transcript, view: Timeline | None = None, **options: Any) -> None:
        self.transcript = transcript
        self.view = view or Timeline(transcript, **options)
        self._comm = FakeComm()
        self.view.comm = self._comm

    @property
    def sent(self) -> list[tuple[dict[str, Any], list[bytes]]]:
        return self._comm.sent

    # --------------------------------------------------------------------------------------------------- what is sent

    def send(self, kind: str, **fields: Any) -> None:
        """Send a message, and wait until the background loop has handled it."""
        self._comm.deliver({"method": "custom", "content": {"kind": kind, **fields}})
        on_loop(lambda: None)

    def set_traits(self, **traits: Any) -> None:
        """Set synced traits."""
        self._comm.deliver({"method": "update", "state": traits, "buffer_paths": []})

    def apply(self, *records: Any) -> None:
        """Apply records to the transcript, and wait for the update with what they change."""
        for record in records:
            self.transcript.apply(record)
        self.refresh()

    def refresh(self) -> None:
        """Notify the view of a change, and wait for the update."""
        before = len(self.updates)
        on_loop(self.view.refresh)
        assert eventually(lambda: len(self.updates) > before)

    def request(self, kind: str, **fields: Any) -> tuple[messages.Reply, list[bytes]]:
        """Send a request with an id, and return its reply."""
        self.send(kind, **fields)
        assert eventually(lambda: any(reply.request_id == fields["id"] for reply, _ in self.replies))
        return next((reply, buffers) for reply, buffers in self.replies if reply.request_id == fields["id"])

    # -------------------------------------------------------------------------------------------------- what arrived

    def contents(self, kind: str) -> list[dict[str, Any]]:
        """The messages of a kind, as JSON."""
        on_loop(lambda: None)
        return [content for content, _ in self.sent if content["kind"] == kind]

    @property
    def updates(self) -> list[Update]:
        """The updates, decoded."""
        return [msgspec.convert(content, Update) for content, _ in list(self.sent) if content["kind"] == "update"]

    @property
    def replies(self) -> list[tuple[messages.Reply, list[bytes]]]:
        """The replies, decoded, with their buffers."""
        kept = [(content, buffers) for content, buffers in list(self.sent) if content["kind"] == "reply"]
        return [(msgspec.convert(content, messages.Reply), buffers) for content, buffers in kept]

    @property
    def buffers(self) -> list[bytes]:
        """The buffers of all messages."""
        return [buffer for _, buffers in self.sent for buffer in buffers]

    @property
    def run(self) -> RunState:
        """The run's state, as it was sent last."""
        return [update.run for update in self.updates if update.run is not None][-1]

    @property
    def words(self) -> dict[int, list[str]]:
        """The words of each sentence, by its id."""
        return {number: [word.text for word in row.words] for number, row in shown(self.updates).items()}


def shown(updates: list[Update]) -> dict[int, SentenceData]:
    """The sentences that a front end has after updates, by id; it follows them as the real one does."""
    sentences: dict[int, SentenceData] = {}
    seq: int | None = None
    for update in updates:
        if update.reset:
            sentences = {}
        else:
            assert seq is not None
            assert update.seq == seq + 1, "an update is missing"
        seq = update.seq
        for number in update.removed:
            sentences.pop(number, None)
        for sentence in update.sentences:
            sentences[sentence.id] = sentence
    return sentences


def shown_text(updates: list[Update]) -> str:
    """The text that a front end shows after updates."""
    order = sorted(shown(updates).values(), key=lambda sentence: sentence.start)
    return "".join(
        row.separator + "".join(word.separator + word.text + word.punctuation for word in row.words) for row in order
    )
