"""`paraformer-nb transcribe`: what it prints and writes, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import wave
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from command_line import command, serving, started
from servers import KEY, RATE, Cloud, Talk, assert_says, ended, eventually, is_running, texts, tone, well, workers

import paraformer_nb as pnb
from paraformer_nb.tables.schema import WORDS_RAW

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_transcribe_prints_each_sentence_with_its_time(english: Path) -> None:
    done = command("transcribe", english, "--end", 9)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0].startswith("0:00.8")  # a hundredth more or less where the times are estimated
    assert lines[0].split()[1:] == ["Good", "morning", "and", "welcome", "to", "the", "first", "lesson."]
    assert len(lines) == 2
    assert "English only" in done.stderr
    assert "Traceback" not in done.stderr


def test_how_the_clip_is_read_is_printed(chinese: Path, tmp_path: Path) -> None:
    left = tone(2.0)[0]
    clip = tmp_path / "cancelled.wav"
    with wave.open(str(clip), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.stack([left, -left], axis=1).tobytes())
    script = f"script={chinese.with_suffix('.json')}"
    done = command("transcribe", clip, "--engine", "scripted", "--engine-option", script)
    assert done.stderr.count("one channel alone is recognised") == 1, done.stderr


def test_json_prints_the_words_table_line_by_line(part: Path, chinese: Path) -> None:
    script = chinese.with_suffix(".json")
    with serving("--engine", "scripted", "--script", script, "--api-key", KEY) as (_, url):
        done = command("transcribe", part, "--url", url, "--json", DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [tuple(row) for row in rows] == [tuple(column.name for column in WORDS_RAW)] * 6
    run = ended(pnb.transcribe(part, service=pnb.Embedded("scripted", script=script)))
    assert "".join(row["text"] for row in rows) == "今天天气很好" == "".join(texts(run))
    assert [(row["start"], row["end"]) for row in rows] == list(zip(run.words["start"], run.words["end"], strict=True))
    assert {(row["sentence_id"], row["is_final"], row["confidence"], row["speaker"]) for row in rows} == {
        (1, True, None, None)
    }
    assert "Scripted" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_a_clip_without_speech_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(32000))
    done = command("transcribe", path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no speech was found" in done.stderr


def test_a_clip_that_is_nearly_silent_gets_a_hint(tmp_path: Path) -> None:
    async def find_nothing(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.finish()

    for level, is_quiet in ((0, True), (300, True), (8000, False)):
        path = tmp_path / f"{level}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes((level.to_bytes(2, "little") + (-level).to_bytes(2, "little", signed=True)) * 4000)
        with Cloud(find_nothing) as cloud:
            done = command("transcribe", path, "--url", cloud.url, "--pace", 50, DASHSCOPE_API_KEY=KEY)
        assert done.returncode == 0
        assert "no speech was found" in done.stderr
        assert ("silent or nearly so: check the microphone" in done.stderr) == is_quiet


async def _leave_the_last_partial(talk: Talk) -> None:
    await talk.begin()
    await talk.command()
    await talk.say("hello", "there")
    await talk.say("good", "bye", number=2, final=False)
    await talk.finish()


def test_a_sentence_that_never_becomes_final_is_printed_and_written(part: Path, tmp_path: Path) -> None:
    with Cloud(_leave_the_last_partial) as cloud:
        arguments = ["transcribe", part, "--url", cloud.url, "--pace", 50, "--output", tmp_path / "words.txt"]
        done = command(*arguments, DASHSCOPE_API_KEY=KEY)
        as_json = command(*arguments, "--json", DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["0:00.00  hello there", "0:01.00  good bye"]
    assert (tmp_path / "words.txt").read_text() == "hello there\ngood bye\n"
    rows = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert [(row["text"], row["is_final"]) for row in rows] == [
        ("hello", True),
        ("there", True),
        ("good", False),
        ("bye", False),
    ]


def test_a_run_with_one_partial_sentence_only_has_speech(part: Path) -> None:
    async def behave(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.say("hello", final=False)
        await talk.finish()

    with Cloud(behave) as cloud:
        done = command("transcribe", part, "--url", cloud.url, "--pace", 50, DASHSCOPE_API_KEY=KEY)
    assert (done.returncode, done.stdout) == (0, "0:00.00  hello\n")
    assert "no speech" not in done.stderr


@pytest.mark.parametrize("others", [0, 1])
def test_each_gap_is_reported_and_has_an_exit_code(others: int, clips: list[Path], english: Path) -> None:
    cut = clips[0].with_name("cut.flac")
    cut.write_bytes(english.read_bytes()[:200_000])
    with Cloud(well) as cloud:
        arguments = ["transcribe", cut, *clips[:others], "--url", cloud.url, "--pace", 100]
        done = command(*arguments, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 3
    (warning,) = [line for line in done.stderr.splitlines() if "warning" in line]
    expected = r"paraformer-nb: warning: 0:\d\d\.\d\d to 0:39\.6\d was not recognised: the clip is cut off or damaged\."
    assert re.fullmatch(expected, warning)


def test_a_failure_counts_more_than_its_gap(part: Path) -> None:
    async def fail(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.fail("Arrearage", "The account is overdue.")

    with Cloud(fail) as cloud:
        done = command("transcribe", part, "--url", cloud.url, "--pace", 50, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 1
    assert "was not recognised: the run failed before this was final." in done.stderr


def test_recognised_text_cannot_control_the_terminal(tmp_path: Path, part: Path) -> None:
    async def send_escapes(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.say("\x1b[2J\x07bad\r\n")
        await talk.finish()

    with Cloud(send_escapes) as cloud:
        done = command("transcribe", part, "--url", cloud.url, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_a_service_without_a_key_for_it(part: Path) -> None:
    done = command("transcribe", part, "--url", "wss://dashscope.aliyuncs.com/")
    assert done.returncode == 2
    assert "DASHSCOPE_API_KEY" in done.stderr


def test_a_service_that_refuses_the_key(part: Path) -> None:
    with Cloud(well, status=401) as cloud:
        done = command("transcribe", part, "--url", cloud.url, DASHSCOPE_API_KEY=KEY)
    assert (done.returncode, done.stdout) == (1, "")
    assert_says(RuntimeError(done.stderr.strip()), "does not accept the API key", "DASHSCOPE_API_KEY")


def test_words_that_were_final_before_a_failure_are_printed(part: Path) -> None:
    failures = [("InternalError", "Internal server error!"), ("Arrearage", "The account is overdue.")]

    async def failing(talk: Talk) -> None:
        await talk.begin()
        for _ in range(3):
            await talk.block()
        await talk.say("hello", "there")
        await talk.fail(*failures.pop(0))

    with Cloud(failing) as cloud:
        done = command("transcribe", part, "--url", cloud.url, DASHSCOPE_API_KEY=KEY)
    assert failures == [], "the first one is retryable, the second one is not"
    assert (done.returncode, done.stdout.split()) == (1, ["0:00.00", "hello", "there"])
    assert "The account is overdue" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_keeps_the_last_words(english: Path) -> None:
    async def behave(talk: Talk) -> None:
        await talk.begin()
        await talk.say("hello")
        await talk.command()
        await talk.say("goodbye", number=2)
        await talk.finish()

    with (
        Cloud(behave) as cloud,
        started("transcribe", english, "--url", cloud.url, "--json", DASHSCOPE_API_KEY=KEY) as process,
    ):
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["text"] == "hello"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert json.loads(out)["text"] == "goodbye"
    assert "stopping, with the words so far. Ctrl-C again ends at once." in err
    assert "Traceback" not in err
    assert process.returncode == 130


def test_a_killed_transcribe_leaves_no_worker(english: Path) -> None:
    with started("transcribe", english) as process:
        assert eventually(lambda: workers(process.pid), 30)
        pids = workers(process.pid)
        process.kill()
    assert eventually(lambda: not any(is_running(pid) for pid in pids))


# ------------------------------------------------------------------------------------------------- options and outputs


async def _recognise_twice(talk: Talk) -> None:
    """Two sentences; on every connection the same."""
    await talk.begin()
    await talk.command()
    await talk.say("hello", "there")
    await talk.say("goodbye", number=2)
    await talk.finish()


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Three clips of 0.3 s: one.wav, two.wav, three.wav."""
    paths = [tmp_path / f"{name}.wav" for name in ("one", "two", "three")]
    for path in paths:
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(bytes(9600))
    return paths


