"""The corpus: every accepted form, every refused line with its number and reason, and the round trip."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danbooru_index.corpus import CorpusReader, parse_line, read_corpus, to_line, write_corpus
from danbooru_index.corpus.line import LineError
from danbooru_index.errors import CorpusError
from danbooru_index.records import Category, Rating, TagRecord

GUIDE = [
    '{"id": "1", "text": "【通用】1girl - 单个女性角色。这是最基础的角色标签", "source": "danbooru"}',
    '{"id": "2", "text": "【服装】school_uniform - 学生制服。包括水手服、西式制服等", "source": "danbooru"}',
    '{"id": "3", "text": "【NSFW】nude - 裸体状态。完全没有穿衣服的状态", "source": "danbooru"}',
]


def test_the_guides_three_field_lines_are_parsed() -> None:
    girl, uniform, nude = (parse_line(line) for line in GUIDE)
    assert (girl.tag, girl.names, girl.definitions) == (
        "1girl",
        {"zh": ("单个女性角色",)},
        {"zh": "这是最基础的角色标签"},
    )
    assert (uniform.tag, uniform.category, uniform.nsfw) == ("school_uniform", Category.GENERAL, False)
    assert (nude.tag, nude.nsfw, nude.names) == ("nude", True, {"zh": ("裸体状态",)})


@pytest.mark.parametrize(
    ("label", "category", "nsfw"),
    [
        ("通用", Category.GENERAL, False),
        ("服装", Category.GENERAL, False),
        ("角色", Category.CHARACTER, False),
        ("画师", Category.ARTIST, False),
        ("艺术家", Category.ARTIST, False),
        ("作品", Category.COPYRIGHT, False),
        ("元数据", Category.META, False),
        ("NSFW", Category.GENERAL, True),
        ("以后才有的标签", Category.GENERAL, False),
    ],
)
def test_labels_map_onto_danboorus_categories(label: str, category: Category, nsfw: bool) -> None:
    record = parse_line(json.dumps({"text": f"【{label}】some_tag - 名字。"}))
    assert (record.category, record.nsfw) == (category, nsfw)


def test_names_are_sorted_by_script_and_the_tag_itself_is_left_out() -> None:
    text = "【角色】nagoriyuki - 名残雪，罪恶装备，なごりゆき，나고리유키，nagoriyuki。 Height: 205cm. A samurai."
    record = parse_line(json.dumps({"text": text}))
    assert record.names == {"zh": ("名残雪", "罪恶装备"), "ja": ("なごりゆき",), "ko": ("나고리유키",)}
    assert record.definitions == {"en": "Height: 205cm. A samurai."}


def test_optional_fields_win_over_the_text() -> None:
    fields = {
        "id": 7,
        "text": "【通用】a_tag - 名字。 Text.",
        "tag": "other tag",
        "category": "角色",
        "post_count": 5,
        "aliases": ["x", "x", " "],
        "names": {"zh": ["甲", "乙"]},
        "definition": {"zh": "定义。", "en": ""},
        "nsfw": True,
        "deprecated": True,
        "implies": ["b"],
    }
    assert parse_line(json.dumps(fields)) == TagRecord(
        tag="other_tag",
        text="【通用】a_tag - 名字。 Text.",
        id="7",
        source="",
        category=Category.CHARACTER,
        post_count=5,
        names={"zh": ("甲", "乙")},
        aliases=("x",),
        definitions={"zh": "定义。"},
        implies=("b",),
        rating=Rating.EXPLICIT,
        deprecated=True,
    )


def test_a_text_of_another_form_with_a_tag_field_is_a_definition() -> None:
    record = parse_line(json.dumps({"text": "a long sentence " * 6, "tag": "x_y"}))
    assert (record.tag, record.names, record.definitions) == ("x_y", {}, {"en": ("a long sentence " * 6).strip()})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object but list"),
        ("{}", "no text"),
        ('{"text": 3}', "text is int, not a string"),
        ('{"text": "  "}', "the text is empty"),
        ('{"text": "just words here"}', "no tag"),
        ('{"text": "t", "tag": 5}', "tag is int, not a string"),
        ('{"text": "t", "tag": "  "}', "the tag is empty"),
        ('{"text": "【通用】a - b。", "category": "planet"}', "There is no tag category 'planet'."),
        ('{"text": "【通用】a - b。", "category": true}', "category is bool"),
        ('{"text": "【通用】a - b。", "post_count": "many"}', "post_count is 'many', not a whole number"),
        ('{"text": "【通用】a - b。", "post_count": -1}', "post_count is -1, outside 0 to"),
        ('{"text": "【通用】a - b。", "aliases": "x"}', "aliases is not a list of strings"),
        ('{"text": "【通用】a - b。", "names": ["x"]}', "names is not an object of languages"),
        ('{"text": "【通用】a - b。", "names": {"zh": "x"}}', "names is not a list of strings"),
        ('{"text": "【通用】a - b。", "definition": 1}', "definition is int, not a string"),
        ('{"text": "【通用】a - b。", "nsfw": "yes"}', "nsfw is 'yes', not true or false"),
        ('{"text": "【通用】\\ud800 - b。"}', "lone surrogate"),
        (json.dumps({"text": "【通用】a - " + "很" * 10_001}), "at most 10,000 are allowed"),
        (json.dumps({"text": "t", "tag": "a" * 256}), "the tag has 256 characters, at most 255"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_says_why(line: str, reason: str) -> None:
    with pytest.raises(LineError, match=re.escape(reason)):
        parse_line(line)


GOOD_A, GOOD_B = '{"text": "【通用】a - 甲。"}', '{"text": "【通用】b - 乙。"}'


@pytest.mark.parametrize(
    "content",
    [
        f"{GOOD_A}\n{GOOD_B}\n".encode(),
        f"\ufeff{GOOD_A}\n{GOOD_B}".encode(),
        f"{GOOD_A}\r\n\r\n{GOOD_B}\r\n".encode(),
        f"\n\n  \n{GOOD_A}\n\n{GOOD_B}\n\n".encode(),
    ],
    ids=["plain", "BOM, no last line end", "CRLF", "blank lines"],
)
def test_file_forms_that_are_accepted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(content)
    assert [record.tag for record in read_corpus(path)] == ["a", "b"]
    packed = tmp_path / "c.jsonl.gz"
    packed.write_bytes(gzip.compress(content))
    assert read_corpus(packed) == read_corpus(path)


BAD = f"{GOOD_A}\nno json\n{GOOD_B}\n\n{GOOD_A}\n".encode() + b'{"text": "\xff"}\n'


def test_strict_stops_at_the_first_bad_line_with_number_and_hint(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(BAD)
    with pytest.raises(CorpusError, match="line 2: not JSON") as caught:
        read_corpus(path)
    assert "--tolerant" in caught.value.hint


def test_tolerant_reports_every_bad_line_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(BAD)
    with CorpusReader(path, strict=False) as reader:
        tags = [record.tag for record in reader]
    assert tags == ["a", "b"]
    assert (reader.good, reader.bad, [problem.line for problem in reader.problems]) == (2, 3, [2, 5, 6])
    assert "the tag a is already on an earlier line" in reader.problems[1].reason
    assert "not UTF-8 at byte 11" in reader.problems[2].reason


def test_a_file_that_is_missing_a_folder_or_a_broken_gzip_is_a_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "c.jsonl.gz"
    broken.write_bytes(gzip.compress(f"{GOOD_A}\n".encode() * 100)[:-20])
    for path, words in ((tmp_path / "no.jsonl", "cannot be read"), (tmp_path, "cannot be read"), (broken, "damaged")):
        with pytest.raises(CorpusError, match=words):
            read_corpus(path, strict=False)


_text = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=20)
_names = st.dictionaries(
    st.sampled_from(["zh", "ja", "en", "ko"]), st.lists(_text, min_size=1, max_size=3, unique=True)
)


@given(
    tag=_text,
    names=_names,
    definition=st.dictionaries(st.sampled_from(["zh", "en"]), _text),
    aliases=st.lists(_text, unique=True, max_size=3),
    category=st.sampled_from(list(Category)),
    count=st.integers(0, 2**31 - 1),
    rating=st.sampled_from(Rating),
    deprecated=st.booleans(),
    label=st.sampled_from(["通用", "NSFW", "角色"]),
)
def test_a_record_survives_writing_and_reading(
    tag: str,
    names: dict,
    definition: dict,
    aliases: list,
    category: Category,
    count: int,
    rating: Rating,
    deprecated: bool,
    label: str,
) -> None:
    record = TagRecord(
        tag=tag,
        text=f"【{label}】{tag} - x。",
        id="1",
        source="s",
        category=category,
        post_count=count,
        names={language: tuple(listed) for language, listed in names.items()},
        aliases=tuple(aliases),
        definitions=definition,
        rating=rating,
        deprecated=deprecated,
    )
    assert parse_line(to_line(record)) == record


def test_writing_replaces_a_file_only_by_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(GOOD_A + "\n", encoding="utf-8")

    def broken():
        yield parse_line(GOOD_B)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_corpus(broken(), path)
    assert [record.tag for record in read_corpus(path)] == ["a"]
    assert [p.name for p in tmp_path.iterdir()] == ["c.jsonl"]
    assert write_corpus([parse_line(GOOD_B)], path) == 1
    assert [record.tag for record in read_corpus(path)] == ["b"]
