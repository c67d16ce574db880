"""Corpora that somebody made up, or that a disk made: no line of them ends a tolerant build, and every reading can be stopped."""

from __future__ import annotations

import gzip
import json
import os
import threading
import time
from pathlib import Path

import pytest
from builds import WordEncoder, tag_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from danbooru_index.corpus import CorpusReader, parse_line, to_line
from danbooru_index.corpus.line import LineError
from danbooru_index.errors import BuildCancelledError, CorpusError
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import BuildOptions, Step, build_index

TOLERANT = BuildOptions(strict=False)
LONE = "\\ud800"
GOOD = '{"text": "【通用】good - 好。", "id": "1"}'
BAD = {
    "an id": f'{{"text": "【通用】bad - 坏。", "id": "{LONE}"}}',
    "a source": f'{{"text": "【通用】bad - 坏。", "source": "{LONE}"}}',
    "a definition": f'{{"text": "【通用】bad - 坏。", "definition": "a {LONE}"}}',
    "a definition of a language": f'{{"text": "【通用】bad - 坏。", "definition": {{"en": "{LONE}"}}}}',
    "the language of a definition": f'{{"text": "【通用】bad - 坏。", "definition": {{"{LONE}": "x"}}}}',
    "the language of names": f'{{"text": "【通用】bad - 坏。", "names": {{"{LONE}": ["x"]}}}}',
    "a name": f'{{"text": "【通用】bad - 坏。", "names": {{"en": ["{LONE}"]}}}}',
    "an alias": f'{{"text": "【通用】bad - 坏。", "aliases": ["{LONE}"]}}',
    "a tag": f'{{"text": "【通用】bad - 坏。", "tag": "{LONE}"}}',
    "digits": f'{{"text": "【通用】bad - 坏。", "post_count": {"9" * 5000}}}',
    "digits elsewhere": f'{{"text": "【通用】bad - 坏。", "more": {"9" * 5000}}}',
    "brackets": "[" * 100_000,
    "a nested id": '{"text": "【通用】bad - 坏。", "id": ' + "[" * 3000 + "]" * 3000 + "}",
    "a nested count": '{"text": "【通用】bad - 坏。", "post_count": ' + "[" * 900 + "]" * 900 + "}",
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_line_is_a_bad_line(what):
    with pytest.raises(LineError):
        parse_line(BAD[what])


def test_a_tolerant_build_skips_all_of_them(tmp_path):
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("\n".join([GOOD, *BAD.values(), *tag_lines(3)]), encoding="utf-8")
    report = build_index(corpus, tmp_path / "index", WordEncoder(), TOLERANT)
    assert (report.rows, report.bad_lines) == (4, len(BAD))
    assert [problem.line for problem in report.problems] == list(range(2, 2 + len(BAD)))
    assert all(len(str(problem)) < 400 for problem in report.problems)
    with pytest.raises(CorpusError, match="line 2"):
        build_index(corpus, tmp_path / "strict", WordEncoder())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    "text",
    "tag",
    "id",
    "source",
    "category",
    "post_count",
    "names",
    "definition",
    "aliases",
    "implies",
    "nsfw",
    "deprecated",
    "rating",
]
FIELDS = st.dictionaries(
    st.sampled_from(NAMES),
    JSON | st.sampled_from(["【通用】cat - 猫。 A cat.", "general", {"en": ["cat"]}]),
    max_size=8,
)


