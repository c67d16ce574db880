"""Names by characters, by sound, and by the words that the corpus itself connects with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danbooru_index.arrays.types import Columns
from danbooru_index.channels.lexical import AFFIX_COLUMNS, LexicalChannel, forms_of, write_view
from danbooru_index.channels.ngrams import VIEWS
from danbooru_index.channels.words import MAX_CORRECTED_CHARS, WordsChannel, words_of, write_words
from danbooru_index.records import TagRecord
from danbooru_index.text.fold import fold, simplified
from danbooru_index.text.sound import latin, skeleton, spelling

NAMES = ["adelbert steiner", "hatsune miku", "初音未来", "long hair", "长发", "twintails"]
ROWS = [0, 1, 1, 2, 2, 3]
TAGS = 8  # of which some have no name


def written(folder: Path, names: list[str], rows: list[int]) -> LexicalChannel:
    for view in VIEWS:
        forms = forms_of(view, [fold(name) for name in names], np.array(rows, np.int32))
        write_view(folder, view, TAGS, *forms)
    return LexicalChannel(folder)


@pytest.fixture
def lexical(tmp_path: Path) -> LexicalChannel:
    return written(tmp_path / "lexical", NAMES, ROWS)


def scores(lexical: LexicalChannel, query: str, rows: int) -> Columns:
    """How the names of tags 0..rows-1 fit one query."""
    return lexical.scores(lexical.queries([fold(query)]), np.arange(rows), np.zeros(rows, np.int64))


@pytest.mark.parametrize(
    ("query", "row"), [("アデルバート・シュタイナー", 0), ("はつねみく", 1), ("ツインテールズ", 3)]
)
def test_kana_find_latin_names_by_their_sound(lexical: LexicalChannel, query: str, row: int) -> None:
    found = scores(lexical, query, 5)
    assert found["cosine"].tolist() == [0.0] * 5
    assert int(np.argmax(found["spelling"] + found["skeleton"])) == row


def test_typos_and_coverage(lexical: LexicalChannel) -> None:
    assert int(np.argmax(scores(lexical, "lonng hiar", 5)["cosine"])) == 2
    assert int(np.argmax(scores(lexical, "twintials", 5)["cosine"])) == 3
    found = scores(lexical, "长发", 5)
    assert found["cosine"][2] == pytest.approx(1.0)
    assert found["coverage"].tolist() == pytest.approx([0, 0, 1, 0, 0])
    assert scores(lexical, "✿", 5)["coverage"].tolist() == [0.0] * 5


def test_an_empty_index_and_queries_without_letters(tmp_path: Path) -> None:
    assert scores(written(tmp_path / "l", [], []), "ツ", 0)["skeleton"].shape == (0,)


def test_the_corpus_is_its_own_dictionary(tmp_path: Path) -> None:
    pairs = [("white_dress", "白色连衣裙")]
    pairs += [("white_hat", "白色帽子"), ("red_hat", "红色帽子"), ("red_dress", "红色连衣裙")]
    pairs += [("white_boots", "靴子"), ("red_boots", "红靴子")]
    records = [
        TagRecord(tag, "", names={"zh": (name,)}, definitions={"en": "Something to wear."}) for tag, name in pairs
    ]
    write_words(tmp_path / "words", records)
    words = WordsChannel(tmp_path / "words")
    texts = ["白靴子", "紅色的連衣裙", "a hat that is red", "ひらがな"]
    rows, owners = np.tile(np.arange(6), 4), np.repeat(np.arange(4), 6)
    found = words.scores(words.queries([fold(text) for text in texts]), rows, owners).reshape(4, 6)
    assert found[:3].argmax(axis=1).tolist() == [4, 3, 2]
    assert found[3].tolist() == [0.0] * 6


def test_only_unknown_words_one_edit_away_are_corrected(tmp_path: Path) -> None:
    tags = ["long_hair", "long_dress", "long_sleeves", "short_hair", "hair_bow", "chair"]
    write_words(tmp_path / "words", [TagRecord(tag, "", definitions={"en": "It is lung."}) for tag in tags])
    words = WordsChannel(tmp_path / "words")
    assert words.corrected("lonng hiar") == "long hair"
    assert words.corrected("Lung chair 长发 lonnng") == "Lung chair 长发 lonnng"
    assert words.corrected("lonng " * 500) == "long " * (MAX_CORRECTED_CHARS // 6 + 1) + "lonng " * (
        499 - MAX_CORRECTED_CHARS // 6
    )
    assert words.corrected("hlong short lonng") == "hlong short long"
    foreign = {"zapatos", "lonng"}.__contains__
    assert words.corrected("zapatos hiar", foreign) == "zapatos hiar"  # Spanish, as far as the index knows
    assert words.corrected("short hiar lonng", foreign) == "short hair lonng"


@given(st.text(max_size=40))
def test_sounds_are_latin_for_any_text(text: str) -> None:
    folded = fold(text)
    assert set(latin(folded, han=True)) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert " " not in spelling(folded) + skeleton(folded)
    assert all(word.isascii() and word.isalnum() for word in words_of(folded))
    assert len(simplified(text)) == len(text)


def affixes(lexical: LexicalChannel, query: str) -> np.ndarray:
    """(5, 4): how the names of each tag begin and end as one query does."""
    found = scores(lexical, query, 5)
    return np.column_stack([found[name] for name in AFFIX_COLUMNS])


def test_prefixes_and_suffixes_of_names_in_every_script(lexical: LexicalChannel) -> None:
    assert affixes(lexical, "黑发")[:, 1].tolist() == [0, 0, 1, 0, 0]
    assert affixes(lexical, "长袜")[:, 0].tolist() == [0, 0, 1, 0, 0]
    assert affixes(lexical, "longest chair")[2].tolist() == [0.5, 0.5, 1.0, 1.0]
    assert affixes(lexical, "steiner 初")[:, :2].tolist() == [[0, 0.5], [0.5, 0], [0, 0], [0, 0], [0, 0]]
    assert affixes(lexical, " ").tolist() == [[0.0] * 4] * 5


@pytest.mark.parametrize("latin_name", ["pocari sweat", "pokari sweat"])
def test_a_hard_c_sounds_like_k(latin_name: str) -> None:
    assert skeleton(fold("ポカリスエット")) == skeleton(latin_name)
    assert (skeleton("猜"), skeleton("cat")) == ("t", "kt")


def test_pinyin_needs_one_table_of_its_package_alone() -> None:
    """The package's dictionary of phrases takes 0.2 s to load, and nothing here asks for a phrase."""
    code = (
        "import sys; from danbooru_index.text.sound import skeleton; "
        "print(skeleton('鲁道夫'), sorted(name for name in sys.modules if name.startswith('pypinyin')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["rdh", "[]"]
