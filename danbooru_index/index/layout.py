"""The folders of an index version, by name; imports nothing, so that listing a version costs nothing."""

from __future__ import annotations

from collections.abc import Iterable

STORE = "tags"
DENSE, LEXICAL, WORDS, SPARSE, LATE = CHANNELS = ("dense", "lexical", "words", "sparse", "late")
REQUIRED = (DENSE, LEXICAL, WORDS)  # channels that every index has
CHROMA = "chroma"
MOST_TAGS = 200_000  # tags that a Chroma collection holds unless another number is asked for; the most used
COOCCURRENCE = "cooccurrence"  # how often tags co-occur, where such counts were given


def channels_among(files: Iterable[str]) -> tuple[str, ...]:
    """The channels that a version has, from the relative paths of its files; each has the folder of its name.

    >>> channels_among(["dense/kinds.npy", "tags/rating.npy", "words/vocabulary.npy"])
    ('dense', 'words')
    """
    folders = {name.split("/", 1)[0] for name in files}
    return tuple(channel for channel in CHANNELS if channel in folders)
