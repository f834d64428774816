"""Use the vendor's Python SDK in several scenarios, and write the outcome of each as one line of JSON.

A script for `test_sdk.py`, which sets the service's URL and key in the environment, as any user of the SDK may. Its
only argument is a folder with the same clip in every format. A scenario that hangs ends the script with a stack dump.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dashscope
from dashscope.audio.asr import (
    Recognition,
    RecognitionCallback,
    RecognitionResult,
    TranslationRecognizerCallback,
    TranslationRecognizerRealtime,
)

MODEL, GUMMY = "paraformer-realtime-v2", "gummy-realtime-v1"
RATE = 16_000
BLOCK = 3200  # bytes: 100 ms, as the vendor's page advises
PATIENCE = 10.0  # seconds for steps with a timeout of their own; a scenario may take twice that

clips = Path(sys.argv[1])
output = sys.stdout
sys.stdout = sys.stderr  # so that the output does not contain what the SDK prints


def blocks() -> Iterator[bytes]:
    """Yield the clip in blocks, as a microphone does."""
    pcm = (clips / "lesson.pcm").read_bytes()
    return (pcm[offset : offset + BLOCK] for offset in range(0, len(pcm), BLOCK))


def failure(result: Any) -> dict[str, Any]:
    """Return the fields of an error."""
    return {"status": result.status_code, "code": result.code, "message": result.message}


class Calls(RecognitionCallback):
    """Keeps the arguments of all calls."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.reset()

    def reset(self) -> None:
        self.calls: list[str] = []
        self.results: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []

    def on_open(self) -> None:
        self.calls.append("open")

    def on_event(self, result: RecognitionResult) -> None:
        sentence = result.get_sentence()
        is_end = RecognitionResult.is_sentence_end(sentence)
        self.calls.append("final" if is_end else "partial")
        usage = {"usage": result.usage, "usage of sentence": result.get_usage(sentence)}
        self.results.append({"sentence": sentence, "is_end": is_end} | usage)

    def on_complete(self) -> None:
        self.calls.append("complete")

    def on_error(self, result: RecognitionResult) -> None:
        self.calls.append("error")
        self.errors.append(failure(result))

    def on_close(self) -> None:
        self.calls.append("close")
        self.closed.set()

    def outcome(self) -> dict[str, Any]:
        return {"calls": self.calls, "results": self.results, "errors": self.errors}


# ---------------------------------------------------------------------------------------------------------- recognition


def call(audio_format: str, **options: Any) -> dict[str, Any]:
    """Recognise a whole file."""
    once = Recognition(MODEL, RecognitionCallback(), audio_format, RATE)
    result = once.call(str(clips / f"lesson.{audio_format}"), **options)
    return {"sentences": result.get_sentence(), "usages": result.usages} | failure(result)


def recognition(calls: Calls, model: str = MODEL, **options: Any) -> Recognition:
    return Recognition(model, calls, "pcm", RATE, **options)


def stream_clip(recogniser: Recognition | TranslationRecognizerRealtime, calls: Calls) -> dict[str, Any]:
    """Start, send the clip, and stop."""
    recogniser.start()
    for block in blocks():
        recogniser.send_audio_frame(block)
    recogniser.stop()
    return calls.outcome() | {"request": recogniser.get_last_request_id()}


def live(**options: Any) -> dict[str, Any]:
    """Stream the clip as from a microphone."""
    calls = Calls()
    return stream_clip(recognition(calls, **options), calls)


def live_again() -> list[dict[str, Any]]:
    """Use the same object twice: the SDK makes a new connection, with the same task_id."""
    calls = Calls()
    recogniser = recognition(calls)
    outcomes = []
    for _ in range(2):
        calls.reset()
        outcomes.append(stream_clip(recogniser, calls))
    return outcomes


def fails(model: str = MODEL, **options: Any) -> dict[str, Any]:
    """Start a task that fails."""
    calls = Calls()
    recognition(calls, model).start(**options)
    assert calls.closed.wait(PATIENCE)
    return calls.outcome()


# ---------------------------------------------------------------------------------------------------------- translation


class TranslationCalls(Calls, TranslationRecognizerCallback):
    """Keeps the arguments of all calls."""

    def on_event(self, request_id: str, transcription_result: Any, translation_result: Any, usage: Any) -> None:
        self.calls.append("final" if transcription_result.is_sentence_end else "partial")
        self.results.append(translated(transcription_result, translation_result) | {"usage": usage})


def translated(transcription: Any, translations: Any) -> dict[str, Any]:
    """Return one result of the translator: the sentence and its translations."""
    others = (
        {}
        if translations is None
        else {
            language: sentence_fields(translations.get_translation(language))
            for language in translations.get_language_list()
        }
    )
    return {"transcription": transcription and sentence_fields(transcription), "translations": others}


def sentence_fields(sentence: Any) -> dict[str, Any]:
    words = [[word.text, word.begin_time, word.end_time, word.fixed] for word in sentence.words]
    return {
        "id": sentence.sentence_id,
        "text": sentence.text,
        "is_end": sentence.is_sentence_end,
        "words": words,
        "begin": sentence.begin_time,
        "end": sentence.end_time,
    }


