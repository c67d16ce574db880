"""The shape of a tag: what its name looks like, whatever it means. Four bytes per tag.

It tells the ranker which tags a query may mean: a long name with a qualifier is seldom meant by a short query, and a tag
that people gave several names to, or defined, is meant more often than one that nobody did.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..arrays.types import UInt8Array
from ..records import TagRecord
from ..storage.files import map_array, save_array
from ..text.fold import spaced

SHAPE_FILE = "shape.npy"
SHAPE_COLUMNS = ("letters", "tag_words", "qualified", "names")
_MOST = 255


def shape_of(record: TagRecord) -> tuple[int, int, int, int]:
    """Letters and words of the tag, whether it ends in a qualifier, and the number of its names; each at most 255.

    >>> shape_of(TagRecord("saber_(fate)", ""))
    (12, 2, 1, 0)
    """
    tag = record.tag
    counts = (len(tag), len(spaced(tag).split()), int(tag.endswith(")")), len(record.all_names()))
    letters, words, qualified, names = (min(count, _MOST) for count in counts)
    return letters, words, qualified, names


def write_shapes(folder: Path, shapes: Sequence[tuple[int, int, int, int]]) -> None:
    """Write the shapes of all tags, in row order."""
    folder.mkdir(parents=True, exist_ok=True)
    save_array(folder / SHAPE_FILE, np.array(shapes, np.uint8).reshape(-1, 4))


def read_shapes(folder: Path) -> UInt8Array:
    """(rows, 4) uint8, memory-mapped; its columns are SHAPE_COLUMNS."""
    shapes: UInt8Array = map_array(folder / SHAPE_FILE)
    return shapes
