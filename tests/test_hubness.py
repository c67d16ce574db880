"""Hubness of texts against its definition, and the shapes of tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from danbooru_index.channels.hubness import NEIGHBOURS, Hubness, write_hubness
from danbooru_index.channels.shape import read_shapes, shape_of, write_shapes
from danbooru_index.channels.vectors import VectorFile, VectorWriter, quantise
from danbooru_index.records import TagRecord


def write_vectors(folder: Path, vectors: np.ndarray) -> VectorFile:
    writer = VectorWriter(folder, vectors.shape[1])
    writer.append(*quantise(vectors))
    writer.flush()
    writer.close()
    return VectorFile(folder, vectors.shape[1])


def test_hubness_is_the_mean_of_the_nearest_but_the_text_itself(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((200, 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    write_hubness(tmp_path, write_vectors(tmp_path, vectors))
    products = vectors @ vectors.T
    np.fill_diagonal(products, -1.0)
    wanted = np.sort(products, axis=1)[:, -NEIGHBOURS:].mean(axis=1)
    texts = np.arange(200)
    assert Hubness(tmp_path).of(texts) == pytest.approx(wanted, abs=0.01)
    assert Hubness(tmp_path).of(np.array([-1])).tolist() == [0.0]


@pytest.mark.parametrize("count", [0, 1, NEIGHBOURS])
def test_few_texts_have_no_hubness(count: int, tmp_path: Path) -> None:
    write_hubness(tmp_path, write_vectors(tmp_path, np.ones((count, 8), np.float32)))
    assert Hubness(tmp_path).of(np.arange(count)).tolist() == [0.0] * count


def test_shapes_are_stored_and_bounded(tmp_path: Path) -> None:
    shapes = [
        shape_of(TagRecord("long_hair", "", names={"zh": ("长发",)})),
        shape_of(TagRecord("a" * 400 + "_(b)", "")),
    ]
    write_shapes(tmp_path / "new", shapes)
    assert read_shapes(tmp_path / "new").tolist() == [[9, 2, 0, 1], [255, 2, 1, 0]]
