"""What other people's data and libraries raise becomes an error of ours at every boundary, by one table."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from danbooru_index.corpus.pairs import read_pairs
from danbooru_index.corpus.parquet import read_parquet
from danbooru_index.corpus.reader import read_corpus
from danbooru_index.encoders.model_files import CONFIG, read_config
from danbooru_index.encoders.onnx_m3 import CARD_FILE, read_card
from danbooru_index.errors import DanbooruIndexError, InputError
from danbooru_index.evaluation.prose import read_prose
from danbooru_index.evaluation.searches import read_queries
from danbooru_index.hub.card import read_evaluation
from danbooru_index.hub.encoder_package import parse_package
from danbooru_index.hub.remote_manifest import read_remote_manifest
from danbooru_index.index.manifest import MANIFEST_FILE, read_manifest
from danbooru_index.index.versions import CHECKPOINT_FILE, UNFINISHED
from danbooru_index.indexing.checkpoint import Checkpoint
from danbooru_index.ranking.fusion import read_weights
from danbooru_index.settings import load_settings
from danbooru_index.storage.files import map_array
from danbooru_index.storage.foreign import DISK, JSON_FILE, Boundary, at, said
from danbooru_index.transport.listing import read_tree

ENGINE = Path(__file__).parents[1] / "danbooru_index"
DEEP = b"[" * 100_000
HOSTILE = {
    "deep": DEEP,
    "deep object": b'{"a":' * 100_000,
    "long number": b"9" * 5_000,
    "number": b"1",
    "infinity": b"1e999",
    "null": b"null",
    "text": b'"a"',
    "list": b"[1]",
    "list of lists": b'[[],{"type":1}]',
    "empty object": b"{}",
    "nothing": b"",
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "cut": b'{"a": [',
    "no JSON": b"\x93NUMPY\x01\x00",
    **{
        f"{key} = {value[:9]!r}": b'{"format": "danbooru-index", "schema": 4, "%s": %s}' % (key.encode(), value)
        for key in (
            "weights",
            "sets",
            "files",
            "encoder",
            "format",
            "identity",
            "model_type",
            "key",
            "query",
            "options",
        )
        for value in (b"1", b"null", b"[]", b"[null]", b"{}", b'{"a": 1e999}', b'"a"', DEEP)
    },
}


def of_file(read: Callable[[Path], object], name: str) -> Callable[[Path, bytes], object]:
    """A reader that is given a folder with a file."""

    def with_data(folder: Path, data: bytes) -> object:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return read(path)

    return with_data


READERS: dict[str, Callable[[Path, bytes], object]] = {
    "queries": of_file(read_queries, "queries.jsonl"),
    "prose": of_file(read_prose, "prose.jsonl"),
    "weights": of_file(read_weights, "weights.json"),
    "evaluation": of_file(read_evaluation, "result.json"),
    "manifest": of_file(lambda path: read_manifest(path.parent), MANIFEST_FILE),
    "checkpoint": of_file(lambda path: Checkpoint.load(path.parents[1]), f"{UNFINISHED}/{CHECKPOINT_FILE}"),
    "card": of_file(lambda path: read_card(path.parent), CARD_FILE),
    "configuration": of_file(lambda path: read_config(path.parent), CONFIG),
    "settings": of_file(lambda path: load_settings(path.parent, {}), "config.toml"),
    "array": of_file(map_array, "array.npy"),
    "corpus": of_file(lambda path: list(read_corpus(path)), "corpus.jsonl"),
    "packed corpus": of_file(lambda path: list(read_corpus(path)), "corpus.jsonl.gz"),
    "pairs": of_file(lambda path: list(read_pairs(path)), "pairs.csv"),
    "packed pairs": of_file(lambda path: list(read_pairs(path)), "pairs.csv.gz"),
    "remote manifest": lambda _, data: read_remote_manifest(data, "here"),
    "package": lambda _, data: parse_package(data, "here"),
    "tree": lambda _, data: read_tree(data, ["a"], "here"),
}


@pytest.mark.parametrize("name", READERS)
def test_hostile_data_is_an_error_with_a_hint_or_nothing(tmp_path: Path, name: str) -> None:
    refused = 0
    for what, data in HOSTILE.items():
        try:
            READERS[name](tmp_path, data)
        except DanbooruIndexError as error:
            assert str(error) and error.hint and len(str(error)) < 2_000, what
            refused += 1
    assert refused >= 3


def test_a_table_and_an_archive_that_are_cut(tmp_path: Path) -> None:
    heading = b"tag_a,tag_b,count\n"
    whole = gzip.compress(heading + b"a,b,1\n" * 50_000)
    damaged = whole[:200] + bytes(byte ^ 255 for byte in whole[200:240]) + whole[240:]
    cases = [("a.csv", heading + b'"' + b"a" * 200_000), ("a.csv.gz", whole[:-9]), ("b.csv.gz", damaged)]
    for name, data in cases:
        with pytest.raises(DanbooruIndexError, match="cannot be read"):
            of_file(lambda path: list(read_pairs(path)), name)(tmp_path, data)


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(DanbooruIndexError, match="is damaged"):
        of_file(lambda path: list(read_parquet(path)), "a.parquet")(tmp_path, b"PAR1" + b"x" * 100 + b"PAR1")


def test_our_own_errors_pass_and_mistakes_stay() -> None:
    def ours(why: str) -> InputError:
        return InputError(f"translated: {why}", hint="hint")

    with pytest.raises(InputError, match=r"^mine$"), at(JSON_FILE, ours):
        raise InputError("mine", hint="hint")  # a ValueError too
    with pytest.raises(ZeroDivisionError), at(JSON_FILE, ours):
        raise ZeroDivisionError
    with pytest.raises(InputError, match=r"^translated: Permission denied$") as caught, at(DISK, ours):
        raise PermissionError(13, "Permission denied", "a path")
    assert isinstance(caught.value.__cause__, PermissionError)
    with pytest.raises(InputError, match=r"^translated: 'a' is missing$"), at(JSON_FILE, ours):
        json.loads("{}")["a"]
    assert said(TimeoutError()) == "TimeoutError"
    assert Boundary((OSError,), ("no.such.module:Error",)).all_kinds() == (OSError,)


def test_kinds_of_foreign_formats_stand_in_the_table_alone() -> None:
    named = re.compile(r"except .*(sqlite3|Arrow|ChromaError|JSONDecodeError|TOMLDecodeError|EOFError|KeyError)")
    users = {path.name for path in ENGINE.rglob("*.py") if named.search(path.read_text(encoding="utf-8"))}
    assert users == set()