@settings(max_examples=400, deadline=None)
@given(FIELDS)
def test_whatever_is_accepted_can_be_written_and_read_again(fields):
    fields.setdefault("text", "【通用】cat - 猫。 A cat.")
    try:
        record = parse_line(json.dumps(fields))
    except LineError:
        return
    line = to_line(record)
    line.encode("utf-8")
    assert parse_line(line) == record


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_lines_with_numbers(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "corpus.jsonl"
    path.write_bytes(GOOD.encode() + b"\n" + data + b"\n" + GOOD.replace("good", "last").encode())
    with CorpusReader(path, strict=False) as reader:
        records = list(reader)
    assert [records[0].tag, records[-1].tag] == ["good", "last"]
    assert all(2 <= problem.line <= 1 + data.count(b"\n") + 1 for problem in reader.problems)


def test_lines_after_a_line_that_is_too_long_keep_their_numbers(tmp_path):
    corpus = tmp_path / "corpus.jsonl"
    long = json.dumps({"text": "【通用】long - 长。", "definition": "x" * 3_000_000})
    corpus.write_text("\n".join([GOOD, long, GOOD.replace("good", "third"), "bad", GOOD.replace("good", "fifth")]))
    with CorpusReader(corpus, strict=False) as reader:
        assert [record.tag for record in reader] == ["good", "third", "fifth"]
    assert [problem.line for problem in reader.problems] == [2, 4]
    assert "longer than 1,048,576 bytes" in reader.problems[0].reason
    assert reader.size == corpus.stat().st_size


def test_a_byte_order_mark_makes_no_line_longer(tmp_path):
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_bytes(b"\xef\xbb\xbf" + b"x" * ((1 << 20) - 3) + b"y\n" + GOOD.encode())
    with CorpusReader(corpus, strict=False) as reader:
        assert [record.tag for record in reader] == ["good"]
    assert "longer than" in str(reader.problems[0])


@pytest.mark.skipif(os.name == "nt", reason="no devices in the file system")
@pytest.mark.parametrize("kind", ["device", "pipe", "folder"])
def test_what_is_not_a_file_is_not_a_corpus(tmp_path, kind):
    path = {"device": Path("/dev/zero"), "pipe": tmp_path / "pipe", "folder": tmp_path}[kind]
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(CorpusError, match="not a regular file"):
        build_index(path, tmp_path / "index", WordEncoder())


class _Halt(Exception):
    """What a host's progress raises when the user presses stop."""


@pytest.mark.parametrize(
    ("stage", "by"),
    [("corpus", "progress"), ("checking the corpus", "cancelled"), ("encoding", "progress"), ("encoding", "cancelled")],
)
def test_a_gigabyte_of_blank_lines_can_be_stopped(tmp_path, stage, by):
    corpus = tmp_path / "corpus.jsonl.gz"
    with gzip.open(corpus, "wb", compresslevel=1) as file:
        file.write((GOOD + "\n").encode() + b"\n" * 4_000_000 + GOOD.replace("good", "last").encode())
    reached: list[float] = []  # by the processor's time: the clock is the machine's

    def progress(step: Step) -> None:
        if step.name == stage and not reached:
            reached.append(time.process_time())
        if reached and by == "progress" and time.process_time() - reached[0] > 0.2:
            raise _Halt

    def cancelled() -> bool:
        return by == "cancelled" and bool(reached) and time.process_time() - reached[0] > 0.2

    with pytest.raises((BuildCancelledError, _Halt)):
        build_index(corpus, tmp_path / "index", WordEncoder(), TOLERANT, progress, cancelled)
    assert time.process_time() - reached[0] < 4.0
    assert not any(thread.name == "danbooru-index-build" for thread in threading.enumerate())


def test_a_build_that_was_stopped_so_resumes(tmp_path):
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("\n".join([GOOD, *BAD.values(), *tag_lines(40)]), encoding="utf-8")
    seen: list[str] = []

    def cancelled() -> bool:
        return "encoding" in seen

    with pytest.raises(BuildCancelledError):
        build_index(corpus, tmp_path / "index", WordEncoder(), TOLERANT, lambda step: seen.append(step.name), cancelled)
    report = build_index(corpus, tmp_path / "index", WordEncoder(), TOLERANT)
    assert (report.rows, report.bad_lines) == (41, len(BAD))
    assert current_version(tmp_path / "index") == report.folder