def test_the_service_receives_the_options(clips: list[Path]) -> None:
    options = ["--model", "fun-asr-realtime", "--language", "zh", "--start", "0.1", "--end", "0.3"]
    parameters = [
        "max_sentence_silence=500",
        "semantic_punctuation_enabled=false",
        "vocabulary_id=vocab-7",
        "speech_noise_threshold=-0.5",
        'context=[{"role": "user", "content": [{"type": "input_text", "text": "a=b"}]}]',
    ]
    options += [part for each in parameters for part in ("--param", each)]
    with Cloud(well) as cloud:
        done = command("transcribe", clips[0], "--url", cloud.url, *options, "--pace", 50, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    payload = cloud.commands[0]["payload"]
    assert payload["model"] == "fun-asr-realtime"
    assert payload["parameters"] == {
        "format": "pcm",
        "sample_rate": 16000,
        "language_hints": ["zh"],
        "max_sentence_silence": 500,
        "semantic_punctuation_enabled": False,
        "vocabulary_id": "vocab-7",
        "speech_noise_threshold": -0.5,
    }
    assert payload["input"] == {"context": [{"role": "user", "content": [{"type": "input_text", "text": "a=b"}]}]}
    assert sum(map(len, cloud.blocks)) == 2 * round(0.2 * 16000)
    assert {len(block) for block in cloud.blocks} == {3200}, "paced: 100 ms a block"


def test_an_engine_of_the_embedded_service(chinese: Path) -> None:
    script = f"script={chinese.with_suffix('.json')}"
    done = command("transcribe", chinese, "--engine", "scripted", "--engine-option", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith("今天天气很好。")


def test_attempts_limits_the_retries(clips: list[Path]) -> None:
    async def refuse(talk: Talk) -> None:
        await talk.connection.close(1011)

    with Cloud(refuse) as cloud:
        done = command("transcribe", clips[0], "--url", cloud.url, "--attempts", 2, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 1
    assert len(cloud.headers) == 2
    assert "Traceback" not in done.stderr
    assert "no speech" not in done.stderr


def test_outputs_and_a_journal_of_one_clip(clips: list[Path], tmp_path: Path) -> None:
    outputs = [tmp_path / "words.jsonl", tmp_path / "{name}.txt", tmp_path / "page.HTML"]
    options = [part for each in outputs for part in ("--output", each)]
    with Cloud(_recognise_twice) as cloud:
        save = ["--save", tmp_path / "run.jsonl"]
        done = command("transcribe", clips[0], "--url", cloud.url, *options, *save, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1:] for line in done.stdout.splitlines()] == [["hello", "there"], ["goodbye"]]
    assert [json.loads(line)["text"] for line in (tmp_path / "words.jsonl").read_text().splitlines()] == [
        "hello",
        "there",
        "goodbye",
    ]
    assert (tmp_path / "one.txt").read_text() == "hello there\ngoodbye\n"
    assert "<h1>one.wav</h1>" in (tmp_path / "page.HTML").read_text()
    assert texts(pnb.load(tmp_path / "run.jsonl")) == ["hello", "there", "goodbye"]
    assert done.stderr.count("paraformer-nb: wrote ") == 3


def test_several_clips_have_outputs_and_journals_of_their_own(clips: list[Path], tmp_path: Path) -> None:
    options = ["--output", tmp_path / "{name}.txt", "--save", tmp_path / "{name}.jsonl"]
    with Cloud(_recognise_twice) as cloud:
        done = command("transcribe", *clips, "--url", cloud.url, *options, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.endswith(":")] == [f"{clip}:" for clip in clips]
    for clip in clips:
        assert clip.with_suffix(".txt").read_text() == "hello there\ngoodbye\n"
        assert pnb.load(clip.with_suffix(".jsonl")).clip.name == clip.name
    assert len(cloud.headers) == 3


def test_a_clip_that_cannot_be_read_does_not_stop_the_others(clips: list[Path], tmp_path: Path) -> None:
    clips[1].write_bytes(b"RIFF, and no more")
    options = ["--output", tmp_path / "{name}.txt"]
    with Cloud(well) as cloud:
        done = command("transcribe", *clips, "--url", cloud.url, *options, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 1
    assert "two.wav" in done.stderr
    assert "1 of 3 clips could not be read" in done.stderr
    assert [clip.with_suffix(".txt").exists() for clip in clips] == [True, False, True]


def test_an_interrupt_ends_several_clips_and_keeps_what_was_recognised(clips: list[Path], tmp_path: Path) -> None:
    connections: list[str] = []

    async def wait_at_the_second(talk: Talk) -> None:
        await talk.begin()
        connections.append(talk.task)
        await talk.say("hello", "there")
        await talk.command()
        if len(connections) == 2:
            is_waiting.append(True)
            await talk.forever()
        await talk.finish()

    is_waiting: list[bool] = []
    options = ["--output", tmp_path / "{name}.txt", "--save", tmp_path / "{name}.jsonl"]
    with (
        Cloud(wait_at_the_second) as cloud,
        started("transcribe", *clips, "--url", cloud.url, *options, DASHSCOPE_API_KEY=KEY) as process,
    ):
        assert eventually(lambda: is_waiting, 40)
        # The first interrupt stops, and the service does not answer finish-task; the next one cancels. Two that are
        # sent at once may arrive as one.
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
        _, err = process.communicate(timeout=30)
    # A shell sees both as 130; the second one is a signal that came when Python was ending, without its handlers.
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in err
    assert len(connections) == 2, "the third clip was not sent"
    assert [clip.with_suffix(".txt").exists() for clip in clips] == [True, True, False]
    assert clips[1].with_suffix(".txt").read_text() == "hello there\n"
    assert pnb.load(clips[1].with_suffix(".jsonl")).state == "stopped"


def test_a_failure_without_words_leaves_an_earlier_output_as_it_is(clips: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "words.txt"
    output.write_text("mine\n")
    with Cloud(well, status=401) as cloud:
        done = command("transcribe", clips[0], "--url", cloud.url, "--output", output, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 1
    assert output.read_text() == "mine\n"


def test_words_before_a_failure_are_written_to_the_outputs(clips: list[Path], tmp_path: Path) -> None:
    async def fail(talk: Talk) -> None:
        await talk.begin()
        await talk.say("hello")
        await talk.fail("Arrearage", "The account is overdue.")

    output = tmp_path / "words.txt"
    with Cloud(fail) as cloud:
        done = command("transcribe", clips[0], "--url", cloud.url, "--output", output, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 1
    assert "The account is overdue" in done.stderr
    assert output.read_text() == "hello\n"


def test_an_output_that_cannot_be_written_does_not_hide_the_error_of_the_run(clips: list[Path], tmp_path: Path) -> None:
    async def fails(talk: Talk) -> None:
        await talk.begin()
        await talk.say("hello")
        await talk.fail("InvalidParameter", "no such thing")

    outputs = [tmp_path / "no" / "words.txt", tmp_path / "words.txt", tmp_path / "no" / "page.html"]
    options = [part for each in outputs for part in ("--output", each)]
    with Cloud(fails) as cloud:
        done = command("transcribe", clips[0], "--url", cloud.url, *options, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 1
    assert "no such thing" in done.stderr.splitlines()[-1]
    for path in (outputs[0], outputs[2]):
        assert f"{str(path)!r} cannot be written" in done.stderr
    assert outputs[1].read_text() == "hello\n", "the others are written"


def test_each_output_that_cannot_be_written_is_reported(clips: list[Path], tmp_path: Path) -> None:
    outputs = [tmp_path / "no" / "a.txt", tmp_path / "no" / "b.txt", tmp_path / "c.txt"]
    options = [part for each in outputs for part in ("--output", each)]
    with Cloud(well) as cloud:
        done = command("transcribe", clips[0], "--url", cloud.url, *options, DASHSCOPE_API_KEY=KEY)
    assert done.returncode == 1
    assert done.stderr.count("cannot be written") == 2
    assert outputs[2].read_text() == "hello there\n"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--output", "words.txt"], "3 clips cannot be written to one file: give a name for each"),
        (["--save", "run.jsonl"], "--save 'run.jsonl': 3 clips cannot be written to one file"),
        (["--output", "{name}.docx"], "the format '.docx' is not known. Nothing was sent"),
        (["--output", "words"], "the format '' is not known"),
        (["--param", "max_sentence_silence"], "give NAME=VALUE"),
        (["--param", "=5"], "give NAME=VALUE"),
        (["--param", "clip=other.wav"], "--param clip: the service has no such parameter"),
        (["--param", "save=x.jsonl"], "--param save: the service has no such parameter"),
        (["--param", "max_sentence_silence=soon"], "max_sentence_silence='soon'"),
        (["--language", "xx"], "language_hints"),
        (["--attempts", "0"], "attempts=0"),
        (["--pace", "0"], "pace=0"),
        (["--engine", "scripted", "--url", "ws://127.0.0.1:9/"], "not both"),
        (["--engine-option", "script=x.json"], "needs --engine"),
        (["--engine", "whisper"], "whisper"),
    ],
    ids=" ".join,
)
def test_wrong_options_of_transcribe(options: list[str], what: str, clips: list[Path], tmp_path: Path) -> None:
    with Cloud(well) as cloud:
        url = [] if {"--engine", "--engine-option"} & set(options) else ["--url", cloud.url]
        done = command("transcribe", *clips, *url, *options, DASHSCOPE_API_KEY=KEY)
    assert what in done.stderr
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (2, "")
    assert cloud.headers == []
    assert sorted(tmp_path.iterdir()) == sorted(clips)


def test_stdin_given_twice_is_refused() -> None:
    """It can be read only once: the second time it would be an empty clip."""
    done = command("transcribe", "-", "-", "--url", "ws://127.0.0.1:9/", DASHSCOPE_API_KEY=KEY)
    assert (done.returncode, done.stdout) == (2, "")
    assert "- is given more than once" in done.stderr


def test_two_clips_of_the_same_name_are_not_written_to_one_file(clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twin = clips[0].rename(tmp_path / "other" / "two.wav")
    output = tmp_path / "{name}.txt"
    done = command(
        "transcribe", clips[1], twin, "--output", output, "--url", "ws://127.0.0.1:9/", DASHSCOPE_API_KEY=KEY
    )
    assert done.returncode == 2
    assert "rename clips that have the same name" in done.stderr
