"""What a user of the vendor's Python SDK does and sees, scenario by scenario, one JSON object a line.

A script for `test_sdk.py`, which says in the environment where the service is, as any user of the SDK may. Its one
argument is a folder with the same clip in every format. A scenario that hangs ends the script with a stack dump.
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
PATIENCE = 10.0  # seconds for what has an end of its own; a scenario may take twice that, and takes well under one

clips = Path(sys.argv[1])
told, sys.stdout = sys.stdout, sys.stderr  # what the SDK prints is none of our lines


def blocks() -> Iterator[bytes]:
    """The clip as a microphone would give it."""
    pcm = (clips / "lesson.pcm").read_bytes()
    return (pcm[at : at + BLOCK] for at in range(0, len(pcm), BLOCK))


def failure(result: Any) -> dict[str, Any]:
    """What an error is for the SDK's user."""
    return {"status": result.status_code, "code": result.code, "message": result.message}


class Heard(RecognitionCallback):
    """Keeps what it is called with."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.forget()

    def forget(self) -> None:
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

    def told(self) -> dict[str, Any]:
        return {"calls": self.calls, "results": self.results, "errors": self.errors}


# ---------------------------------------------------------------------------------------------------------- recognition


def call(audio_format: str, **options: Any) -> dict[str, Any]:
    """A whole file at once."""
    once = Recognition(MODEL, RecognitionCallback(), audio_format, RATE)
    result = once.call(str(clips / f"lesson.{audio_format}"), **options)
    return {"sentences": result.get_sentence(), "usages": result.usages} | failure(result)


def recognition(heard: Heard, model: str = MODEL, **options: Any) -> Recognition:
    return Recognition(model, heard, "pcm", RATE, **options)


def hear(recogniser: Recognition | TranslationRecognizerRealtime, heard: Heard) -> dict[str, Any]:
    """Start, send, stop."""
    recogniser.start()
    for block in blocks():
        recogniser.send_audio_frame(block)
    recogniser.stop()
    return heard.told() | {"request": recogniser.get_last_request_id()}


def live(**options: Any) -> dict[str, Any]:
    """A microphone: results by callback, until the user stops."""
    heard = Heard()
    return hear(recognition(heard, **options), heard)


def live_again() -> list[dict[str, Any]]:
    """The same object twice: the SDK connects anew, under the same task_id."""
    heard = Heard()
    twice = recognition(heard)
    seen = []
    for _ in range(2):
        heard.forget()
        seen.append(hear(twice, heard))
    return seen


def fails(model: str = MODEL, **options: Any) -> dict[str, Any]:
    """A start that comes to nothing."""
    heard = Heard()
    recognition(heard, model).start(**options)
    assert heard.closed.wait(PATIENCE)
    return heard.told()


# ---------------------------------------------------------------------------------------------------------- translation


class Translated(Heard, TranslationRecognizerCallback):
    """Keeps what it is called with."""

    def on_event(self, request_id: str, transcription_result: Any, translation_result: Any, usage: Any) -> None:
        self.calls.append("final" if transcription_result.is_sentence_end else "partial")
        self.results.append(translated(transcription_result, translation_result) | {"usage": usage})


def translated(transcription: Any, translations: Any) -> dict[str, Any]:
    """One result of the translator: the sentence, and the same in other languages."""
    others = (
        {}
        if translations is None
        else {language: spoken(translations.get_translation(language)) for language in translations.get_language_list()}
    )
    return {"transcription": transcription and spoken(transcription), "translations": others}


def spoken(sentence: Any) -> dict[str, Any]:
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
    audio_format: str, heard: Translated | None = None, language: str | None = None
) -> TranslationRecognizerRealtime:
    return TranslationRecognizerRealtime(
        GUMMY,
        heard,
        audio_format,
        RATE,
        source_language=language,
        translation_enabled=True,
        translation_target_languages=["en"],
    )


def translate_live() -> dict[str, Any]:
    heard = Translated()
    return hear(translator("pcm", heard), heard)


def translate_file() -> dict[str, Any]:
    pack = translator("wav", language="zh").call(str(clips / "lesson.wav"))
    pairs = zip(pack.transcription_result_list, pack.translation_result_list, strict=True)
    error = pack.error_message and failure(pack.error_message)
    return {"results": [translated(*pair) for pair in pairs], "usages": pack.usage_list, "error": error}


# -------------------------------------------------------------------------------------------------- the client of 2.x


def client_recognizes(connection: Any = None) -> dict[str, Any]:
    """Audio is sent on one thread while results are read on another."""
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
    """Events as they come hold heartbeats; results do not."""
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
    except Exception as error:  # noqa: BLE001 - what it is, is what the test asks
        return {"type": type(error).__name__, "code": getattr(error, "code", None), "message": str(error)}
    raise AssertionError("it began")


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
OF_THE_CLIENT: dict[str, Callable[[], Any]] = {
    "client": client_recognizes,
    "client with a file": client_recognizes_a_file,
    "client with heartbeat": client_keeps_alive,
    "client with a shared connection": client_shares_a_connection,
    "client with a wrong key": partial(client_fails, api_key="another"),
    "client with an unknown model": partial(client_fails, model="whisper"),
}


def main() -> None:
    version = dashscope.version.__version__
    tell("version", version)
    has_client = not version.startswith("1.")
    for name, scenario in (SCENARIOS | (OF_THE_CLIENT if has_client else {})).items():
        faulthandler.dump_traceback_later(2 * PATIENCE, exit=True)
        try:
            tell(name, scenario())
        except Exception as error:  # noqa: BLE001 - the others are to be heard of as well
            tell(name, {"raised": repr(error)})
    sys.stderr.flush()
    os._exit(0)  # after an error the SDK leaves a timer behind that would keep this process for 23 s


def tell(name: str, seen: Any) -> None:
    told.write(json.dumps([name, seen]) + "\n")
    told.flush()


main()
