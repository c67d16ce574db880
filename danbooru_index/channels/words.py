"""The words channel: English words of a query, and of what its Han characters stand for, in tags and their definitions.

The corpus is its own dictionary: a Han n-gram of a tag's names is worth an English word of that tag as much as both occur
on the same tags, by the cosine of their occurrences, (c - 1/2) / sqrt(a b), the half discounting single coincidences.
A query becomes the words of its n-grams, each by its best n-gram, and tags are scored by the cosine of idf vectors (terms.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, pairwise, takewhile
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.ranges import flat_ranges
from ..arrays.types import Columns, FloatArray, IntArray, UInt64Array
from ..records import TagRecord
from ..storage.files import map_array, save_array
from ..storage.hashes import hash64
from ..text.fold import HAN_RANGES, fold, spaced
from ..text.plural import singular
from .channel import Depth, Queries, Shown
from .inverted import InvertedIndex, write_inverted
from .terms import Found, TermIndex, TermQueries, write_terms

POSTINGS = {Depth.WHOLE: 50_000, Depth.PART: 2_000}  # read for a query
TAGS = {Depth.WHOLE: 50, Depth.PART: 8}  # that are proposed
MAX_DEFINITION_CHARS = 300
MAX_QUERY_CHARS = 200
MAX_CORRECTED_CHARS = 2_000  # of a query whose words are corrected: each unknown one is compared with thousands
MAX_GRAM = 3
WORDS_PER_GRAM = 8
WORDS_PER_QUERY = 32
MIN_COSINE = 0.3  # of an n-gram and a word that occur together only once
_BITS = np.uint64(21)
SPELLED_FROM = 3  # tags: rarer words are names more often than targets of a typo
TYPO_FROM = 4  # letters: shorter words have too many neighbours
_WORD = re.compile(r"[a-z0-9]+")
_LETTERS = re.compile(rf"[A-Za-z]{{{TYPO_FROM},}}")
_SPELLED_FILE = "spelled.txt"


def words_of(folded: str) -> list[str]:
    """The Latin words of a folded text, plurals cut.

    >>> words_of("two cherries in boxes, glass")
    ['two', 'cherry', 'in', 'box', 'glass']
    """
    return [singular(word) for word in _WORD.findall(folded)]


def han_grams(texts: Iterable[str]) -> tuple[UInt64Array, IntArray]:
    """The distinct (n-gram key, text number) pairs of the runs of Han characters in folded texts, n up to MAX_GRAM."""
    codes = np.frombuffer("\x00".join(texts).encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    owner = np.cumsum(codes == 0)
    han = np.logical_or.reduce([(codes >= first) & (codes <= last) for first, last in HAN_RANGES])
    keys, owners = [], []
    for size in range(1, MAX_GRAM + 1):
        count = max(0, len(codes) - size + 1)
        key, keep = np.zeros(count, np.uint64), np.ones(count, bool)
        for i in range(size):
            key = (key << _BITS) | codes[i : i + count]
            keep &= han[i : i + count]
        keys.append(key[keep])
        owners.append(owner[:count][keep])
    found, of = np.concatenate(keys), np.concatenate(owners)
    order = np.lexsort((of, found))
    found, of = found[order], of[order]
    first = np.flatnonzero(np.r_[True, (found[1:] != found[:-1]) | (of[1:] != of[:-1])]) if len(found) else order
    return found[first], of[first]


def write_words(folder: Path, records: Iterable[TagRecord]) -> None:
    """Index the words of all tags, in row order, and learn the dictionary."""
    folder.mkdir(parents=True, exist_ok=True)
    names, tag_words, all_words = [], [], []
    for record in records:
        names.append(" ".join(fold(name) for name in record.all_names()))
        words = words_of(fold(spaced(record.tag)))
        tag_words.append(words)
        described = " ".join(text[:MAX_DEFINITION_CHARS] for text in record.definitions.values())
        all_words.append(words + words_of(fold(described)))
    vocabulary = {word: number for number, word in enumerate(sorted(set(chain.from_iterable(all_words)), key=hash64))}
    save_array(folder / "vocabulary.npy", np.array([hash64(word) for word in vocabulary], np.uint64))
    often = Counter(chain.from_iterable(_WORD.findall(" ".join(words)) for words in tag_words))
    spelled = [word for word, count in often.most_common() if count >= SPELLED_FROM and len(word) >= TYPO_FROM]
    (folder / _SPELLED_FILE).write_text("\n".join(spelled), encoding="ascii", newline="\n")
    _write_documents(folder / "tags", all_words, vocabulary)
    _write_dictionary(folder / "dictionary", names, tag_words, vocabulary)


def _pairs(rows: list[list[str]], vocabulary: dict[str, int]) -> tuple[IntArray, IntArray]:
    """Distinct (word, row) pairs sorted by word then row."""
    owner = np.repeat(np.arange(len(rows)), [len(words) for words in rows])
    word = np.fromiter((vocabulary[w] for words in rows for w in words), np.int64, len(owner))
    pairs = np.unique(word * np.int64(max(1, len(rows))) + owner)
    words, owners = np.divmod(pairs, max(1, len(rows)))
    return words, owners


def _write_documents(folder: Path, rows: list[list[str]], vocabulary: dict[str, int]) -> None:
    folder.mkdir()
    words, owners = _pairs(rows, vocabulary)
    write_terms(folder, words.astype(np.uint64), owners.astype(np.int32), len(rows))


def _write_dictionary(folder: Path, names: list[str], tag_words: list[list[str]], vocabulary: dict[str, int]) -> None:
    import scipy.sparse as sparse

    folder.mkdir()
    keys, gram_rows = han_grams(names)
    grams, gram_of = np.unique(keys, return_inverse=True)
    words, word_rows = _pairs(tag_words, vocabulary)
    shape = len(names)
    by_gram = sparse.csr_matrix((np.ones(len(gram_of), np.float32), (gram_of, gram_rows)), shape=(len(grams), shape))
    by_word = sparse.csr_matrix((np.ones(len(words), np.float32), (word_rows, words)), shape=(shape, len(vocabulary)))
    together = (by_gram @ by_word).tocoo()
    often, of_words = np.bincount(gram_of, minlength=len(grams)), np.bincount(words, minlength=len(vocabulary))
    cosine = (together.data - 0.5) / np.sqrt(often[together.row] * of_words[together.col])
    kept = np.flatnonzero((often[together.row] >= 2) & ((together.data >= 2) | (cosine > MIN_COSINE)))
    order = kept[np.lexsort((-cosine[kept], together.row[kept]))]
    gram = together.row[order]
    begins = np.flatnonzero(np.r_[True, gram[1:] != gram[:-1]]) if len(gram) else gram
    place = np.arange(len(gram)) - np.repeat(begins, np.diff(np.r_[begins, len(gram)]))
    best = order[place < WORDS_PER_GRAM]
    write_inverted(
        folder, grams[together.row[best]], together.col[best].astype(np.int32), cosine[best].astype(np.float32)
    )


class WordsChannel:
    """Finds tags by the English words of a query and of what it stands for."""

    name: ClassVar[str] = "words"
    shown: ClassVar[Shown] = {"words": ("words",)}
    reranks: ClassVar[int | None] = None

    def __init__(self, folder: Path) -> None:
        self._vocabulary = map_array(folder / "vocabulary.npy")
        self._tags = TermIndex(folder / "tags")
        self._dictionary = InvertedIndex(folder / "dictionary", len(self._vocabulary))
        self._spelled: dict[str, list[str]] = {}  # words by their first letters, the commonest first
        for word in (folder / _SPELLED_FILE).read_text(encoding="ascii").split():
            self._spelled.setdefault(word[0], []).append(word)

    def corrected(self, query: str, is_name: Callable[[str], bool] = lambda word: False) -> str:
        """The query with each Latin word that no tag or definition has replaced by the commonest word of tags one edit away.

        An edit is a letter more, less or other, or two neighbours swapped (optimal string alignment), behind the first letter,
        which typos seldom strike. Words that begin behind the first MAX_CORRECTED_CHARS stay as they are, and so do foreign
        ones: those that `is_name` calls names of tags though no tag is spelled with them. Where there are more of them than of
        English words, the whole query stays.
        """

        def near(match: re.Match[str]) -> str:
            kept = match.start() >= MAX_CORRECTED_CHARS or fold(match[0]) in stay
            return match[0] if kept else self._near(match[0])

        found = takewhile(lambda match: match.start() < MAX_CORRECTED_CHARS, _LETTERS.finditer(query))
        words = {fold(match[0]) for match in found}
        english = {word for word in words if all(map(self._knows, words_of(word)))}
        foreign = {word for word in words - english if is_name(word)}
        stay = english | foreign
        return query if len(foreign) > len(english) or words == stay else _LETTERS.sub(near, query)

    def _near(self, word: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        folded = words_of(fold(word))
        if len(folded) != 1 or len(folded[0]) < TYPO_FROM:
            return word
        # Words are sorted by frequency, and the first of several equally near ones is returned.
        found = process.extractOne(folded[0], self._spelled.get(folded[0][0], ()), scorer=OSA.distance, score_cutoff=1)
        return str(found[0]) if found else word

    def _knows(self, word: str) -> bool:
        key = np.uint64(hash64(word))
        place = int(np.searchsorted(self._vocabulary, key))
        return place < len(self._vocabulary) and bool(self._vocabulary[place] == key)

    def queries(self, folded: Sequence[str]) -> TermQueries:
        """The words that folded queries (text.fold) stand for."""
        texts = [text[:MAX_QUERY_CHARS] for text in folded]
        meant, meant_by, strengths = self._meant(texts)
        named, named_by = self._named(texts)
        width = max(1, len(self._vocabulary))
        pairs, which = np.unique(
            np.concatenate([meant_by, named_by]) * width + np.concatenate([meant, named]), return_inverse=True
        )
        best = np.zeros(len(pairs), np.float32)
        np.maximum.at(best, which, np.concatenate([strengths, np.ones(len(named), np.float32)]))
        owners, words = np.divmod(pairs, width)
        return self._tags.queries(words.astype(np.uint64), owners, len(texts), best, WORDS_PER_QUERY)

    def _meant(self, texts: Sequence[str]) -> tuple[IntArray, IntArray, FloatArray]:
        """Words that the Han n-grams of the texts stand for, by which text, and how surely (0..1)."""
        grams, owners = han_grams(texts)
        places, known = self._dictionary.lookup(grams)
        starts = self._dictionary.starts
        items, of = flat_ranges(starts[places[known]], starts[places[known] + 1])
        return self._dictionary.documents[items].astype(np.int64), owners[known][of], self._dictionary.weights[items]

    def _named(self, texts: Sequence[str]) -> tuple[IntArray, IntArray]:
        """The Latin words of the texts that the index knows, and in which text each stands."""
        words = [(i, hash64(word)) for i, text in enumerate(texts) for word in set(words_of(text))]
        hashes = np.array([key for _, key in words], np.uint64)
        places = np.searchsorted(self._vocabulary, hashes)
        known = places < len(self._vocabulary)
        known[known] = self._vocabulary[places[known]] == hashes[known]
        return places[known], np.array([i for i, _ in words], np.int64)[known]

    def propose(self, queries: Queries, depth: Depth) -> list[IntArray]:
        """See Channel.propose."""
        tags, scores, starts = self.find(self._asked(queries), POSTINGS[depth])
        parts = pairwise(starts.tolist())
        return [
            queries.best(i, tags[begin:end], scores[begin:end], TAGS[depth]) for i, (begin, end) in enumerate(parts)
        ]

    def score(self, queries: Queries, rows: Ragged) -> Columns:
        """See `scores`."""
        return {"words": self.scores(self._asked(queries), rows.values, rows.owners)}

    def _asked(self, queries: Queries) -> TermQueries:
        return queries.prepared(self, lambda: self.queries(queries.folded))

    def find(self, queries: TermQueries, budget: int) -> Found:
        """Tags with every query's rarest words, and the cosines that these give; `budget` postings are read per query."""
        return self._tags.find(queries, budget)

    def scores(self, queries: TermQueries, rows: IntArray, owners: IntArray) -> FloatArray:
        """(n,) float32 in 0..1: for (n,) tags the cosine of their words with those of the queries `owners` (n,)."""
        return self._tags.cosines(queries, rows, self._tags.hits(queries, rows, owners))
