"""The starter corpus: complete, consistent, and told apart. benchmarks/check_starter.py compares it with a snapshot too."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import opencc
import pytest

from danbooru_index.corpus import read_corpus
from danbooru_index.locate import STARTER_CORPUS, STARTER_PACKED
from danbooru_index.records import Category, TagRecord
from danbooru_index.text.fold import match_key, script_language

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def records() -> list[TagRecord]:
    return read_corpus(STARTER_CORPUS)


def test_there_are_enough_rows_of_every_category(records: list[TagRecord]) -> None:
    counts = Counter(record.category for record in records)
    assert len(records) >= 2700
    assert counts[Category.GENERAL] == 2543
    assert counts[Category.CHARACTER] >= 150 and counts[Category.COPYRIGHT] >= 50 and counts[Category.META] >= 20


def test_every_row_is_complete(records: list[TagRecord]) -> None:
    for record in records:
        assert set(record.names) == {"zh", "ja", "en"}, record.tag
        assert 2 <= len(record.names["zh"]) <= 4 or record.category is Category.COPYRIGHT, record.tag
        assert set(record.definitions) == {"zh", "en"}, record.tag
        assert record.post_count > 0 and not record.nsfw and not record.deprecated
        zh, en = record.definitions["zh"], record.definitions["en"]
        assert 8 <= len(zh) <= 70 and zh.endswith("。") and HAN.search(zh), record.tag
        assert 20 <= len(en) <= 200 and en.endswith((".", "!")), record.tag
        assert record.text.startswith("【") and f"】{record.tag} - " in record.text


def test_names_are_in_their_scripts(records: list[TagRecord]) -> None:
    simplified = opencc.OpenCC("t2s")
    for record in records:
        for name in (*record.names["zh"], record.definitions["zh"]):
            assert simplified.convert(name) == name, (record.tag, name)
            assert not re.search(r"[\u3041-\u30fa]", name), (record.tag, name)
        assert all(script_language(name) == "en" for name in record.names["en"]), record.tag


def test_no_two_tags_share_a_name_or_a_definition(records: list[TagRecord]) -> None:
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in records:
        for language, names in record.names.items():
            for name in names:
                owners[language, match_key(name)].add(record.tag)
        for text in record.definitions.values():
            owners["definition", text].add(record.tag)
    assert {key: tags for key, tags in owners.items() if len(tags) > 1} == {}


def test_the_english_name_of_one_tag_is_not_another_tag(records: list[TagRecord]) -> None:
    tags = {match_key(record.tag): record.tag for record in records}
    wrong = [
        (record.tag, name)
        for record in records
        for name in record.names["en"]
        if tags.get(match_key(name), record.tag) != record.tag
    ]
    assert wrong == []


def test_the_tables_name_tags_and_words(records: list[TagRecord]) -> None:
    folder = Path(STARTER_CORPUS).parent
    groups = json.loads((folder.parent / "prompt/groups.json").read_text(encoding="utf-8"))
    counts = json.loads(gzip.decompress((folder.parent / "concepts/headcount.json.gz").read_bytes()))
    known = {record.tag for record in records}
    for name in ("hair_color", "eye_color", "hair_length"):
        assert len(known.intersection(groups["groups"][name]["tags"])) >= 3, name
    for kind in ("girl", "boy"):
        assert set(counts[kind]) >= {"zh", "ja", "en", "ko"} and all(counts[kind].values())
    assert counts["tags"]["girl"]["1"] == "1girl" and counts["tags"]["boy"]["2"] == "2boys"


def test_the_package_stays_small() -> None:
    package = STARTER_CORPUS.parent.parent
    files = [path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    sizes = {path: path.stat().st_size for path in files}
    # Half is for the packed index; of the other half the lexicon may take five.
    assert sizes.pop(STARTER_PACKED) <= 8_000_000 and sum(sizes.values()) <= 8_000_000
