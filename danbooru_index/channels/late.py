"""Late interaction: every token of the query finds its nearest token of a tag, and the tag scores their mean (MaxSim).

The token vectors of the most used tags, one text per tag, are kept in int8 with one scale per vector and memory-mapped. The
formula is ColBERT's (Khattab and Zaharia, 2020) as FlagEmbedding's `colbert_score` has it: the mean over query tokens of
the largest inner product with a token of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.types import Columns, FloatArray, IntArray
from ..storage.files import AppendFile, map_array, save_array
from ..storage.raw import map_raw
from .channel import Depth, Queries, Shown
from .vectors import inner_products, quantise

MAX_BYTES = 400_000_000
ON_THE_FLY = 64  # tags whose token vectors an accelerator computes for one query
_CODES, _SCALES, _COUNTS, _ROWS = "vectors.i8", "scales.f32", "counts.u32", "rows.i32"


def max_sim(similarities: FloatArray, starts: IntArray) -> FloatArray:
    """Late interaction scores of one query with several texts.

    :param similarities: (t, q) inner products of the texts' token vectors, one text after the other, with the query's.
    :param starts: (n,) the first token of each text, ascending; every text has at least one token.
    :returns: (n,) float32.
    """
    best = np.maximum.reduceat(similarities, starts, axis=0)
    mean: FloatArray = best.mean(axis=1, dtype=np.float32)
    return mean


class LateWriter:
    """Appends the token vectors of tags, best known first; reopened with `start` it continues after that many tags."""

    def __init__(self, folder: Path, dimensions: int, *, start: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.count = start
        self._folder, self._dimensions = folder, dimensions
        self._tokens = int(np.fromfile(folder / _COUNTS, np.uint32, start).sum()) if start else 0
        self._codes = AppendFile(folder / _CODES, np.int8, start=self._tokens, width=dimensions)
        self._scales = AppendFile(folder / _SCALES, np.float32, start=self._tokens)
        self._counts = AppendFile(folder / _COUNTS, np.uint32, start=start)
        self._rows = AppendFile(folder / _ROWS, np.int32, start=start)

    @property
    def size(self) -> int:
        """Bytes of token vectors so far."""
        return self._tokens * (self._dimensions + 4)

    def append(self, rows: IntArray, tokens: Sequence[FloatArray], *, at_most: int = MAX_BYTES) -> bool:
        """Append tags by row with their (tokens, d) vectors, as long as `size` stays within `at_most` bytes.

        :returns: whether all of them fitted; nothing after the first that does not fit is kept.
        """
        for row, vectors in zip(rows, tokens, strict=True):
            if self.size + len(vectors) * (self._dimensions + 4) > at_most:
                return False
            codes, scales = quantise(vectors)
            self._codes.append(codes)
            self._scales.append(scales)
            self._counts.append([len(vectors)])
            self._rows.append([row])
            self._tokens += len(vectors)
            self.count += 1
        return True

    def flush(self) -> None:
        """Bring everything to the disk, so that a checkpoint may name `count`."""
        for file in (self._codes, self._scales, self._counts, self._rows):
            file.flush()

    def close(self) -> None:
        """Close the files; what was appended stays."""
        for file in (self._codes, self._scales, self._counts, self._rows):
            file.close()

    def finish(self) -> None:
        """Write the table of rows, sorted, and close the files."""
        self.close()
        rows, counts = np.fromfile(self._folder / _ROWS, np.int32), np.fromfile(self._folder / _COUNTS, np.uint32)
        order = np.argsort(rows, kind="stable")
        starts = np.r_[0, np.cumsum(counts, dtype=np.int64)[:-1]] if len(counts) else np.zeros(0, np.int64)
        save_array(self._folder / "rows.npy", rows[order])
        save_array(self._folder / "starts.npy", starts[order])
        save_array(self._folder / "counts.npy", counts[order].astype(np.int64))
        for name in (_ROWS, _COUNTS):
            (self._folder / name).unlink()


class LateChannel:
    """Scores the best candidates by late interaction."""

    name: ClassVar[str] = "late"
    shown: ClassVar[Shown] = {"late": ("late",)}
    reranks: ClassVar[int | None] = 128

    def __init__(
        self, folder: Path, dimensions: int, compute: Callable[[IntArray], Sequence[FloatArray]] = lambda rows: ()
    ) -> None:
        """`compute` gives the token vectors of tags that are not kept, where that is fast enough, else nothing."""
        self._compute = compute
        self._rows, self._starts, self._counts = (
            np.asarray(map_array(folder / f"{name}.npy")) for name in ("rows", "starts", "counts")
        )
        self._codes = map_raw(folder / _CODES, np.int8, width=dimensions)
        self._scales = map_raw(folder / _SCALES, np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def propose(self, queries: Queries, depth: Depth) -> list[IntArray]:
        """Nothing: this channel only scores."""
        return [np.zeros(0, np.int64) for _ in queries.folded]

    def score(self, queries: Queries, rows: Ragged) -> Columns:
        """`late` is in -1..1, NaN where a tag has no token vectors. The first rows of a query are the ones that are computed."""
        late = np.full(len(rows.values), np.nan, np.float32)
        for tokens, part in zip(queries.tokens, rows.parts(), strict=True):
            if tokens is not None:
                late[part] = self._with_computed(tokens, rows.values[part])
        return {"late": late}

    def _with_computed(self, query: FloatArray, rows: IntArray) -> FloatArray:
        late = self.scores(query, rows)
        missing = np.flatnonzero(np.isnan(late))[:ON_THE_FLY]
        computed = self._compute(rows[missing]) if len(missing) else ()
        if len(computed):
            starts = np.r_[0, np.cumsum([len(vectors) for vectors in computed])[:-1]]
            late[missing] = max_sim(np.concatenate(computed) @ query.T, starts)
        return late

    def scores(self, query: FloatArray, rows: IntArray) -> FloatArray:
        """(n,) float32 scores of these tags with the (q, d) token vectors of a query; NaN for a tag that is not kept."""
        result = np.full(len(rows), np.nan, np.float32)
        places = np.minimum(np.searchsorted(self._rows, rows), max(0, len(self._rows) - 1))
        kept = np.flatnonzero(self._rows[places] == rows) if len(self._rows) else np.zeros(0, np.int64)
        counts = self._counts[places[kept]]
        kept, counts = kept[counts > 0], counts[counts > 0]
        if not len(kept) or not len(query):
            return result
        firsts = np.r_[0, np.cumsum(counts)[:-1]]
        tokens = np.arange(int(counts.sum())) + np.repeat(self._starts[places[kept]] - firsts, counts)
        similarities = inner_products(self._codes, query, tokens)
        similarities *= self._scales[tokens][:, None]
        result[kept] = max_sim(similarities, firsts)
        return result