def translator(
    audio_format: str, calls: TranslationCalls | None = None, language: str | None = None
) -> TranslationRecognizerRealtime:
    return TranslationRecognizerRealtime(
        GUMMY,
        calls,
        audio_format,
        RATE,
        source_language=language,
        translation_enabled=True,
        translation_target_languages=["en"],
    )


def translate_live() -> dict[str, Any]:
    calls = TranslationCalls()
    return stream_clip(translator("pcm", calls), calls)


def translate_file() -> dict[str, Any]:
    results = translator("wav", language="zh").call(str(clips / "lesson.wav"))
    pairs = zip(results.transcription_result_list, results.translation_result_list, strict=True)
    error = results.error_message and failure(results.error_message)
    return {"results": [translated(*pair) for pair in pairs], "usages": results.usage_list, "error": error}


# -------------------------------------------------------------------------------------------------- the client of 2.x


def client_recognizes(connection: Any = None) -> dict[str, Any]:
    """Send audio on one thread while reading results on another."""
    with dashscope.Client().audio.asr.recognize(model=MODEL, connection=connection, timeout=PATIENCE) as session:

        def send() -> None:
            for block in blocks():
                session.send_audio_frame(block)
            session.stop()

        sending = threading.Thread(target=send)
        sending.start()
        results = [
            {"sentence": result.get_sentence(), "is_end": result.is_sentence_end(), "usage": result.get_usage()}
            for result in session.results()
        ]
        sending.join()
        return {"results": results, "usage": session.usage, "request": session.request_id}


def client_keeps_alive() -> dict[str, int]:
    """Count the heartbeats among the raw events; results do not contain any."""
    parameters = {"heartbeat": True}
    with dashscope.Client().audio.asr.recognize(model=MODEL, parameters=parameters, timeout=PATIENCE) as session:
        for block in blocks():
            session.send_audio_frame(block)
        session.stop()
        sentences = [event["payload"]["output"].get("sentence", {}) for event in session.events()]
    beats = [sentence for sentence in sentences if sentence.get("heartbeat")]
    return {"heartbeats": len(beats), "ends": len([beat for beat in beats if beat["end_time"] is not None])}


def client_recognizes_a_file() -> list[str]:
    events = dashscope.Client().audio.asr.recognize_file(
        str(clips / "lesson.wav"), model=MODEL, format="wav", timeout=PATIENCE
    )
    sentences = [event["payload"]["output"].get("sentence") for event in events]
    return [sentence["text"] for sentence in sentences if sentence and sentence["sentence_end"]]


def client_shares_a_connection() -> list[dict[str, Any]]:
    connection = dashscope.Client().ws_connection(timeout=PATIENCE)
    try:
        return [client_recognizes(connection) for _ in range(2)]
    finally:
        connection.close()


def client_fails(**options: Any) -> dict[str, Any]:
    given = {"model": MODEL, "timeout": PATIENCE} | options
    try:
        dashscope.Client().audio.asr.recognize(**given).start()
    except Exception as error:  # noqa: BLE001 - the test checks which one it is
        return {"type": type(error).__name__, "code": getattr(error, "code", None), "message": str(error)}
    raise AssertionError("the task started")


# ----------------------------------------------------------------------------------------------------------- the script

SCENARIOS: dict[str, Callable[[], Any]] = {
    **{f"call {audio_format}": partial(call, audio_format) for audio_format in ("wav", "pcm", "mp3", "opus")},
    "call with a wrong key": partial(call, "wav", api_key="another"),
    "live": live,
    "live with heartbeat": partial(live, heartbeat=True),
    "live again": live_again,
    "a wrong key": partial(fails, api_key="another"),
    "an unknown model": partial(fails, "whisper"),
    "translate live": translate_live,
    "translate file": translate_file,
}
CLIENT_SCENARIOS: dict[str, Callable[[], Any]] = {
    "client": client_recognizes,
    "client with a file": client_recognizes_a_file,
    "client with heartbeat": client_keeps_alive,
    "client with a shared connection": client_shares_a_connection,
    "client with a wrong key": partial(client_fails, api_key="another"),
    "client with an unknown model": partial(client_fails, model="whisper"),
}


def main() -> None:
    version = dashscope.version.__version__
    write("version", version)
    has_client = not version.startswith("1.")
    for name, scenario in (SCENARIOS | (CLIENT_SCENARIOS if has_client else {})).items():
        faulthandler.dump_traceback_later(2 * PATIENCE, exit=True)
        try:
            write(name, scenario())
        except Exception as error:  # noqa: BLE001 - the other scenarios must still run
            write(name, {"raised": repr(error)})
    sys.stderr.flush()
    os._exit(0)  # after an error the SDK leaves a timer that would keep this process alive for 23 s


def write(name: str, outcome: Any) -> None:
    output.write(json.dumps([name, outcome]) + "\n")
    output.flush()


main()
