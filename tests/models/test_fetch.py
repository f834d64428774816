"""Fetching models from a loopback hub: what a user gets, and what it says when something fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from fetching import LARGEST, QUICK, Log, content, failure
from full_disk import largest_file
from model_hub import Hub, paths

import paraformer_nb as pnb
from paraformer_nb.errors import ModelFilesError, ParameterError
from paraformer_nb.models.fetch import fetch
from paraformer_nb.models.folders import find_folder
from paraformer_nb.models.location import own_folder
from paraformer_nb.models.table import Model, models

# ------------------------------------------------------------------------------------------------------- when it works


def test_files_are_fetched_once_and_the_licence_is_shown_once_and_kept(
    model: Model, hubs: tuple[Hub, Hub], published: Path
) -> None:
    log = Log()
    folder = fetch(model, log)
    assert folder == own_folder(model)
    assert content(folder) == content(published)
    assert log.files == [(file.name, file.size) for file in model.files]
    assert log.done[-1] == model.files[-1].size
    assert len(log.messages) == 1
    assert "Apache-2.0" in log.messages[0]
    assert "https://example.org/tiny" in log.messages[0]
    source = (folder / "SOURCE.txt").read_text(encoding="utf-8")
    for expected in ("Apache-2.0", "https://example.org/tiny", "0123abc", model.files[0].sha256):
        assert expected in source
    assert hubs[1].requests == []
    assert not any("python-requests" in agent for agent in hubs[0].agents)
    count = len(hubs[0].requests)
    again = Log()
    assert fetch(model, again) == folder
    assert len(hubs[0].requests) == count
    assert again.messages == []
    (folder / "tokens.txt").unlink()
    fetch(model, again)
    assert again.messages == ["tiny: fetching again tokens.txt (missing)"]


def test_the_public_function_fetches_by_name(table: Path, hubs: tuple[Hub, Hub], published: Path) -> None:
    folder = pnb.fetch_model("tiny", progress=False)
    assert content(folder) == content(published)
    with pytest.raises(ParameterError, match=r"unknown model 'large'. Known: tiny, paraformer-zh-en"):
        pnb.fetch_model("large")


def test_nothing_is_fetched_unasked(table: Path, model: Model, hubs: tuple[Hub, Hub]) -> None:
    with pytest.raises(ModelFilesError, match="paraformer-nb models fetch paraformer-zh-en"):
        pnb.Embedded("paraformer")
    assert find_folder(model) is None
    assert hubs[0].requests == hubs[1].requests == []


def test_a_length_that_is_left_open_is_no_obstacle(model: Model, hubs: tuple[Hub, Hub], published: Path) -> None:
    hubs[0].is_chunked = True
    assert content(fetch(model, Log())) == content(published)


# ------------------------------------------------------------------------------------------------ cuts and wrong bytes


@pytest.mark.parametrize("has_ranges", [True, False])
def test_a_cut_download_continues(model: Model, hubs: tuple[Hub, Hub], published: Path, has_ranges: bool) -> None:
    hubs[0].cut_after, hubs[0].cuts, hubs[0].has_ranges = 16_384, 2, has_ranges
    assert content(fetch(model, Log())) == content(published)
    ranges = [wanted for path, wanted in hubs[0].requests if path == paths(LARGEST)[0]]
    assert ranges == ["", "bytes=16384-", "bytes=32768-" if has_ranges else "bytes=16384-"]
    assert hubs[1].requests == []


@pytest.mark.parametrize("size", [1, 700, 8000])
def test_every_byte_that_arrived_before_a_cut_is_kept(
    model: Model, hubs: tuple[Hub, Hub], published: Path, size: int
) -> None:
    own_folder(model).mkdir(parents=True)
    shutil.copy(published / "decoder.onnx", own_folder(model))
    hubs[0].cut_after, hubs[1].status = size, 503
    for attempts in (3, 6):
        expected = f"{attempts * size:,} of 79,902 bytes of encoder.onnx are kept: the same command continues there"
        assert expected in failure(model)
    data = (own_folder(model) / f"{LARGEST}.part").read_bytes()
    assert data == (published / LARGEST).read_bytes()[: 6 * size]


def test_a_host_that_cannot_continue_is_not_said_to(model: Model, hubs: tuple[Hub, Hub], published: Path) -> None:
    for hub in hubs:
        hub.cut_after, hub.has_ranges = 9000, False
    message = failure(model)
    assert "9,000 of 79,902 bytes of encoder.onnx are kept, but no host continues a download" in message
    assert "the same command gets encoder.onnx from its beginning" in message
    part = own_folder(model) / f"{LARGEST}.part"
    part.write_bytes((published / LARGEST).read_bytes()[:20_000])
    assert "20,000 of 79,902 bytes" in failure(model), "what was there stays, where less arrives anew"
    hubs[1].has_ranges = True
    hubs[1].cut_after = None
    assert content(fetch(model, Log())) == content(published)


@pytest.mark.parametrize(
    ("status", "is_final"), [(404, True), (403, True), (401, True), (429, False), (503, False), (None, True)]
)
def test_the_advice_is_that_of_the_cause(
    model: Model, hubs: tuple[Hub, Hub], status: int | None, is_final: bool
) -> None:
    for hub in hubs:
        hub.status = status
        hub.files = {path: data[::-1] for path, data in hub.files.items()}
    message = failure(model)
    assert ("Trying again does not help" in message) == is_final
    assert ("Try again later" in message) != is_final
    first, *hosts = message.split("\n")
    assert [line.split(": ")[0] for line in hosts] == [hub.address for hub in hubs]
    assert len(first) < 400


@pytest.mark.parametrize(
    ("hub", "variables"),
    [("huggingface", "HF_ENDPOINT"), ("modelscope", "MODELSCOPE_DOMAIN"), ("", "HF_ENDPOINT{}MODELSCOPE_DOMAIN")],
)
def test_the_variables_that_are_advised_are_those_of_the_model_s_hubs(
    model: Model, hubs: tuple[Hub, Hub], hub: str, variables: str
) -> None:
    chosen = tuple(each for each in model.repositories if hub in ("", each.hub))
    model = msgspec.structs.replace(model, repositories=chosen)
    for status, end, joint in ((404, " to a host that does", " or "), (503, " or https_proxy", ", ")):
        hubs[0].status = hubs[1].status = status
        assert f"et {variables.format(joint)}{end}" in failure(model)


def test_a_proxy_that_cannot_be_used_is_not_taken_for_the_hub(
    model: Model, hubs: tuple[Hub, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    reason = "cannot be used: the connection was refused"
    for proxy, expected in (
        ("http://me:secret@127.0.0.1:9", reason),
        ("socks5://127.0.0.1:9", "pip install 'requests[socks]'"),
        ("junk://x", "its address or the proxy's is not valid"),
    ):
        monkeypatch.setenv("http_proxy", proxy)
        message = failure(model)
        assert f"{hubs[0].address}: " in message
        assert expected in message
        assert "secret" not in message
        assert ("Try again later" in message) == (expected == reason)


def test_the_host_to_which_a_hub_redirects_is_named(model: Model, hubs: tuple[Hub, Hub]) -> None:
    hubs[0].store, hubs[1].store = "http://127.0.0.1:9/store", f"{hubs[0].address.replace('127.0.0.1', 'localhost')}/x"
    message = failure(model)
    assert f"{hubs[0].address}: it redirects to 127.0.0.1:9: the connection was refused" in message
    assert f"{hubs[1].address}: HTTP 404 Not Found for localhost:" in message
    hubs[0].store = hubs[0].address
    hubs[1].store = hubs[1].address
    message = failure(model)
    assert f"{hubs[0].address}: it redirects without end" in message
    assert "Trying again does not help" in message


def test_connections_that_are_always_cut_are_named_as_that(model: Model, hubs: tuple[Hub, Hub]) -> None:
    for hub in hubs:
        hub.cut_after = 0
    message = failure(model)
    assert message.count("the connection was cut") == 2
    assert "IncompleteRead" not in message
    assert "Nothing of it is kept. Try again later" in message


def test_what_has_arrived_is_kept_for_the_next_call(model: Model, hubs: tuple[Hub, Hub], published: Path) -> None:
    first, second = hubs
    first.cut_after, second.status = 0, 503
    part = own_folder(model) / f"{LARGEST}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes((published / LARGEST).read_bytes()[:20_000])
    message = failure(model)
    assert "HTTP 503" in message
    assert part.stat().st_size == 20_000
    first.cut_after = None
    assert content(fetch(model, Log())) == content(published)
    assert (paths(LARGEST)[0], "bytes=20000-") in first.requests


def test_what_is_left_of_other_bytes_does_not_matter(model: Model, hubs: tuple[Hub, Hub], published: Path) -> None:
    part = own_folder(model) / f"{LARGEST}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 5000)
    assert content(fetch(model, Log())) == content(published)
    part.write_bytes(b"x" * 10**6)  # longer than the file
    (own_folder(model) / LARGEST).unlink()
    assert content(fetch(model, Log())) == content(published)
    assert hubs[1].requests == []


@pytest.mark.parametrize("change", [lambda data: data[:-7] + b"changed", lambda data: data[:-1], lambda data: data * 2])
def test_wrong_bytes_are_never_used_and_the_other_host_is_tried(
    model: Model, hubs: tuple[Hub, Hub], published: Path, change: object
) -> None:
    assert callable(change)
    path = paths(LARGEST)[0]
    hubs[0].files[path] = change(hubs[0].files[path])
    assert content(fetch(model, Log())) == content(published)
    assert [path for path, _ in hubs[1].requests] == [paths(LARGEST)[1]]


def test_wrong_bytes_everywhere_are_an_error_and_leave_nothing(model: Model, hubs: tuple[Hub, Hub]) -> None:
    for hub, path in zip(hubs, paths("tokens.txt"), strict=True):
        hub.files[path] = hub.files[path].replace(b"hel", b"lol")
    message = failure(model)
    assert message.count("other bytes") == 2
    assert hubs[0].address in message
    assert hubs[1].address in message
    assert find_folder(model) is None
    assert not (own_folder(model) / "tokens.txt").exists()
    assert not (own_folder(model) / "tokens.txt.part").exists()


# --------------------------------------------------------------------------------------------------- hosts that refuse


@pytest.mark.parametrize("status", [404, 403, 429, 500])
def test_a_host_that_refuses_is_followed_by_the_other(
    model: Model, hubs: tuple[Hub, Hub], published: Path, status: int
) -> None:
    hubs[0].status = status
    assert content(fetch(model, Log())) == content(published)


def test_a_host_that_stalls_is_followed_by_the_other(model: Model, hubs: tuple[Hub, Hub], published: Path) -> None:
    hubs[0].hold = 8
    assert content(fetch(model, Log(), timeouts=QUICK)) == content(published)


def test_hosts_that_all_refuse_are_named_with_their_answers(
    model: Model, hubs: tuple[Hub, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    hubs[0].status = 404
    monkeypatch.setenv("MODELSCOPE_DOMAIN", "http://127.0.0.1:1")
    message = failure(model)
    for expected in (
        "HTTP 404",
        "the connection was refused",
        "127.0.0.1:1",
        "Nothing of it is kept",
        "HF_ENDPOINT",
        "models import FOLDER",
    ):
        assert expected in message


def test_an_own_endpoint_stands_instead_of_the_public_hosts(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1/")
    monkeypatch.setenv("MODELSCOPE_DOMAIN", "http://127.0.0.1:2")
    message = failure(model)
    assert "huggingface.co" not in message
    assert "hf-mirror.com" not in message
    assert "http://127.0.0.1:1:" in message


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_no_host_is_asked(
    model: Model, hubs: tuple[Hub, Hub], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "1")
    assert variable in failure(model)
    assert hubs[0].agents == hubs[1].agents == set()


# -------------------------------------------------------------------------------------------------------------- disks


def test_a_limit_of_file_sizes_says_what_to_do_and_keeps_what_has_arrived(
    model: Model, hubs: tuple[Hub, Hub], published: Path
) -> None:
    with largest_file(8192):
        message = failure(model)
    for expected in ("cannot be written", "ulimit -f", "PARAFORMER_NB_MODELS", "kept"):
        assert expected in message
    assert (own_folder(model) / f"{LARGEST}.part").stat().st_size == 8192
    assert hubs[1].requests == [], "another host does not help"
    assert content(fetch(model, Log())) == content(published)


def test_a_disk_without_room_is_refused_before_anything_is_fetched(hubs: tuple[Hub, Hub]) -> None:
    huge = models()["paraformer-zh-en"]
    files = tuple(type(file)(file.name, 10**18, file.sha256) for file in huge.files)
    message = failure(type(huge)(**{name: getattr(huge, name) for name in huge.__struct_fields__} | {"files": files}))
    assert "MB are free" in message
    assert hubs[0].agents == set()


def test_a_folder_that_cannot_be_written_is_named(
    model: Model, hubs: tuple[Hub, Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("PARAFORMER_NB_MODELS", str(tmp_path / "file"))
    message = failure(model)
    assert str(tmp_path / "file") in message
    assert "Rename or remove that file, which is in the way, or set PARAFORMER_NB_MODELS to another folder" in message


def test_a_model_in_a_read_only_folder_is_used(
    model: Model, hubs: tuple[Hub, Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fetch(model, Log())
    folder.rename(tmp_path / "unpacked-tiny")
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("PARAFORMER_NB_MODELS", str(tmp_path / "file"))  # what was verified cannot be stored
    assert find_folder(model) == tmp_path / "unpacked-tiny"


# ---------------------------------------------------------------------------------------------- processes, interrupts

FETCH = """
import sys
import paraformer_nb as pnb
try:
    print(pnb.fetch_model("tiny", progress=False))
