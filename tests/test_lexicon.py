"""The lexicon: what stands in its file, what it adds to a record, and whom it lets see a tag."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from danbooru_index.corpus import CorpusReader
from danbooru_index.corpus.lexicon import LEXICON_FILE, Entry, Lexicon, load_lexicon
from danbooru_index.corpus.line import parse_line, to_line
from danbooru_index.corpus.texts import TextKind, texts_of
from danbooru_index.records import Category, Rating, TagRecord
from danbooru_index.text.fold import match_key
from training.vocabulary import FILE, vocabulary

G, S, E, X = Rating
SMALL = Lexicon(
    {
        "thighhighs": Entry({"zh": ("过膝袜", "白丝"), "en": ("thigh socks",)}, G),
        "pubic_hair": Entry({}, E),
        "hair": Entry({}, G),
        "facial": Entry({}, E),
        "facial_hair": Entry({}, G),
        "facial_mark": Entry({}, G),
        "loli": Entry({}, X),
        "black_thighhighs": Entry({}, G),
        "black_hair": Entry({}, G),
        "black_dress": Entry({}, G),
        "white_thighhighs": Entry({}, G),
    }
)


def test_names_come_after_a_tags_own_and_none_twice() -> None:
    record = TagRecord("thighhighs", "t", names={"zh": ("白 丝",), "ja": ("ニーソ",)})
    found = SMALL.enrich(record)
    assert found.names == {"zh": ("白 丝", "过膝袜"), "ja": ("ニーソ",), "en": ("thigh socks",)}
    assert SMALL.enrich(found) == found
    assert SMALL.enrich(TagRecord("cat", "t")) == TagRecord("cat", "t")


def test_a_name_that_languages_share_is_a_name_in_each() -> None:
    lexicon = Lexicon({"tomato": Entry({"es": ("tomate", "jitomate"), "fr": ("tomate", "Tomate")}, G)})
    found = lexicon.enrich(TagRecord("tomato", "t", names={"de": ("Tomate",)}))
    assert found.names == {"de": ("Tomate",), "es": ("jitomate",)}
    assert found.shared_names == {"es": ("tomate",), "fr": ("tomate", "Tomate")}
    assert found.names_in("es") == ("jitomate", "tomate") and found.all_names() == ["Tomate", "jitomate"]
    assert parse_line(to_line(found)) == found


@pytest.mark.parametrize(
    ("tag", "labelled", "rating"),
    [
        ("thighhighs", E, G),  # the lexicon wins over the corpus's label
        ("pink_pubic_hair", G, E),  # a compound follows its parts
        ("hair", E, G),
        ("facial_hair", E, G),
        ("long_facial_hair", G, G),  # most tags with "facial" are harmless
        ("loli_bondage", G, X),
        ("black_striped_hair", E, E),  # nobody knows what "striped" means here
        ("black_black_hair", E, G),  # every word of it is harmless elsewhere
        ("unknown_thing", E, E),
        ("unknown_thing", S, S),
        ("pubic", G, G),
    ],
)
def test_who_may_see_a_tag(tag: str, labelled: Rating, rating: Rating) -> None:
    assert SMALL.rating_of(TagRecord(tag, "t", rating=labelled)) == rating


def test_the_parts_of_a_name_say_nothing() -> None:
    hero = TagRecord("aizawa_loli", "t", category=Category.CHARACTER)
    assert SMALL.rating_of(hero) == G
    assert SMALL.rating_of(replace(hero, tag="loli")) == X
    assert SMALL.rating_of(replace(hero, category=Category.GENERAL)) == X


def test_a_few_names_of_each_language_get_a_vector() -> None:
    record = TagRecord("t", "x", names={"zh": ("a", "b", "c", "d"), "ja": ("e", "f"), "en": ("g",), "ko": ("h",)})
    named = [text for kind, text in texts_of(record) if kind is TextKind.NAME]
    assert named == ["a", "e", "g", "h", "b", "f"]
    few = [text for kind, text in texts_of(replace(record, post_count=1_999)) if kind is TextKind.NAME]
    assert few == ["a", "e", "g", "h"]
    assert texts_of(replace(record, post_count=2_000)) == texts_of(record)


def test_the_reader_adds_it(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"text": "【NSFW】thighhighs - 大腿袜。"}) + "\n", encoding="utf-8")
    with CorpusReader(path, lexicon=SMALL) as reader:
        (record,) = reader
    assert (record.rating, record.names["zh"]) == (G, ("大腿袜", "过膝袜", "白丝"))


def test_the_file_is_sound() -> None:
    lines = LEXICON_FILE.read_text(encoding="utf-8").splitlines()
    columns = lines[0].split("\t")
    languages = "zh ja en ko es fr de ru pt it nl pl tr th ar vi id"
    assert columns == ["tag", "rating", *languages.split(), "series"]
    assert LEXICON_FILE.stat().st_size <= 5_000_000
    seen = set()
    for line in lines[1:]:
        tag, rating, *cells = line.split("\t")
        assert tag not in seen and len(cells) <= len(columns) - 2, line
        seen.add(tag)
        assert Rating.parse(rating) < E or not any(cells), f"{tag}: explicit tags get no names"
        for cell in cells:
            keys = [match_key(name) for name in cell.split("|") if cell]
            assert all(keys) and len(keys) == len(set(keys)), line


def test_it_knows_everyday_words_and_slang() -> None:
    entries = load_lexicon().entries
    named = {match_key(name): tag for tag, entry in entries.items() for names in entry.names.values() for name in names}
    wanted = {"公主切": "hime_cut", "丸子头": "hair_bun", "ジト目": "jitome", "呆毛": "ahoge", "머리끈": "hair_tie"}
    assert {name: tag for name, tag in wanted.items() if match_key(name) not in named} == {}
    for tag in ("tail", "collar", "scar", "hood_down", "open_jacket", "swimsuit", "barefoot", "zettai_ryouiki"):
        assert entries[tag].rating == G, tag
    for tag in ("testicles", "nude", "sex"):
        assert entries[tag].rating == E and not entries[tag].names, tag
    for tag in (
        "loli",
        "shota",
        "onee-shota",
        "onii-shota",
        "lolidom",
        "shotadom",
        "toddlercon",
        "kono_lolicon_domome",
    ):
        assert entries[tag].rating == X, tag


def test_readme_says_how_many_tags_have_names() -> None:
    root = Path(__file__).resolve().parents[1]
    ran = subprocess.run(
        [sys.executable, root / "benchmarks" / "lexicon_names.py"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    rows = re.findall(r"^(\w+) +([\d,]+) general tags +([\d,]+) characters$", ran.stdout, re.MULTILINE)
    named = {language: (number(general), number(characters)) for language, general, characters in rows}
    readme = (root / "README.md").read_text(encoding="utf-8").partition("**A lexicon**")[2].partition("\n- **")[0]
    said = re.search(
        r"Japanese for ([\d,]+) general tags and ([\d,]+)\s+characters, English for ([\d,]+) and ([\d,]+), "
        r"Korean for ([\d,]+) and ([\d,]+), .* for ([\d,]+) general tags each",
        readme,
        re.DOTALL,
    )
    assert said
    figures = [number(figure) for figure in said.groups()]
    for languages, place in ((("zh", "ja"), 0), (("en",), 2), (("ko",), 4), (("es", "fr", "de", "ru", "pt"), 6)):
        told = figures[place : place + 2]
        least = [min(named[language][part] for language in languages) for part in range(len(told))]
        # Rounded down, and not so far that a reader is told of another lexicon.
        assert all(0.9 * true <= figure <= true for figure, true in zip(told, least, strict=True)), (
            languages,
            told,
            least,
        )


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_vocabulary_of_languages_is_that_of_the_lexicon() -> None:
    """Mend with python -m training.vocabulary."""
    assert json.loads(FILE.read_text(encoding="utf-8")) == vocabulary()
