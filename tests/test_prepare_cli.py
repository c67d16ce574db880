"""The command `prepare`: flags, what it prints, and that its corpus builds."""

import json

import pytest

from danbooru_index.cli import main


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_prints_what_came_from_where_and_what_was_dropped(tmp_path, capsys):
    tags = write(tmp_path / "tags.csv", "1girl,0,10,\nsolo,0,x,\n,0,1,\n" + ",0,2,\n" * 24)
    names = write(tmp_path / "zh.csv", "1girl,女孩\nsky,天空\n")
    assert main(["prepare", tags, names, "--output", "out.jsonl", "--report", "all.tsv"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "1 values dropped:" or printed[0].endswith("rows dropped:")
    assert "25 rows dropped:" in printed
    assert f"  {tags}, line 3: no tag" in printed
    assert "  and 5 more, all in all.tsv" in printed
    assert printed[-1].startswith("3 tags (2 empty, 0 deprecated, 0 nsfw) in ")
    assert len((tmp_path / "all.tsv").read_text(encoding="utf-8").splitlines()) == 26


def test_json_for_programs(tmp_path, capsys):
    tags = write(tmp_path / "a=b.csv", "thing,posts\nsky,5\n")
    assert main(["prepare", tags, "--kind", f"{tags}=tags", "--column", "tag=thing", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["output"] == "danbooru_tags.jsonl"
    assert values["tags"]["tags"] == 1
    assert values["sources"] == [
        {"name": tags, "kind": "tags", "rows": 1, "gave": {"post_count": 1}, "unused_columns": []}
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere.csv"], "cannot be read"),
        (["tags.csv", "--kind", "tags"], "is not FILE=KIND"),
        (["tags.csv", "--column", "x=y"], "is not FIELD=COLUMN"),
        (["tags.csv", "--output", "out.jsonl.gz"], "not compressed"),
        (["tags.csv", "--output", "./tags.csv"], "is one of the sources"),
        (["tags.csv", "--output", "no/such/folder.jsonl"], "could not be written"),
        (["hf://models/x"], "is not the address"),
    ],
)
def test_errors_are_two_lines(tmp_path, capsys, arguments, text):
    write(tmp_path / "tags.csv", "1girl,0,10,\n")
    assert main(["prepare", *arguments]) == 1
    error = capsys.readouterr().err.splitlines()
    assert text in error[-2]
    assert error[-1].startswith("hint: ")
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["tags.csv"]


def test_a_corpus_can_be_filled_up_in_place(tmp_path, capsys):
    write(tmp_path / "tags.csv", "1girl,0,10,\n")
    assert main(["prepare", "tags.csv"]) == 0
    write(tmp_path / "zh.csv", "1girl,女孩\n")
    assert main(["prepare", "danbooru_tags.jsonl", "zh.csv"]) == 0
    (line,) = (tmp_path / "danbooru_tags.jsonl").read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["post_count"], json.loads(line)["names"]) == (10, {"zh": ["女孩"]})


def test_a_prepared_corpus_builds_and_is_searched(tmp_path, capsys):
    tags = write(
        tmp_path / "tags.csv",
        "tag,count,zh,ja\nsailor_collar,9,水手领,セーラー襟\nblue_sky,8,蓝天,青空\nhat,7,帽子,帽子\n",
    )
    assert main(["prepare", tags, "--output", "out.jsonl"]) == 0
    assert main(["build", "--input", "out.jsonl", "--db", "db"]) == 0
    capsys.readouterr()
    assert main(["search", "青空", "--db", "db", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hits"][0]["tag"] == "blue_sky"
