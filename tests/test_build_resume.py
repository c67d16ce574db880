"""Builds that stop and go on: the same index in the end, whatever happened on the way."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from pathlib import Path

import numpy as np
import pytest
from builds import content, tag_lines, write_lines

from danbooru_index.channels.ngrams import SPELLING, View
from danbooru_index.cli import main
from danbooru_index.encoders import Encoder, open_encoder
from danbooru_index.encoders.protocol import Encoding
from danbooru_index.errors import BuildCancelledError, BuildError, CorpusError, IndexMismatchError
from danbooru_index.index.index import Index
from danbooru_index.index.versions import current_version, unfinished_versions
from danbooru_index.indexing import BuildOptions, Step, build_index
from danbooru_index.indexing import job as job_module
from danbooru_index.indexing import name_stages as names_module
from danbooru_index.indexing.build_lock import build_lock
from danbooru_index.records import SearchRequest
from danbooru_index.search.engine import search

OPTIONS = BuildOptions(batch_size=16)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder("use-multilingual")


@pytest.fixture
def tags(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "tags.jsonl", tag_lines(60))


class Counting:
    """The real encoder, which counts what it is given."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.texts: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.encoder, name)

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        self.texts += texts
        return self.encoder.encode(texts, sparse=sparse, tokens=tokens)


class Stop:
    """Cancels a build at the n-th step of a stage; a step that only says that it waits is none."""

    def __init__(self, stage: str, number: int = 1) -> None:
        self.stage, self.number, self.now = stage, number, False
        self.seen: set[int] = set()

    def progress(self, step: Step) -> None:
        if step.name == self.stage and not step.note:
            self.seen.add(step.done)
            self.now = len(self.seen) >= self.number

    def cancelled(self) -> bool:
        return self.now


@pytest.mark.parametrize("stage", ["checking the corpus", "encoding", "names", "names: spelling", "collection"])
def test_a_cancelled_build_resumes_and_gives_the_same_index(
    stage: str, tags: Path, tmp_path: Path, encoder: Encoder
) -> None:
    build_index(tags, tmp_path / "clean", encoder, OPTIONS)
    stop = Stop(stage, 3 if stage == "encoding" else 1)
    with pytest.raises(BuildCancelledError) as caught:
        build_index(tags, tmp_path / "index", encoder, OPTIONS, stop.progress, stop.cancelled)
    assert "same command" in caught.value.hint
    assert len(unfinished_versions(tmp_path / "index")) == 1
    counting = Counting(encoder)
    report = build_index(tags, tmp_path / "index", counting, OPTIONS)
    assert report.notes[0].startswith("The unfinished build")
    assert (len(counting.texts) < report.texts) == (stage != "checking the corpus")
    assert content(tmp_path / "index") == content(tmp_path / "clean")
    assert unfinished_versions(tmp_path / "index") == []


