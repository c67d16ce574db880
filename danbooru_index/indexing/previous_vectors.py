"""Vectors of an older index of the same encoder, found by the text that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..arrays.types import FloatArray, Int8Array, IntArray, UInt64Array
from ..channels.dense_writer import HASHES_FILE
from ..channels.sparse import TermWeights
from ..channels.vectors import VectorFile
from ..encoders import Encoder
from ..errors import IndexFolderError, IndexMismatchError
from ..index.layout import DENSE, SPARSE
from ..index.manifest import READABLE_SCHEMAS, check_files, read_manifest
from ..index.versions import has_index, mark_current
from ..storage.files import map_array

_NONE = np.zeros(0, np.int64)


class PreviousVectors:
    """The vectors of an earlier index by the hash of their text; it may be empty."""

    def __init__(self, folder: Path | None, encoder: Encoder) -> None:
        """Open the current version of `folder`, None for no base.

        :raises IndexFolderError: there is no usable index.
        :raises IndexMismatchError: another encoder made it.
        """
        self._order = _NONE
        self._mark = None
        if folder is None:
            return
        version, self._mark = mark_current(folder)
        manifest = read_manifest(version, READABLE_SCHEMAS)
        problems = check_files(version, manifest)
        if manifest.encoder != encoder.identity or problems:
            self.close()
            what = (
                f"is damaged ({problems[0]})"
                if problems
                else f"was built by {manifest.encoder}, not by {encoder.identity}"
            )
            raise IndexMismatchError(
                f"The index {version} {what}.", hint="Leave --base out, or name an index of the same encoder."
            )
        self.name = version.name
        self._hashes = np.asarray(map_array(version / DENSE / HASHES_FILE))
        self._order = np.argsort(self._hashes, kind="stable")
        self._vectors = VectorFile(version / DENSE, encoder.identity.dimensions)
        self._term_weights = TermWeights(version / SPARSE) if encoder.has_sparse else None

    def __len__(self) -> int:
        return len(self._order)

    def find(self, hashes: UInt64Array) -> IntArray:
        """For each hash the number of its vector here, -1 where the text is new."""
        found = np.full(len(hashes), -1, np.int64)
        if len(self):
            places = np.searchsorted(self._hashes, hashes, sorter=self._order).clip(max=len(self) - 1)
            numbers = self._order[places]
            known = self._hashes[numbers] == hashes
            found[known] = numbers[known]
        return found

    def vectors(self, numbers: IntArray) -> tuple[Int8Array, FloatArray]:
        """Codes and scales of these vectors, as they were stored."""
        return self._vectors.quantised(numbers)

    def term_weights(self, number: int) -> Mapping[int, float]:
        """The term weights of one text; only of an encoder that has them."""
        assert self._term_weights is not None
        return self._term_weights.of(number)

    def close(self) -> None:
        """Close the version."""
        if self._mark is not None:
            self._mark.release()


def open_base(explicit: Path | None, folder: Path, encoder: Encoder) -> PreviousVectors:
    """The base that the user names, else the current version of the folder if it serves, else an empty one.

    :raises IndexFolderError: the one that the user names does not serve.
    """
    if explicit is not None:
        return PreviousVectors(explicit, encoder)
    try:
        return PreviousVectors(folder if has_index(folder) else None, encoder)
    except IndexFolderError:
        return PreviousVectors(None, encoder)
