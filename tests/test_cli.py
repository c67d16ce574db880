"""The command line as a person and a program use it."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from danbooru_index import __version__
from danbooru_index.cli import main
from danbooru_index.report import shorten, table, width


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_build_info_verify_search(capsys: pytest.CaptureFixture[str], corpus: Path, tmp_path: Path) -> None:
    db = tmp_path / "db"
    code, out, err = run(capsys, "build", "--input", corpus, "--db", db)
    assert (code, "17 tags" in out, "encoding" in err) == (0, True, True)
    code, out, _ = run(capsys, "info", db, "--json")
    info = json.loads(out)
    assert (info["tags"], info["encoder"], info["schema"]) == (17, "use-multilingual@0.2.1 (512-d)", 4)
    assert info["channels"] == ["dense", "lexical", "words"]
    code, out, _ = run(capsys, "verify", db)
    assert code == 0 and "as they were built" in out
    code, out, _ = run(capsys, "search", "双马尾", "--db", db, "-k", 3, "--json")
    found = json.loads(out)
    assert found["query"] == "双马尾" and len(found["hits"]) == 3
    assert set(found["hits"][0]) == {"tag", "score", "category", "post_count", "text", "fits"}
    assert found["hits"][0]["tag"] == "twintails"
    code, out, _ = run(capsys, "search", "双马尾", "--db", db)
    assert out.splitlines()[0].split() == ["tag", "score", "posts", "category", "names"]
    assert out.splitlines()[2].split()[:1] == ["twintails"]


def test_version_says_what_is_installed_and_imports_none_of_it() -> None:
    program = (
        "import sys\n"
        "from importlib import metadata\n"
        "from danbooru_index.cli import main\n"
        "found = {'torch': '9.1', 'chromadb': '1.2', 'onnxruntime-gpu': '3.4'}\n"
        "def version(name):\n"
        "    if name not in found:\n"
        "        raise metadata.PackageNotFoundError(name)\n"
        "    return found[name]\n"
        "metadata.version = version\n"
        "try:\n"
        "    main(['--version'])\n"
        "finally:\n"
        "    print(sorted({'torch', 'FlagEmbedding', 'chromadb', 'onnxruntime', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"danbooru-index {__version__}, Python {platform.python_version()}",
        "torch 9.1",
        "FlagEmbedding is not installed",
        "chromadb 1.2",
        "onnxruntime 3.4",
        "[]",
    ]


def test_a_file_of_queries_gives_one_line_each_in_order(
    capsys: pytest.CaptureFixture[str], small_folder: Path, tmp_path: Path
) -> None:
    queries = tmp_path / "q.jsonl"
    rows = ["twintails", "", "雨伞", " 夜空 ", "x" * 100_000]
    queries.write_text("\n".join(json.dumps({"query": q}, ensure_ascii=False) for q in rows), encoding="utf-8")
    code, out, _ = run(capsys, "search", "--queries", queries, "-k", 10, "--json", "--db", small_folder)
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [line["query"] for line in lines] == rows
    assert [line["hits"][0]["tag"] if line["hits"] else None for line in lines] == [
        "twintails",
        None,
        "umbrella",
        "night_sky",
        None,
    ]
    assert "empty" in lines[1]["error"] and "100,000" in lines[4]["error"]
    assert all(set(hit) == {"tag", "score", "category", "post_count", "text", "fits"} for hit in lines[0]["hits"])


def test_evaluate_gives_every_set_and_the_mean(
    capsys: pytest.CaptureFixture[str], small_folder: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text(
        '{"query": "双马尾", "relevant": ["twintails"]}\n{"query": "傘", "relevant": ["umbrella"]}\n', encoding="utf-8"
    )
    two.write_text('{"query": "long hair", "relevant": ["long_hair", "not_in_the_index"]}\n', encoding="utf-8")
    code, out, _ = run(capsys, "evaluate", "--queries", one, two, "--db", small_folder, "--json")
    result = json.loads(out)
    first, second = result["sets"]
    assert (code, first["name"], first["queries"], first["map_at_10"], first["mrr_at_10"]) == (0, "one", 2, 1.0, 1.0)
    assert (second["map_at_10"], second["recall_at_10"]) == (0.5, 0.5)
    assert result["mean"]["map_at_10"] == 0.75 and result["mean"]["p95_ms"] > 0
    code, out, _ = run(capsys, "evaluate", "--queries", one, two, "--db", small_folder, "--json", "--only-known")
    assert [r["name"] for r in json.loads(out)["sets"]] == ["one"]
    assert "per_query" not in first
    code, out, _ = run(capsys, "evaluate", "--queries", two, "--db", small_folder, "--json", "--per-query")
    (only,) = json.loads(out)["sets"]
    assert only["per_query"] == [{"query": "long hair", "map_at_10": 0.5, "recall_at_10": 0.5, "mrr_at_10": 1.0}]


def test_evaluate_prose_says_what_each_sentence_gave(
    capsys: pytest.CaptureFixture[str], small_folder: Path, tmp_path: Path
) -> None:
    said = tmp_path / "said.jsonl"
    line = {
        "query": "serafuku, umbrella",
        "lang": "en",
        "wanted": [["serafuku"], ["red_eyes"]],
        "unwanted": ["umbrella"],
    }
    said.write_text(json.dumps(line) + "\n", encoding="utf-8")
    code, out, _ = run(capsys, "evaluate", "--prose", "--queries", said, "--db", small_folder, "--json", "--per-query")
    english, every = json.loads(out)["sets"]
    (one,) = every["per_query"]
    assert (code, english["name"], every["name"]) == (0, "en", "all")
    assert (one["query"], one["concepts"], one["unwanted"]) == ("serafuku, umbrella", 0.5, 1.0)
    assert all(every[key] == value for key, value in one.items() if key != "query")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["search", ""], "The query is empty"),
        (["search"], "search needs a TEXT or --queries"),
        (["search", "x", "-k", "0"], "The limit is 0"),
        (["search", "x", "--db", "nowhere"], "There is no index folder nowhere"),
        (["search", "--queries", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["info", "nowhere"], "There is no index folder nowhere"),
        (["build", "--input", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["evaluate", "--queries", "x.jsonl", "--per-query"], "--per-query belongs to --json"),
        (["build", "--input", "x.jsonl", "--model", "gpt"], "There is no encoder 'gpt'"),
    ],
)
def test_errors_are_two_lines_and_exit_1(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    code, out, err = run(capsys, *arguments)
    lines = [line for line in err.splitlines() if line.startswith(("error:", "hint:"))]
    assert (code, out, len(lines)) == (1, "", 2)
    assert words in lines[0] and len(lines[1]) > 10
    assert "Traceback" not in err


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "--debug", "search", "")
    assert code == 1 and "Traceback" in err and "hint:" in err


def test_the_module_runs_as_a_program_and_prints_utf8_on_any_console(small_folder: Path) -> None:
    import os

    done = subprocess.run(
        [sys.executable, "-m", "danbooru_index", "search", "猫耳", "--db", str(small_folder), "-k", "1"],
        capture_output=True,
        timeout=120,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "cat_ears" in done.stdout.decode("utf-8") and "猫耳" in done.stdout.decode("utf-8")


def test_wide_characters_are_aligned() -> None:
    assert (width("猫耳"), width("cat"), width("e\u0301")) == (4, 3, 1)
    assert shorten("猫耳猫耳", 5) == "猫耳…"
    assert table([["a", "b"], ["猫", "1"], ["x", "22"]], right=(1,)) == "a    b\n--  --\n猫   1\nx   22"


@pytest.mark.parametrize(
    ("arguments", "program", "named"),
    [
        ([], "danbooru-index", "COMMAND"),
        (["bogus"], "danbooru-index", "bogus"),
        (["evaluate"], "danbooru-index evaluate", "--queries"),
        (["search", "x", "--nsfw", "maybe"], "danbooru-index search", "maybe"),
        (["expand", "x", "-k", "many"], "danbooru-index expand", "many"),
        (["info", "--frob"], "danbooru-index", "--frob"),
        (["info", "a", "b\nc\x1b[2J"], "danbooru-index", "b c\\x1b[2J"),
    ],
)
def test_wrong_usage_is_two_lines_too(
    capsys: pytest.CaptureFixture[str], arguments: list[str], program: str, named: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    out, err = capsys.readouterr()
    said, hint = err.splitlines()
    assert (stopped.value.code, out) == (2, "")
    assert said.startswith(f"error: {program}: ") and named in said
    assert hint == f"hint: See what it takes: {program} --help"


def test_info_is_lines_for_people(capsys: pytest.CaptureFixture[str], small_folder: Path) -> None:
    code, out, _ = run(capsys, "info", small_folder)
    rows = dict(line.strip().split(maxsplit=1) for line in out.splitlines() if len(line.split()) > 1)
    assert code == 0 and "options" in out.splitlines()
    assert not {"{", "[", "'"} & set(out.replace(str(small_folder), ""))
    assert (rows["schema"], rows["strict"], rows["channels"]) == ("4", "yes", "dense, lexical, words")
    assert rows["text_kinds"].startswith("tag, name") and len(rows["lexicon_sha256"]) in (4, 64)


@pytest.mark.parametrize("flag", ["--only-known", "--expand", "--prose"])
def test_what_cannot_be_evaluated_is_two_lines_and_no_bar(
    capsys: pytest.CaptureFixture[str], small_folder: Path, tmp_path: Path, flag: str
) -> None:
    empty, unknown = tmp_path / "null.jsonl", tmp_path / "unknown.jsonl"
    empty.write_text("", encoding="utf-8")
    unknown.write_text('{"query": "x", "relevant": ["no_such_tag"]}\n', encoding="utf-8")
    asked = [empty, unknown] if flag == "--only-known" else [empty]
    for path in asked:
        code, out, err = run(capsys, "evaluate", "--queries", path, "--db", small_folder, flag)
        assert (code, out) == (1, "")
        assert [line.partition(":")[0] for line in err.splitlines()] == ["error", "hint"]