def test_a_view_of_names_that_is_done_is_not_done_again(
    tags: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is some ten seconds of work at a million tags; the tag table is read once a run, and not for nothing."""
    steps: list[str] = []
    written: list[str] = []
    write = names_module.write_view

    def killed_at_spelling(folder: Path, view: View, *names: object) -> None:
        if view is SPELLING and SPELLING.name not in written:
            written.append(view.name)
            raise KeyboardInterrupt
        written.append(view.name)
        write(folder, view, *names)

    monkeypatch.setattr(names_module, "write_view", killed_at_spelling)
    with pytest.raises(BuildCancelledError):
        build_index(tags, tmp_path / "index", encoder, OPTIONS)
    build_index(tags, tmp_path / "index", encoder, OPTIONS, lambda step: steps.append(step.name))
    assert written == ["characters", "spelling", "spelling", "skeleton"]
    seen = list(dict.fromkeys(steps))
    assert seen[seen.index("names") :] == [
        "names",
        "names: spelling",
        "names: skeleton",
        "words",
        "collection",
        "checking",
    ]
    build_index(tags, tmp_path / "clean", encoder, OPTIONS)
    assert content(tmp_path / "index") == content(tmp_path / "clean")


def test_a_folder_with_nothing_but_an_unfinished_build_says_so(
    tags: Path, tmp_path: Path, encoder: Encoder, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = Stop("encoding", 2)
    with pytest.raises(BuildCancelledError):
        build_index(tags, tmp_path / "index", encoder, OPTIONS, stop.progress, stop.cancelled)
    assert main(["info", str(tmp_path / "index")]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"error: {tmp_path / 'index'} holds no index yet, but an unfinished build.",
        "hint: Run its danbooru-index build command again, which goes on from the last checkpoint.",
    ]


def test_the_old_index_works_while_a_new_one_is_unfinished(tags: Path, tmp_path: Path, encoder: Encoder) -> None:
    folder = tmp_path / "index"
    old = build_index(tags, folder, encoder, OPTIONS).folder
    more = write_lines(tmp_path / "more.jsonl", tag_lines(70))
    stop = Stop("encoding", 2)
    with pytest.raises(BuildCancelledError):
        build_index(more, folder, encoder, OPTIONS, stop.progress, stop.cancelled)
    assert current_version(folder) == old
    with Index(folder) as index:
        assert search(index, SearchRequest("blue thing 17")).tags[0] == "blue_thing_17"


def test_unfinished_work_of_another_corpus_is_not_lost_unless_asked(
    tags: Path, tmp_path: Path, encoder: Encoder
) -> None:
    folder = tmp_path / "index"
    stop = Stop("encoding", 2)
    with pytest.raises(BuildCancelledError):
        build_index(tags, folder, encoder, OPTIONS, stop.progress, stop.cancelled)
    other = write_lines(tmp_path / "other.jsonl", tag_lines(20))
    with pytest.raises(BuildError, match="an unfinished build of another corpus") as caught:
        build_index(other, folder, encoder, OPTIONS)
    assert "--restart" in caught.value.hint
    report = build_index(other, folder, encoder, BuildOptions(batch_size=16, restart=True))
    assert (report.rows, unfinished_versions(folder)) == (20, [])


def test_only_new_texts_are_encoded(tags: Path, tmp_path: Path, encoder: Encoder) -> None:
    folder = tmp_path / "index"
    first = build_index(tags, folder, encoder, OPTIONS)
    lines = tag_lines(60)
    lines[5] = json.dumps({**json.loads(lines[5]), "post_count": 7})
    lines[9] = json.dumps({"id": "x", "text": "【通用】entirely_new - 全新。", "source": "test"}, ensure_ascii=False)
    changed = write_lines(tmp_path / "changed.jsonl", lines)
    counting = Counting(encoder)
    report = build_index(changed, folder, counting, OPTIONS)
    assert sorted(counting.texts) == ["entirely new", "全新"]
    assert report.reused == report.texts - 2
    assert report.folder != first.folder
    assert not first.folder.exists(), "nobody reads the old version any more"
    clean = build_index(changed, tmp_path / "clean", encoder, OPTIONS).folder
    a, b = (np.fromfile(v / "dense" / "vectors.i8", np.int8).astype(int) for v in (report.folder, clean))
    assert np.abs(a - b).max() <= 1, "another batch may change the last bit"
    counting.texts.clear()
    build_index(changed, folder, counting, BuildOptions(batch_size=16, reuse=False))
    assert len(counting.texts) == report.texts
    with pytest.raises(IndexMismatchError, match="was built by"):
        build_index(changed, tmp_path / "third", Renamed(encoder), BuildOptions(base=folder))


class Renamed(Counting):
    """The real encoder under another name."""

    @property
    def identity(self) -> object:
        from dataclasses import replace

        return replace(self.encoder.identity, revision="another")


def test_a_bad_line_is_found_before_anything_is_encoded(tmp_path: Path, encoder: Encoder) -> None:
    path = write_lines(tmp_path / "bad.jsonl", [*tag_lines(40), "{"])
    counting = Counting(encoder)
    with pytest.raises(CorpusError, match="line 41"):
        build_index(path, tmp_path / "index", counting, OPTIONS)
    assert (counting.texts, unfinished_versions(tmp_path / "index")) == ([], [])
    report = build_index(path, tmp_path / "index", counting, BuildOptions(strict=False, batch_size=16))
    assert (report.rows, report.bad_lines, [str(p)[:8] for p in report.problems]) == (40, 1, ["line 41:"])


def hold_lock(folder: Path, held: multiprocessing.synchronize.Event, done: multiprocessing.synchronize.Event) -> None:
    with build_lock(folder):
        held.set()
        done.wait(300)


def test_a_second_builder_is_told_who_builds_and_a_dead_one_frees_the_lock(
    tags: Path, tmp_path: Path, encoder: Encoder
) -> None:
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=hold_lock, args=(tmp_path / "index", held, done))
    other.start()
    assert held.wait(300)
    with pytest.raises(BuildError, match=f"Another build is at work in .*: process {other.pid} on "):
        build_index(tags, tmp_path / "index", encoder, OPTIONS)
    other.kill()
    other.join(300)
    assert build_index(tags, tmp_path / "index", encoder, OPTIONS).rows == 60


def test_too_little_space_is_said_before_encoding(
    tags: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("danbooru_index.indexing.space.shutil.disk_usage", lambda _: usage)
    counting = Counting(encoder)
    with pytest.raises(BuildError, match=r"needs about 0\.00 GB more in .*, but only 0\.00 GB are free"):
        build_index(tags, tmp_path / "index", counting, OPTIONS)
    assert counting.texts == []


def test_steps_carry_rate_remaining_time_and_memory(tags: Path, tmp_path: Path, encoder: Encoder) -> None:
    steps: list[Step] = []
    report = build_index(tags, tmp_path / "index", encoder, OPTIONS, steps.append)
    encoding = [step for step in steps if step.name == "encoding"]
    assert [step.done for step in encoding] == sorted(step.done for step in encoding)
    assert (encoding[-1].done, encoding[-1].total, encoding[-1].remaining) == (report.texts, report.texts, 0.0)
    assert encoding[-1].rate > 0
    assert encoding[-1].memory > 10_000_000


def test_a_version_is_kept_while_it_is_read(tags: Path, tmp_path: Path, encoder: Encoder) -> None:
    folder = tmp_path / "index"
    build_index(tags, folder, encoder, OPTIONS)
    index = Index(folder)
    more = write_lines(tmp_path / "more.jsonl", tag_lines(61))
    build_index(more, folder, encoder, OPTIONS)
    assert search(index, SearchRequest("blue thing 17")).tags[0] == "blue_thing_17"
    assert index.folder.is_dir()
    index.close()
    build_index(tags, folder, encoder, OPTIONS)
    assert [path.name for path in (folder / "versions").iterdir()] == [current_version(folder).name]


def test_killed_before_its_first_checkpoint_it_begins_again(tags: Path, tmp_path: Path, encoder: Encoder) -> None:
    begun = tmp_path / "index/versions/0123456789ab-words"
    (begun / "unfinished").mkdir(parents=True)
    assert build_index(tags, tmp_path / "index", encoder, OPTIONS).rows == 60
    assert not begun.exists()


def test_killed_between_manifest_and_pointer_nothing_is_built_again(
    tags: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(job_module, "set_current", killed)
        with pytest.raises(RuntimeError):
            build_index(tags, tmp_path / "index", encoder, OPTIONS)
    counting = Counting(encoder)
    report = build_index(tags, tmp_path / "index", counting, OPTIONS)
    assert (counting.texts, report.rows) == ([], 60)
    assert current_version(tmp_path / "index") == report.folder
