"""Fixtures of a tiny checkpoint in BGE-M3's layout, made once a session."""

from __future__ import annotations

import pytest
from tiny_m3 import make_checkpoint


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A tiny checkpoint; read only."""
    return make_checkpoint(tmp_path_factory.mktemp("m3") / "tiny-m3")


@pytest.fixture(scope="session")
def flag_model(tiny_folder):
    """FlagEmbedding's own model of it: the oracle."""
    from FlagEmbedding import BGEM3FlagModel

    return BGEM3FlagModel(str(tiny_folder), use_fp16=False, devices="cpu")


@pytest.fixture(scope="session")
def converted_folder(tiny_folder, tmp_path_factory):
    """The tiny checkpoint in int8; read only."""
    pytest.importorskip("onnx")
    from danbooru_index.encoders.convert import convert

    return convert(tiny_folder, tmp_path_factory.mktemp("m3") / "onnx-int8").folder
