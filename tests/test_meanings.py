"""Words of several meanings: the table as it is written, and which meaning the words around a word tell."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from danbooru_index.concepts import meanings as module
from danbooru_index.concepts.meanings import meanings
from danbooru_index.text.fold import match_key

LINES = [
    line.split("\t")
    for line in gzip.decompress(Path(module.__file__).with_name("meanings.tsv.gz").read_bytes()).decode().splitlines()
]


@pytest.mark.parametrize(
    ("language", "text", "word", "tags"),
    [
        ("de", "eine Katze mit Hut", "Hut", ("hat",)),
        ("en", "a boy with a bat and a baseball cap", "bat", ("baseball_bat",)),
        ("en", "a bat in a cave", "bat", None),
        ("en", "a bat, the animal, not the baseball kind", "bat", None),
        ("es", "dos globos de diálogo", "globos", ("speech_bubble",)),
    ],
)
def test_the_words_around_it_tell(language: str, text: str, word: str, tags: tuple[str, ...] | None) -> None:
    found = meanings(text, language).get(match_key(word))
    assert (found and found.tags) == tags


def test_a_cue_is_another_word() -> None:
    """Part of a longer word is no cue, and neither is the word itself."""
    for language, forms, _, *cues in LINES:
        for cue in (cue for listed in cues for cue in listed.split("|")):
            assert match_key(cue.rstrip("*")) not in map(match_key, forms.split("|")), (language, forms, cue)


def test_every_line_is_well_formed() -> None:
    assert all(len(line) in (3, 4) and all(line) for line in LINES)
    assert not [line for line in LINES for part in line[1:] if part != part.strip() or "||" in part]
    otherwise = [(line[0], match_key(form)) for line in LINES if len(line) == 3 for form in line[1].split("|")]
    assert len(otherwise) == len(set(otherwise))
