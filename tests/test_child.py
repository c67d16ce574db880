"""A build in a process of its own, as ComfyUI orders it: told, cancelled, killed, left alone, and with ComfyUI's modules about."""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from builds import content, tag_lines, write_lines

from danbooru_index.encoders import open_encoder
from danbooru_index.errors import BuildError, CorpusError, DanbooruIndexError, EncoderError
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.progress import Step, silent
from danbooru_index.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MODULE = """
import importlib, sys, types
for name, path in (("childpack", {root!r}), ("childpack.nodes", {root!r} + "/nodes")):
    package = types.ModuleType(name)
    package.__path__ = [path]
    sys.modules[name] = package
child = importlib.import_module("childpack.nodes.child")
"""
PARENT = """
from pathlib import Path
Settings = importlib.import_module("childpack.danbooru_index.settings").Settings
child.build_in_child(sys.argv[2:], Settings(Path(sys.argv[1])), lambda step: print(step.name, flush=True))
"""


@pytest.fixture(scope="module")
def child() -> types.ModuleType:
    """nodes/child.py as a part of the pack; it needs nothing of ComfyUI. The engine is the one that the tests import."""
    for name, path in (("childpack", ROOT), ("childpack.nodes", ROOT / "nodes")):
        package = types.ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
    for name in ("", ".errors", ".progress", ".settings"):
        sys.modules[f"childpack.danbooru_index{name}"] = importlib.import_module(f"danbooru_index{name}")
    return importlib.import_module("childpack.nodes.child")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home")


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = set(psutil.Process().children())
    yield
    assert set(psutil.Process().children()) <= before


def order(corpus: Path, *flags: str) -> list[str]:
    return ["build", f"--input={corpus}", "--model=use-multilingual", "--device=cpu", "--chroma=", *flags]


def builder() -> psutil.Process:
    """The child that builds."""
    found = []
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # another child that ends just now
            if "--progress=json" in process.cmdline():
                found.append(process)
    (only,) = found
    return only


def at(stage: str, act: Callable[[], None]) -> Callable[[Step], None]:
    """A progress that acts at the first step of a stage."""
    seen = []

    def progress(step: Step) -> None:
        if step.name == stage and not seen:
            seen.append(step)
            act()

    return progress


class Cancelled(Exception):
    pass


def cancel() -> None:
    raise Cancelled


def test_progress_bad_lines_and_the_report(
    child: types.ModuleType,
    settings: Settings,
    tmp_path: Path,
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    corpus.write_text(corpus.read_text(encoding="utf-8") + "no json\n", encoding="utf-8")
    shadows = tmp_path / "ComfyUI"
    shadows.mkdir()
    for name in ("numpy", "utils", "httpx", "danbooru_index"):
        (shadows / f"{name}.py").write_text("raise SystemExit('a module of the working folder was imported')\n")
    monkeypatch.chdir(shadows)
    steps: list[Step] = []
    text = child.build_in_child(order(corpus, "--tolerant"), settings, steps.append)
    assert text.startswith("17 tags, ") and "skipped line 18: not JSON" in text
    assert steps[0] == Step("start", 0, 0), "told before the child has said a word"
    assert {"checking the corpus", "encoding", "words", "collection"} <= {step.name for step in steps}
    assert any(step.name == "encoding" and step.total and step.memory for step in steps)
    assert "(0 encoded, " in child.build_in_child(order(corpus, "--tolerant"), settings, silent)
    assert not caplog.messages, "the child has nothing to complain of, nor has Python at its end"


def test_it_builds_what_is_built_in_this_process(
    child: types.ModuleType, settings: Settings, tmp_path: Path, corpus: Path
) -> None:
    child.build_in_child(order(corpus, "--batch-size=64"), settings, silent)
    build_index(corpus, tmp_path / "here", open_encoder("use-multilingual"), BuildOptions(batch_size=64))
    assert content(settings.home / "index") == content(tmp_path / "here")


def test_its_errors_are_the_engines_own(child: types.ModuleType, settings: Settings, corpus: Path) -> None:
    corpus.write_text("no json\n", encoding="utf-8")
    with pytest.raises(CorpusError) as here:
        build_index(corpus, settings.home / "index", open_encoder("use-multilingual"))
    with pytest.raises(CorpusError) as there:
        child.build_in_child(order(corpus), settings, silent)
    assert there.value.full_text() == here.value.full_text()
    with pytest.raises(EncoderError, match="There is no encoder 'gpt'"):
        child.build_in_child([*order(corpus), "--model=gpt"], settings, silent)


def test_cancelled_it_stops_and_resumes_later(child: types.ModuleType, settings: Settings, tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "many.jsonl", tag_lines(400))
    with pytest.raises(Cancelled):
        child.build_in_child(order(corpus), settings, at("encoding", cancel))
    assert not (settings.home / "index" / "CURRENT").exists()
    notes: list[str] = []
    text = child.build_in_child(order(corpus), settings, lambda step: notes.append(step.note))
    assert text.startswith("400 tags") and any("resumes" in note for note in notes)


def test_what_does_not_listen_is_killed(
    child: types.ModuleType, settings: Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "STOP_SECONDS", 1.0)

    def act() -> None:
        builder().suspend()
        cancel()

    with pytest.raises(Cancelled):
        child.build_in_child(order(corpus), settings, at("encoding", act))


def test_its_death_is_an_error_and_it_resumes_later(
    child: types.ModuleType, settings: Settings, tmp_path: Path
) -> None:
    corpus = write_lines(tmp_path / "many.jsonl", tag_lines(400))
    with pytest.raises(BuildError) as dead:
        child.build_in_child(order(corpus), settings, at("encoding", lambda: builder().kill()))
    assert (
        str(dead.value).startswith("The process that builds the index ")
        and "from its last checkpoint" in dead.value.hint
    )
    if sys.platform != "win32":
        assert "signal 9" in str(dead.value) and "memory ran out" in dead.value.hint
    assert child.build_in_child(order(corpus), settings, silent).startswith("400 tags")


def test_what_it_says_before_it_ends_is_in_the_error_and_the_log(
    child: types.ModuleType, settings: Settings, corpus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(BuildError, match=r"exit code 2\): .*--nonsense"):
        child.build_in_child([*order(corpus), "--nonsense"], settings, silent)
    assert any("--nonsense" in message for message in caplog.messages)


def test_a_python_that_is_not_there(
    child: types.ModuleType, settings: Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(settings.home / "python"))
    with pytest.raises(DanbooruIndexError, match="cannot be started"):
        child.build_in_child(order(corpus), settings, silent)


def test_it_ends_with_the_program_that_started_it(settings: Settings, tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "many.jsonl", tag_lines(3000))
    program = MODULE.format(root=str(ROOT)) + PARENT
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(settings.home), *order(corpus)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    try:
        assert any(line.strip() == "encoding" for line in parent.stdout)
        (building,) = psutil.Process(parent.pid).children()
    finally:
        parent.kill()
        parent.wait(120)
        parent.stdout.close()
    building.wait(120)
