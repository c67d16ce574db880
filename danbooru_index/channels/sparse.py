"""The sparse channel: the encoder's learned term weights of every text, as an inverted index over token ids.

A text's score is the sum over the query's terms of query weight times text weight (FlagEmbedding's
`compute_lexical_matching_score`); a tag has the score of its best text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ..arrays.ragged import Ragged
from ..arrays.types import Columns, FloatArray, IntArray
from ..storage.files import AppendFile, map_array, save_array
from ..storage.raw import map_raw
from .channel import Depth, Queries, Shown
from .inverted import InvertedIndex

POSTINGS_BUDGET = 4_000_000
TAGS = 200  # that are proposed for a query
_BLOCK = 4_000_000  # postings sorted at once by `finish`: about 150 MB
_RAW = {"terms": ("terms.raw", np.uint32), "weights": ("weights.raw", np.float32), "counts": ("counts.raw", np.uint32)}


class SparseWriter:
    """Appends the term weights of texts, in order; reopened with `start` it continues after that many texts.

    `finish` turns what was appended into the inverted index, in bounded memory.
    """

    def __init__(self, folder: Path, *, start: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.count = start
        self._folder = folder
        counts = folder / _RAW["counts"][0]
        postings = int(np.fromfile(counts, np.uint32, start).sum()) if start else 0
        places = {"terms": postings, "weights": postings, "counts": start}
        self._files = {
            name: AppendFile(folder / file, dtype, start=places[name]) for name, (file, dtype) in _RAW.items()
        }

    def append(self, texts: Sequence[Mapping[int, float]]) -> None:
        """Append the {term id: weight > 0} of some texts."""
        self._files["terms"].append([term for text in texts for term in text])
        self._files["weights"].append([weight for text in texts for weight in text.values()])
        self._files["counts"].append([len(text) for text in texts])
        self.count += len(texts)

    def flush(self) -> None:
        """Bring everything to the disk, so that a checkpoint may name `count`."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Close the files; what was appended stays."""
        for file in self._files.values():
            file.close()

    @staticmethod
    def unfinished(folder: Path) -> bool:
        """Whether `finish` still has to be done: it removes the raw files when everything else is written."""
        return all((folder / file).is_file() for file, _ in _RAW.values())

    def finish(self, text_starts: IntArray) -> None:
        """Write the index and remove the raw files.

        :param text_starts: (tags + 1,) the number of each tag's first text, and the number of texts.
        """
        self.close()
        files = {name: self._folder / file for name, (file, _) in _RAW.items()}
        terms, weights, counts = (map_raw(files[name], _RAW[name][1]) for name in ("terms", "weights", "counts"))
        _sort_postings(self._folder, terms, weights, counts)
        save_array(self._folder / "text_starts.npy", text_starts.astype(np.int64))
        # A mapped file cannot be removed on Windows.
        del terms, weights, counts
        for path in files.values():
            path.unlink()


def _sort_postings(
    folder: Path, terms: npt.NDArray[np.uint32], weights: FloatArray, counts: npt.NDArray[np.uint32]
) -> None:
    """A counting sort by term, stable in the text: count all terms, then place one block of postings after the other."""
    total = len(terms)
    frequency = np.zeros(0, np.int64)
    for start in range(0, total, _BLOCK):
        found = np.bincount(terms[start : start + _BLOCK], minlength=len(frequency))
        found[: len(frequency)] += frequency
        frequency = found
    starts = np.r_[0, np.cumsum(frequency)]
    ends_of_texts = np.cumsum(counts, dtype=np.int64)
    documents_out = _create(folder / "documents.npy", np.int32, total)
    weights_out = _create(folder / "weights.npy", np.float32, total)
    places = starts[:-1].copy()
    for start in range(0, total, _BLOCK):
        block = np.asarray(terms[start : start + _BLOCK]).astype(np.int64)
        order = np.argsort(block, kind="stable")
        ranked = block[order]
        first = np.searchsorted(ranked, ranked, side="left")
        target = places[ranked] + np.arange(len(ranked)) - first
        documents_out[target] = np.searchsorted(ends_of_texts, start + order, side="right")
        weights_out[target] = weights[start : start + _BLOCK][order]
        places += np.bincount(block, minlength=len(frequency))
    for array in (documents_out, weights_out):
        if isinstance(array, np.memmap):
            array.flush()
    used = np.flatnonzero(frequency)
    save_array(folder / "terms.npy", used.astype(np.uint64))
    save_array(folder / "starts.npy", np.r_[starts[:-1][used], total].astype(np.int64))


