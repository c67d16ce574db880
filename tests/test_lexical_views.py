"""Names by characters, by sound, and by the words that the corpus itself connects with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danbooru_index.channels.lexical import LexicalChannel, write_lexical
from danbooru_index.channels.words import WordsChannel, words_of, write_words
from danbooru_index.records import TagRecord
from danbooru_index.sounds import latin, skeleton, spelling
from danbooru_index.text import fold, simplified

NAMES = ["adelbert steiner", "hatsune miku", "初音未来", "long hair", "长发", "twintails"]
ROWS = [0, 1, 1, 2, 2, 3]


@pytest.fixture
def lexical(tmp_path: Path) -> LexicalChannel:
    write_lexical(tmp_path / "lexical", NAMES, np.array(ROWS, np.int32))
    return LexicalChannel(tmp_path / "lexical")


@pytest.mark.parametrize(
    ("query", "row"), [("アデルバート・シュタイナー", 0), ("はつねみく", 1), ("ツインテールズ", 3)]
)
def test_kana_find_latin_names_by_their_sound(lexical: LexicalChannel, query: str, row: int) -> None:
    found = lexical.match(query, 5)
    assert found.cosine.tolist() == [0.0] * 5
    assert int(np.argmax(found.spelling + found.skeleton)) == row


def test_typos_and_coverage(lexical: LexicalChannel) -> None:
    assert int(np.argmax(lexical.scores("lonng hiar", 5))) == 2
    assert int(np.argmax(lexical.scores("twintials", 5))) == 3
    found = lexical.match("长发", 5)
    assert found.cosine[2] == pytest.approx(1.0)
    assert found.coverage.tolist() == pytest.approx([0, 0, 1, 0, 0])
    assert lexical.match("✿", 5).coverage.tolist() == [0.0] * 5


def test_an_empty_index_and_queries_without_letters(tmp_path: Path) -> None:
    write_lexical(tmp_path / "l", [], np.zeros(0, np.int32))
    assert LexicalChannel(tmp_path / "l").match("ツ", 0).skeleton.shape == (0,)


def test_the_corpus_is_its_own_dictionary(tmp_path: Path) -> None:
    pairs = [("white_dress", "白色连衣裙")]
    pairs += [("white_hat", "白色帽子"), ("red_hat", "红色帽子"), ("red_dress", "红色连衣裙")]
    pairs += [("white_boots", "靴子"), ("red_boots", "红靴子")]
    records = [
        TagRecord(tag, "", names={"zh": (name,)}, definitions={"en": "Something to wear."}) for tag, name in pairs
    ]
    write_words(tmp_path / "words", records)
    words = WordsChannel(tmp_path / "words")
    assert int(np.argmax(words.scores("白靴子"))) == 4
    assert int(np.argmax(words.scores("紅色的連衣裙"))) == 3
    assert int(np.argmax(words.scores("a hat that is red"))) == 2
    assert words.scores("ひらがな").tolist() == [0.0] * 6


def test_only_unknown_words_one_edit_away_are_corrected(tmp_path: Path) -> None:
    tags = ["long_hair", "long_dress", "long_sleeves", "short_hair", "hair_bow", "chair"]
    write_words(tmp_path / "words", [TagRecord(tag, "", definitions={"en": "It is lung."}) for tag in tags])
    words = WordsChannel(tmp_path / "words")
    assert words.corrected("lonng hiar") == "long hair"
    assert words.corrected("Lung chair 长发 lonnng") == "Lung chair 长发 lonnng"


@given(st.text(max_size=40))
def test_sounds_are_latin_for_any_text(text: str) -> None:
    folded = fold(text)
    assert set(latin(folded, han=True)) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert " " not in spelling(folded) + skeleton(folded)
    assert all(word.isascii() and word.isalnum() for word in words_of(folded))
    assert len(simplified(text)) == len(text)


def test_pinyin_needs_one_table_of_its_package_alone() -> None:
    """The package's dictionary of phrases takes 0.2 s to load, and nothing here asks for a phrase."""
    code = (
        "import sys; from danbooru_index.sounds import skeleton; "
        "print(skeleton('鲁道夫'), sorted(name for name in sys.modules if name.startswith('pypinyin')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["rdh", "[]"]
