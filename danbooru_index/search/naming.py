"""Which tags a word names in the language of its text: Hut is a hat in German, and red is no net in English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from ..concepts.counts import all_number_words, all_person_words
from ..concepts.expressions import expressions
from ..concepts.language import BESIDE_ENGLISH, RELATED
from ..concepts.meanings import Meaning, meanings
from ..index.index import Index
from ..index.tags import KEY_ALIAS, KEY_NAME
from ..records import Category, TagFilter, TagRecord
from ..text.fold import match_key

_TOLD, _NAMESAKES = 12, 2  # characters of a name that are looked at, and those of one series who may share one
_BEHIND_PARTICLE = re.compile("[とやにはがのもをで][\u30a1-\u30faー]+")  # レムとラム has no トラム
_ONE_LETTER = re.compile(r"\w_\(")  # a_(naruto), as which "a Naruto" is read where "a" is a word
_HIMSELF = "_(character)"
_SHORT = 2  # letters of a word that is hardly half of a name: three would be "bow tie"


def names_of(
    index: Index, keys: Sequence[str], filters: TagFilter, languages: Sequence[str], text: str
) -> dict[str, list[tuple[int, int]]]:
    """The tags that each key names, of those that may be found; none for the name of a series. Head-counts come by rule.

    :param keys: match keys; one with a space between two words names a character alone (concepts/runs.py).
    :param languages: that the text may be in (likely_languages). Where it is one, a word names what that language calls so, and
        nothing that only another language of an alphabet calls so.
    :param text: around them, which tells what words of several meanings mean.
    """
    language = languages[0] if len(languages) == 1 else None
    store, allowed, counts = index.store, index.store.allowed(filters), index.count_rows
    words = frozenset(map(match_key, (*re.findall(r"[\w-]+", text), *re.findall("[A-Za-z]+", text))))
    said, whole, together = frozenset(keys), match_key(text), _run_together(text)
    known, told = expressions(), meanings(text, *languages)
    meant = {key: told[key] if key in told else Meaning(known[key], "") for key in said if key in told or key in known}
    in_phrases = [key for key in meant if _is_in_phrase(index, key, meant[key], said)]
    meant |= {key: meant[key]._replace(tags=()) for key in in_phrases}
    found: dict[str, list[tuple[int, int]]] = {}
    for key, tags in zip(keys, store.find([key.replace(" ", "") for key in keys]), strict=True):
        tags = _meant(index, key, tags, language, meant[key]) if key in meant else tags
        # One word of an alphabet may be any word: "men" is what corpora leave of the X-Men.
        if key != whole and not (key in words and _is_of_alphabet(key)) and _is_series(index, key, tags):
            # 犬夜叉 is Inuyasha himself, inuyasha_(character), too.
            tags = [(row, kind) for row, kind in tags[:_TOLD] if index.store.record(row).tag.endswith(_HIMSELF)]
            if not tags:
                found[key] = []
                continue
        kept = [
            (row, kind)
            for row, kind in tags
            if (allowed is None or allowed.tags[row])
            and not store.deprecated[row]
            and (" " not in key or store.category[row] == Category.CHARACTER)
            and row not in counts
            and not (whole != key and kind != KEY_ALIAS and _ONE_LETTER.match(store.record(row).tag) and len(key) > 1)
            # 少女, "witch" and "two" are no characters who are called so.
            and not (key in _persons() and store.category[row] == Category.CHARACTER)
            and not (languages and kind == KEY_NAME and _is_foreign(index.store.record(row), key, languages))
            and not (key not in words and _is_made_of(key, together) and _is_one_word(index.store.record(row), key))
        ]
        if kept:
            found[key] = _of_language(index, key, kept, language)
    return found


@lru_cache(maxsize=1)
def _persons() -> frozenset[str]:
    """The words that count persons, of every language."""
    return all_person_words() | all_number_words()


def _run_together(text: str) -> frozenset[str]:
    """The match keys of two words of a text, one of them short, and of a particle with the katakana behind it: "er trinkt", とラム."""
    pairs = ("".join(pair) for pair in pairwise(re.findall(r"\w+", text)) if min(map(len, pair)) <= _SHORT)
    kana = (found[0] for found in _BEHIND_PARTICLE.finditer(text))
    return frozenset(map(match_key, (*filter(_is_of_alphabet, pairs), *kana)))


def _is_made_of(key: str, together: frozenset[str]) -> bool:
    return key in together or key.removesuffix("s") in together


def _is_one_word(record: TagRecord, key: str) -> bool:
    """Whether a tag's name of this key is one word wherever it is told: ertrinkt is not "er trinkt", but "bow tie" a bowtie."""
    names = [name for spoken in (record.names, record.shared_names) for told in spoken.values() for name in told]
    spelled = [name for name in (record.tag.replace("_", " "), *names) if match_key(name) == key]
    return bool(spelled) and all(len(re.findall(r"\w+", name)) == 1 for name in spelled)


def _is_series(index: Index, key: str, named: Sequence[tuple[int, int]]) -> bool:
    """Whether a name is that of a series, which corpora list among the names of all who come from it."""
    rows = [row for row, kind in named[:_TOLD] if kind == KEY_NAME and index.store.category[row] == Category.CHARACTER]
    tags = [index.store.record(row).tag for row in rows] if len(rows) > 1 else []
    persons: dict[str, set[str]] = {}
    for tag in tags:
        person, _, qualifier = tag.partition("_(")
        persons.setdefault(qualifier.rpartition("(")[2].rstrip(")"), set()).add(person)
    return any(series and (len(of_it) > _NAMESAKES or match_key(series) == key) for series, of_it in persons.items())


def _is_of_alphabet(key: str) -> bool:
    return max(key) < "\u0e00"


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


def coloured(index: Index, colours: Sequence[str], noun: str, filters: TagFilter) -> int | None:
    """The row of the most used tag of a noun in one of some colours, None where there is none: 金 hair is blonde rather than yellow."""
    rows = (findable(index, f"{colour}_{noun}", filters) for colour in colours)
    return max((row for row in rows if row is not None), key=lambda row: int(index.store.post_count[row]), default=None)


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
