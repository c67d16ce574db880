"""What a stranger's index says is shown and never obeyed: manifests that reach out, encoders that nobody asked for, escapes."""

from __future__ import annotations

import json
import re

import pytest
from hub_versions import CONTENTS, QUICK, REPOSITORY, write_version

from danbooru_index.cli import main
from danbooru_index.corpus.line import LineError, parse_line
from danbooru_index.errors import DanbooruIndexError, HubError
from danbooru_index.hub import FetchOptions, fetch_index
from danbooru_index.report import table, visible
from danbooru_index.transport.listing import read_files, read_tree

pytest_plugins = ["hub_fixtures"]
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def publish(published, tmp_path, change) -> None:
    version = write_version(tmp_path / "hostile", CONTENTS)
    path = version / "manifest.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_bytes(json.dumps(value).encode("utf-8", "surrogatepass"))
    published.add(REPOSITORY).commit_folder(version)


def put(value, place, new):
    *way, last = place
    for key in way:
        value = value[key]
    value[last] = new


ENTRY = {"size": 1, "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("place", "new"),
    [
        (["rows"], float("inf")),
        (["rows"], -1),
        (["texts"], 1e999),
        (["texts"], 10**400),
        (["encoder", "dimensions"], float("inf")),
        (["encoder", "dimensions"], 10**12),
        (["files", "tags/corpus.jsonl", "size"], 10**400),
        (["files", "tags/corpus.jsonl", "size"], 2**50),
        (["files", "tags/\ud800"], ENTRY),
        (["files", "tags/\x9b2J"], ENTRY),
        (["files", "encoder/model.onnx"], ENTRY),
        (["files", "Encoder/model.onnx"], ENTRY),
        (["files", "unfinished/checkpoint.json"], ENTRY),
        (["files", "source.json"], ENTRY),
    ],
)
def test_a_hostile_manifest_is_refused_by_name(published, settings, folder, tmp_path, place, new):
    publish(published, tmp_path, lambda value: put(value, place, new))
    with pytest.raises(HubError, match="cannot be used"):
        fetch_index(settings, folder, retry=QUICK, options=FetchOptions(encoder=False))
    assert not (folder / "versions").exists()
    assert not any("corpus" in request.path for request in published.requests)


@pytest.mark.parametrize("size", [10**400, 2**50, -1, 1.5, True, None])
def test_sizes_that_no_file_has(size):
    with pytest.raises(ValueError, match="no size"):
        read_files({"a": {"size": size, "sha256": "0" * 64}})
    tree = [{"type": "file", "path": "a", "size": size, "oid": "0" * 40}]
    with pytest.raises(HubError):
        read_tree(json.dumps(tree).encode(), ["a"], "here")


def test_escapes_are_written_out(small_folder, tmp_path, capsys):
    line = {"text": "【通用】cat - \x1b]0;owned\x07猫\u202e，\x9b2J。 A \x1b[2J cat.", "id": "1"}
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(json.dumps(line) + "\nbad \x1b[2J\n", encoding="utf-8")
    db = str(tmp_path / "index")
    assert main(["build", "--input", str(corpus), "--db", db, "--tolerant"]) == 0
    for command in (["search", "cat"], ["expand", "a cat"], ["info"]):
        where = [db] if command == ["info"] else ["--db", db]
        assert main([*command, *where]) == 0
    assert main(["search", "x", "--db", "\x1b]0;owned\x07"]) == 1
    shown = capsys.readouterr()
    assert r"\x1b]0;owned" in shown.out
    assert r"\x1b]0;owned" in shown.err
    printed = shown.out + "".join(part for part in shown.err.splitlines() if part.startswith(("error", "hint")))
    assert CONTROL.findall(printed) == []


def test_tables_keep_their_lines():
    shown = table([["a", "b"], ["x\ny", "\x1b[31m"]])
    assert shown.splitlines()[2].split() == ["x", "y", r"\x1b[31m"]
    assert visible("two\nlines\tand 猫 é 😀") == "two\nlines\tand 猫 é 😀"


def test_a_tag_has_no_control_characters():
    with pytest.raises(LineError):
        parse_line(json.dumps({"text": "【通用】x - y。", "tag": "cat\x9b2J"}))


def test_an_error_of_ours_is_shown_without_them(capsys, tmp_path, monkeypatch):
    from danbooru_index.cli import info

    def fail(options: object) -> int:
        raise DanbooruIndexError("said \x1b[2J", hint="do \x9b")

    monkeypatch.setattr(info, "run_info", fail)
    assert main(["info", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "error: said \\x1b[2J\nhint: do \\x9b\n"