except KeyboardInterrupt:
    print("interrupted")
"""


def fetching() -> subprocess.Popen[str]:
    """A process that fetches the model."""
    return subprocess.Popen(
        [sys.executable, "-c", FETCH], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    )


def test_two_processes_at_once_fetch_it_once(table: Path, hubs: tuple[Hub, Hub], published: Path) -> None:
    first, _ = hubs
    first.hold = 100
    with fetching() as one:
        assert first.is_holding.wait(30)
        with fetching() as two:
            assert two.stderr is not None
            assert "Another process is writing tiny" in two.stderr.readline()
            first.hold = None
            first.release.set()
            assert two.wait(30) == 0
            folders = {process.stdout.read().strip() for process in (one, two) if process.stdout}
            assert one.wait(30) == 0
    (folder,) = folders
    assert content(Path(folder)) == content(published)
    assert len(first.requests) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_after_an_interrupt_or_a_kill_it_continues(
    table: Path, hubs: tuple[Hub, Hub], model: Model, published: Path, number: signal.Signals
) -> None:
    first, _ = hubs
    first.hold = 20_000
    with fetching() as process:
        part = own_folder(model) / f"{model.files[0].name}.part"
        assert first.is_holding.wait(30)
        first.is_holding.clear()
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            if first.is_holding.wait(0.05):  # the first file may be shorter than what is held
                part = own_folder(model) / f"{LARGEST}.part"
        process.send_signal(number)
        output = process.communicate(timeout=30)[0]
    assert output.strip() == ("interrupted" if number == signal.SIGINT else "")
    first.hold = None
    first.release.set()
    first.requests.clear()
    assert content(fetch(model, Log())) == content(published)
    assert len(first.requests) <= 3
