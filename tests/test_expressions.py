"""Expressions are taken as a whole: neither by their words, nor reported as missing where they name nothing."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest

from danbooru_index.concepts import expressions as module
from danbooru_index.concepts.atoms import Clause, atoms_of
from danbooru_index.concepts.expressions import expressions
from danbooru_index.concepts.reading import read
from danbooru_index.concepts.runs import runs_of
from danbooru_index.text.fold import match_key

ROWS = {"wet": 0, "rain": 1, "cat": 2, "猫": 2, "猫咪": 2, "背包": 3, "raining cats and dogs in May": 4}
LINES = gzip.decompress(Path(module.__file__).with_name("expressions.tsv.gz").read_bytes()).decode().splitlines()


def names_of(keys: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """The names of a small index, and its tags for the expressions that mean them."""
    names = {match_key(name): row for name, row in ROWS.items()}
    meant = {key: tags[0] for key, tags in expressions().items() if tags}
    found = {key: names.get(key, ROWS.get(meant.get(key, ""))) for key in keys}
    return {key: [(row, 2)] for key, row in found.items() if row is not None}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("it's raining cats and dogs, a cat", ["raining cats and dogs", "cat"]),
        ("被雨淋成落汤鸡的少女", ["落汤鸡"]),
        ("被雨淋成落湯雞的少女", ["落湯雞"]),
        ("猫の手も借りたい漫画家と猫", ["猫"]),
        ("猫背包", ["猫", "背包"]),
        ("raining cats and dogs in May", ["raining cats and dogs", "raining cats and dogs in May", "cats"]),
    ],
)
def test_an_expression_is_one_thing(text: str, named: list[str]) -> None:
    assert [span.text for span in read(text, names_of).spans if span.named] == named


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("butterflies in her stomach", []),
        ("the boy has his head in the clouds", []),
        ("目が泳いでる", []),
        ("발이 넓은 삼촌", ["삼촌"]),
        ("un ragazzo in gamba", []),
        ("Leute stehen Schlange", ["Leute"]),
        ("дождь льёт как из ведра", ["дождь"]),
        ("without batting an eye", []),
    ],
)
def test_the_words_of_an_expression_name_nothing(text: str, words: list[str]) -> None:
    assert [span.text for span in read(text, lambda keys: {}).spans] == words


def test_an_excluding_word_of_an_expression_excludes_nothing() -> None:
    reading = read("no spring chicken, no hat", lambda keys: {})
    assert [reading.text[part.start : part.end].strip() for part in reading.stretches if part.excluded] == ["hat"]


def test_every_form_can_be_found() -> None:
    keys = [key for key in expressions() if key.isascii()]
    assert len(LINES) > 1_300
    assert all(len(key) > 2 for key in keys)  # 3am
    for text in (
        "on her high horse",
        "getting cold feet",
        "la tête dans les nuages",
        "猫の手も借りたい",
        "눈 깜짝할 사이에",
    ):
        runs = runs_of(atoms_of(text, Clause(0, len(text))))
        assert any(key in expressions() for run in runs for key in run.keys), text


def test_the_file_is_in_order() -> None:
    assert len(set(LINES)) == len(LINES)
    assert all(len(line.split("\t")) == 3 for line in LINES)
    lists = [line for line in LINES if line.split("\t")[1].startswith("{") and "{" not in line.split("\t")[1][1:]]
    rest = [line for line in LINES if line not in lists]
    assert rest == sorted(rest)
