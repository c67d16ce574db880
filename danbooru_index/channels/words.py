"""The words channel: English words of a query, and of what its Han characters stand for, in tags and their definitions.

The corpus is its own dictionary: a Han n-gram of a tag's names is worth an English word of that tag as much as both occur
on the same tags, by the cosine of their occurrences, (c - 1/2) / sqrt(a b), the half discounting single coincidences.
A query becomes the words of its n-grams, each by its best n-gram, and tags are scored by TF-IDF cosine (lexical.py).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..files import map_array, save_array
from ..records import TagRecord
from ..text import fold, is_han, spaced
from .inverted import InvertedIndex, Keys, Weights, write_inverted

MAX_DEFINITION_CHARS = 300
MAX_QUERY_CHARS = 200
POSTINGS_BUDGET = 1_000_000
MAX_GRAM = 3
WORDS_A_GRAM = 8
WORDS_A_QUERY = 32
MIN_COSINE = 0.3  # of an n-gram and a word that occur together only once
_BITS = np.uint64(21)
SPELLED_FROM = 3  # tags: rarer words are names more often than targets of a typo
TYPO_FROM = 4  # letters: shorter words have too many neighbours
_WORD = re.compile(r"[a-z0-9]+")
_LETTERS = re.compile(rf"[A-Za-z]{{{TYPO_FROM},}}")
_SPELLED_FILE = "spelled.txt"

Numbers = npt.NDArray[np.int64]


def words_of(folded: str) -> list[str]:
    """The Latin words of a folded text, plurals cut.

    >>> words_of("two cherries in boxes, glass")
    ['two', 'cherry', 'in', 'box', 'glass']
    """
    return [_singular(word) for word in _WORD.findall(folded)]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("es") and word[-3] in "sxzh":
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


def han_grams(texts: Iterable[str]) -> tuple[Keys, Numbers]:
    """The distinct (n-gram key, text number) pairs of the runs of Han characters in folded texts, n up to MAX_GRAM."""
    codes = np.frombuffer("\x00".join(texts).encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    owner = np.cumsum(codes == 0)
    han = np.isin(codes, [code for code in np.unique(codes).tolist() if is_han(code)])
    keys, owners = [], []
    for size in range(1, MAX_GRAM + 1):
        count = max(0, len(codes) - size + 1)
        key, keep = np.zeros(count, np.uint64), np.ones(count, bool)
        for i in range(size):
            key = (key << _BITS) | codes[i : i + count]
            keep &= han[i : i + count]
        keys.append(key[keep])
        owners.append(owner[:count][keep])
    pairs = np.unique(np.stack([np.concatenate(keys), np.concatenate(owners).astype(np.uint64)]), axis=1)
    return pairs[0], pairs[1].astype(np.int64)


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
    vocabulary = {word: number for number, word in enumerate(sorted(set(chain.from_iterable(all_words)), key=_hash))}
    save_array(folder / "vocabulary.npy", np.array([_hash(word) for word in vocabulary], np.uint64))
    often = Counter(chain.from_iterable(_WORD.findall(" ".join(words)) for words in tag_words))
    spelled = [word for word, count in often.most_common() if count >= SPELLED_FROM and len(word) >= TYPO_FROM]
    (folder / _SPELLED_FILE).write_text("\n".join(spelled), encoding="ascii", newline="\n")
    _write_documents(folder / "tags", all_words, vocabulary)
    _write_dictionary(folder / "dictionary", names, tag_words, vocabulary)


def _pairs(rows: list[list[str]], vocabulary: dict[str, int]) -> tuple[Numbers, Numbers, Numbers]:
    """Distinct (word, row) pairs sorted by word then row, and how often each occurs."""
    owner = np.repeat(np.arange(len(rows)), [len(words) for words in rows])
    word = np.fromiter((vocabulary[w] for words in rows for w in words), np.int64, len(owner))
    pairs, counts = np.unique(np.stack([word, owner]), axis=1, return_counts=True)
    return pairs[0], pairs[1], counts


def _write_documents(folder: Path, rows: list[list[str]], vocabulary: dict[str, int]) -> None:
    folder.mkdir()
    words, owners, counts = _pairs(rows, vocabulary)
    weights = (1.0 + np.log(counts)) * _idf(np.bincount(words, minlength=len(vocabulary)), len(rows))[words]
    norms = np.sqrt(np.bincount(owners, weights**2, minlength=len(rows)))
    write_inverted(
        folder, words.astype(np.uint64), owners.astype(np.int32), (weights / norms[owners]).astype(np.float32)
    )
    save_array(folder / "rows.npy", np.array([len(rows)], np.int64))


def _idf(frequency: Numbers, count: int) -> npt.NDArray[np.float64]:
    idf: npt.NDArray[np.float64] = np.log((1.0 + count) / (1.0 + frequency)) + 1.0
    return idf


def _write_dictionary(folder: Path, names: list[str], tag_words: list[list[str]], vocabulary: dict[str, int]) -> None:
    import scipy.sparse as sparse

    folder.mkdir()
    keys, gram_rows = han_grams(names)
    grams, gram_of = np.unique(keys, return_inverse=True)
    words, word_rows, _ = _pairs(tag_words, vocabulary)
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
    best = order[place < WORDS_A_GRAM]
    write_inverted(
        folder, grams[together.row[best]], together.col[best].astype(np.int32), cosine[best].astype(np.float32)
    )


class WordsChannel:
    """Finds tags by the English words of a query and of what it stands for."""

    def __init__(self, folder: Path) -> None:
        self._vocabulary = map_array(folder / "vocabulary.npy")
        self._rows = int(map_array(folder / "tags" / "rows.npy")[0])
        self._tags = InvertedIndex(folder / "tags", self._rows)
        self._dictionary = InvertedIndex(folder / "dictionary", len(self._vocabulary))
        self._spelled = (folder / _SPELLED_FILE).read_text(encoding="ascii").split()

    def corrected(self, query: str) -> str:
        """The query with each Latin word that no tag or definition has replaced by the commonest word of tags one edit away:
        a letter more, less or other, or two neighbours swapped (optimal string alignment)."""
        return _LETTERS.sub(lambda match: self._near(match[0]), query) if _LETTERS.search(query) else query

    def _near(self, word: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        folded = words_of(fold(word))
        if len(folded) != 1 or len(folded[0]) < TYPO_FROM or self._knows(folded[0]):
            return word
        # Words are sorted by frequency, and the first of several equally near ones is returned.
        found = process.extractOne(folded[0], self._spelled, scorer=OSA.distance, score_cutoff=1)
        return str(found[0]) if found else word

    def _knows(self, word: str) -> bool:
        key = np.uint64(_hash(word))
        place = int(np.searchsorted(self._vocabulary, key))
        return place < len(self._vocabulary) and bool(self._vocabulary[place] == key)

    def query_words(self, query: str) -> tuple[Keys, Weights]:
        """The words that a query stands for, as numbers of the vocabulary, with TF-IDF weights of length 1."""
        folded = fold(query)[:MAX_QUERY_CHARS]
        meant = np.zeros(len(self._vocabulary), np.float32)
        grams, _ = han_grams([folded])
        for stands_for, strength in self._dictionary.entries(grams):
            meant[stands_for] = np.maximum(meant[stands_for], strength)
        hashes = np.array([_hash(word) for word in set(words_of(folded))], np.uint64)
        places = np.searchsorted(self._vocabulary, hashes)
        inside = places < len(self._vocabulary)
        places = places[inside]
        meant[places[self._vocabulary[places] == hashes[inside]]] = 1.0
        numbers = np.flatnonzero(meant)
        words: Keys = numbers.astype(np.uint64)
        weights = (meant[numbers] * _idf(self._tags.frequency(words), self._rows)).astype(np.float32)
        best = np.sort(np.argsort(-weights, kind="stable")[:WORDS_A_QUERY])
        length = max(float(np.linalg.norm(weights[best])), 1e-12)
        return words[best], (weights[best] / length).astype(np.float32)

    def scores(self, query: str) -> Weights:
        """(rows,) float32 in 0..1: for every tag the cosine of its words with the query's."""
        return self._tags.scores(*self.query_words(query), budget=POSTINGS_BUDGET)