def _create(path: Path, dtype: npt.DTypeLike, count: int) -> npt.NDArray[np.generic]:
    if not count:
        save_array(path, np.zeros(0, dtype))
        return np.zeros(0, dtype)
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.dtype(dtype), shape=(count,))


class SparseChannel:
    """Finds tags by learned term weights. `starts` gives each tag's first text."""

    name: ClassVar[str] = "sparse"
    shown: ClassVar[Shown] = {"sparse": ("sparse",)}
    reranks: ClassVar[int | None] = None

    def __init__(self, folder: Path) -> None:
        self._starts = np.asarray(map_array(folder / "text_starts.npy"))
        self.index = InvertedIndex(folder, int(self._starts[-1]) if len(self._starts) else 0)

    def propose(self, queries: Queries, depth: Depth) -> list[IntArray]:
        """See Channel.propose."""
        proposed = []
        for i, scores in enumerate(self._every_tag(queries)):
            tags = np.flatnonzero(scores)
            proposed.append(queries.best(i, tags, scores[tags], max(queries.limits[i], TAGS)))
        return proposed

    def score(self, queries: Queries, rows: Ragged) -> Columns:
        """`sparse` is the lexical matching score of each tag's best text, at least 0."""
        every = self._every_tag(queries)
        found = [scores[rows.values[part]] for scores, part in zip(every, rows.parts(), strict=True)]
        return {"sparse": np.concatenate([np.zeros(0, np.float32), *found])}

    def _every_tag(self, queries: Queries) -> list[FloatArray]:
        """For each query the scores of all tags."""
        return queries.prepared(self, lambda: [self.scores(terms or {}) for terms in queries.terms])

    def text_scores(self, query: Mapping[int, float], *, budget: int | None = POSTINGS_BUDGET) -> FloatArray:
        """(texts,) float32: the lexical matching score of every text with the query's {term id: weight}."""
        keys = np.fromiter(query.keys(), np.uint64, len(query))
        weights = np.fromiter(query.values(), np.float32, len(query))
        return self.index.scores(keys, weights, budget=budget)

    def scores(self, query: Mapping[int, float]) -> FloatArray:
        """(tags,) float32, at least 0: for every tag the score of its best text."""
        result = np.zeros(max(0, len(self._starts) - 1), np.float32)
        by_text = self.text_scores(query)
        # Few texts share a term with the query; a maximum over all of them would take most of the time.
        found = np.flatnonzero(by_text)
        tags = np.searchsorted(self._starts, found, side="right") - 1
        first = np.flatnonzero(np.r_[True, tags[1:] != tags[:-1]]) if len(found) else found
        if len(found):
            result[tags[first]] = np.maximum.reduceat(by_text[found], first)
        return result


class TermWeights:
    """The term weights of an index, text by text: what the inverted index was made from."""

    def __init__(self, folder: Path) -> None:
        index = SparseChannel(folder).index
        order = np.argsort(index.documents, kind="stable")
        self._terms = np.repeat(np.asarray(index.terms, np.int64), np.diff(index.starts))[order]
        self._weights = np.asarray(index.weights)[order]
        self._ends = np.cumsum(np.bincount(index.documents, minlength=index.document_count))

    def of(self, text: int) -> dict[int, float]:
        """The {term id: weight} of one text."""
        part = slice(int(self._ends[text - 1]) if text else 0, int(self._ends[text]))
        return dict(zip(self._terms[part].tolist(), self._weights[part].tolist(), strict=True))
