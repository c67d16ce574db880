"""What the ranker sees of a candidate: one row of numbers of order 1, comparable between queries and encoders."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ..channels.shape import LETTERS, NAMES, QUALIFIED, WORDS
from ..corpus.texts import TextKind
from ..records import Category
from ..text.fold import is_han, is_kana

FloatArray = npt.NDArray[np.float32]

FEATURES = (
    "dense", "dense_gap", "dense_tag", "dense_name", "dense_joined", "dense_definition",
    "cosine", "cosine_gap", "coverage", "spelling", "spelling_gap", "skeleton", "skeleton_gap", "words", "words_gap",
    "begins", "ends", "begins_whole", "ends_whole", "hubness", "tag_letters", "tag_words", "qualified", "names", "defined",
    "popularity", "character", "copyright", "general",
    "query_kana", "query_latin", "query_length",
)  # fmt: skip
ABSENT = 0.8  # what a kind of text that a tag lacks counts, as a share of its best text
_LENGTH_SCALE = 4.0  # ln of about 55 letters
_COUNT_SCALE = 4.0  # words and names of a tag


@dataclass(frozen=True, slots=True)
class CandidateScores:
    """The scores of n candidates of one query.

    `dense` is (n, kinds): the best inner product of each TextKind, -1 where a tag has none. The others are (n,): `cosine`,
    `coverage`, `spelling` and `skeleton` as in NameScores, `words` as in WordsChannel, `popularity` in 0..1, `category` Danbooru's
    number, `hubness` that of the tag's best text (channels/hubness.py). `ends` is (n, 4) as in LexicalChannel.ends, `shape`
    (n, 4) as in channels/shape.py.
    """

    dense: FloatArray
    cosine: FloatArray
    coverage: FloatArray
    spelling: FloatArray
    skeleton: FloatArray
    words: FloatArray
    popularity: FloatArray
    category: npt.NDArray[np.uint8]
    hubness: FloatArray
    ends: FloatArray
    shape: npt.NDArray[np.uint8]

    def part(self, begin: int, end: int) -> CandidateScores:
        """The candidates from `begin` to `end`."""
        return CandidateScores(*(getattr(self, field.name)[begin:end] for field in fields(self)))


def feature_table(query: str, scores: CandidateScores, floor: float) -> FloatArray:
    """(n, len(FEATURES)) float32, in the order of FEATURES.

    :param floor: the encoder's mean inner product of two unrelated texts. Similarities are stretched so that it becomes 0
        and an equal text stays 1; encoders differ more in that floor than in the shape above it.
    """
    count = len(scores.popularity)
    dense = np.where(scores.dense > -1.0, (scores.dense - floor) / (1.0 - floor), -np.inf)
    best = np.maximum(dense.max(axis=1), -1.0) if count else np.zeros(0)
    name = np.maximum(dense[:, TextKind.NAME], dense[:, TextKind.ALIAS])
    kinds = [dense[:, TextKind.TAG], name, dense[:, TextKind.JOINED], dense[:, TextKind.DEFINITION]]
    columns = [best, _gap(best), *(np.where(np.isfinite(kind), kind, ABSENT * best) for kind in kinds)]
    columns += [scores.cosine, _gap(scores.cosine), scores.coverage]
    for channel in (scores.spelling, scores.skeleton, scores.words):
        columns += [channel, _gap(channel)]
    columns += [*scores.ends.T, (scores.hubness - floor) / (1.0 - floor)]
    columns += _shape_features(scores)
    columns.append(scores.popularity)
    columns += [scores.category == category for category in (Category.CHARACTER, Category.COPYRIGHT, Category.GENERAL)]
    columns += [np.full(count, value) for value in _query_features(query)]
    return np.stack(columns, axis=1).astype(np.float32)


def _shape_features(scores: CandidateScores) -> list[npt.NDArray[np.floating]]:
    """Scaled logarithm of the letters of each tag, its words, whether it has a qualifier, its names, and whether it is defined."""
    shape = scores.shape.astype(np.float32)
    return [
        np.log1p(shape[:, LETTERS]) / _LENGTH_SCALE,
        shape[:, WORDS] / _COUNT_SCALE,
        shape[:, QUALIFIED],
        shape[:, NAMES] / _COUNT_SCALE,
        (scores.dense[:, TextKind.DEFINITION] > -1.0).astype(np.float32),
    ]


def _gap(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """How far each candidate is behind the best, 0 or less."""
    return scores - scores.max(initial=-1.0) if len(scores) else scores


def _query_features(query: str) -> tuple[float, float, float]:
    """Share of kana and of Latin among the letters of a query, and the scaled logarithm of their number."""
    codes = [ord(char) for char in query]
    kana = sum(is_kana(code) for code in codes)
    latin = sum(code < 0x80 and chr(code).isalpha() for code in codes)
    letters = max(1, kana + latin + sum(is_han(code) for code in codes))
    return kana / letters, latin / letters, float(np.log(letters)) / _LENGTH_SCALE
