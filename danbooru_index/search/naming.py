"""Which tags a word names in the language of its text: Hut is a hat in German, and red is no net in English."""

from __future__ import annotations

from collections.abc import Sequence

from ..concepts.counts import all_number_words, all_person_words
from ..concepts.expressions import expressions
from ..concepts.language import BESIDE_ENGLISH, RELATED
from ..concepts.meanings import Meaning, meanings
from ..index.index import Index
from ..index.tags import KEY_ALIAS, KEY_NAME
from ..records import Category, TagFilter, TagRecord
from ..text.fold import match_key


def names_of(
    index: Index, keys: Sequence[str], filters: TagFilter, languages: Sequence[str], text: str
) -> dict[str, list[tuple[int, int]]]:
    """The tags that each key names, of those that may be found; head-counts come by rule.

    :param keys: match keys; one with a space between two words names a character alone (concepts/runs.py).
    :param languages: that the text may be in (likely_languages). Where it is one, a word names what that language calls so, and
        nothing that only another language of an alphabet calls so.
    :param text: around them, which tells what words of several meanings mean.
    """
    language = languages[0] if len(languages) == 1 else None
    store, allowed, counts = index.store, index.store.allowed(filters), index.count_rows
    persons = all_person_words() | all_number_words()
    known = expressions()
    meant = {**{key: Meaning(known[key], "") for key in keys if key in known}, **meanings(text, *languages)}
    said = frozenset(keys)
    in_phrases = [key for key in said & meant.keys() if _is_in_phrase(index, key, meant[key], said)]
    meant |= {key: meant[key]._replace(tags=()) for key in in_phrases}
    return {
        key: _of_language(index, key, kept, language)
        for key, found in zip(keys, store.find([key.replace(" ", "") for key in keys]), strict=True)
        for tags in (_meant(index, key, found, language, meant[key]) if key in meant else found,)
        if (
            kept := [
                (row, kind)
                for row, kind in tags
                if (allowed is None or allowed.tags[row])
                and not store.deprecated[row]
                and (" " not in key or store.category[row] == Category.CHARACTER)
                and row not in counts
                # 少女, "witch" and "two" are no characters who are called so.
                and not (key in persons and store.category[row] == Category.CHARACTER)
                and not (languages and kind == KEY_NAME and _is_foreign(index.store.record(row), key, languages))
            ]
        )
    }


def _is_in_phrase(index: Index, key: str, meaning: Meaning, said: frozenset[str]) -> bool:
    """Whether a word has its meaning from a longer name of the same tag that is said: queue in "queue de cheval"."""
    longer = frozenset(other for other in said if key in other and other != key) if meaning.cues else frozenset()
    phrases = longer.intersection(map(match_key, meaning.cues.split("|"))) if longer else longer
    rows = {row for row, _ in _rows_of(index, meaning.tags)}
    return any(rows.intersection(row for row, _ in found) for found in index.store.find(sorted(phrases)))


def _meant(
    index: Index, key: str, named: list[tuple[int, int]], language: str | None, meaning: Meaning
) -> list[tuple[int, int]]:
    """The tags of a meaning; what the language calls so where the index has none, unless other words told the meaning."""
    return _rows_of(index, meaning.tags) or ([] if meaning.cues else _own(index, key, named, language))


def _of_language(index: Index, key: str, named: list[tuple[int, int]], language: str | None) -> list[tuple[int, int]]:
    """Of the tags of a word those that the text's language calls so, if any: "un cane" is a dog, and no cane."""
    if language not in BESIDE_ENGLISH:
        return named
    return _own(index, key, named, language) or named


def _own(index: Index, key: str, named: list[tuple[int, int]], language: str | None) -> list[tuple[int, int]]:
    """Of the tags of a word those that a language calls so."""
    return [
        (row, kind)
        for row, kind in named
        if kind == KEY_ALIAS or any(match_key(name) == key for name in index.store.record(row).names_in(language or ""))
    ]


def findable(index: Index, tag: str, filters: TagFilter) -> int | None:
    """The row of a tag; None where the index has none, or the filter hides it."""
    row, allowed = index.store.row_of(tag), index.store.allowed(filters)
    return row if row is not None and (allowed is None or allowed.tags[row]) else None


def _rows_of(index: Index, tags: Sequence[str]) -> list[tuple[int, int]]:
    """The tags as what a name names: (row, kind)."""
    return [(row, KEY_ALIAS) for tag in tags if (row := index.store.row_of(tag)) is not None]


def _is_foreign(record: TagRecord, key: str, languages: Sequence[str]) -> bool:
    """Whether a name is one in other languages of alphabets alone: red is a net in Spanish, and a colour in English."""
    foreign = BESIDE_ENGLISH.difference(*(RELATED.get(language, {language}) for language in languages))
    others = (names for spoken, names in (*record.names.items(), *record.shared_names.items()) if spoken not in foreign)
    return key.isascii() and not any(match_key(name) == key for names in others for name in names)


def misread(index: Index, word: str, languages: Sequence[str], text: str) -> frozenset[int]:
    """The tags that a word of a text does not mean there, or that only another language than that of the text calls so."""
    key = match_key(word)
    if key in (meant := meanings(text, *languages)):
        return frozenset(row for row, _ in index.store.find([key])[0]) - {
            row for row, _ in _rows_of(index, meant[key].tags)
        }
    found = index.store.find([key])[0] if languages else []
    return frozenset(
        row for row, kind in found if kind == KEY_NAME and _is_foreign(index.store.record(row), key, languages)
    )
