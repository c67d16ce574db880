"""Words that name nothing that a picture shows, and the names that lie in them."""

from __future__ import annotations

import json

import pytest
from known_names import lookup

from danbooru_index.concepts import function_words as words
from danbooru_index.concepts.kin import kin_words, kind_of, pairs_of
from danbooru_index.concepts.reading import read
from danbooru_index.text.fold import match_key


def spans_of(text: str, *names: str) -> list[str]:
    return [span.text for span in read(text, lookup(*names)).spans]


@pytest.mark.parametrize(
    ("text", "names", "spans"),
    [
        ("上面一只猫", ("面", "猫"), ["猫"]),
        ("水上面包", ("面包", "水"), ["水", "水上面包", "面包"]),
        ("by the way, a cat", ("way", "cat"), ["cat"]),
        ("a sort of lantern", ("sort", "lantern"), ["lantern"]),
        ("手前に猫", ("手", "猫"), ["猫"]),
    ],
)
def test_nothing_is_named_in_a_word_of_grammar(text: str, names: tuple[str, ...], spans: list[str]) -> None:
    assert spans_of(text, *names) == spans


def test_what_names_nothing_is_no_person() -> None:
    from danbooru_index.concepts.counts import person_words

    for language, keys in words.unseen_words().items():
        both = keys & person_words(language).keys() - words.function_words().get(language, frozenset())
        assert not both, f"{language}: {sorted(both)[:5]}"


def test_the_lists_name_each_word_once() -> None:
    for language, listed in json.loads(words._UNSEEN.read_text(encoding="utf-8")).items():
        keys = [match_key(word) for word in listed]
        assert all(keys) and len(keys) == len(set(keys)), language


@pytest.mark.parametrize(
    ("relatives", "pairs"),
    [
        (["grandmother", "little_boy"], ["grandmother_and_grandson"]),
        (["father", "daughter", "son"], ["father_and_daughter", "father_and_son"]),
        (["father", "son", "child"], ["father_and_son"]),
        (["older_sister", "younger_brother"], ["brother_and_sister"]),
        (["mother", "grandmother"], []),
        ([], []),
    ],
)
def test_pairs_of_relatives(relatives: list[str], pairs: list[str]) -> None:
    assert list(pairs_of(relatives)) == pairs


def test_every_relative_has_words_and_a_word_one_relative() -> None:
    for language in ("zh", "ja", "ko", "en", "es", "fr", "de", "ru", "pt", "it"):
        kinds = {kind_of(relative) for relative in kin_words(language).values()}
        assert kinds == {"girl", "boy", "person"}
    assert kin_words("ja")["妹"] == "younger_sister" and kin_words("zh")["奶奶"] == "grandmother"
