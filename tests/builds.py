"""What the tests of builds share: corpora of any size, an encoder of known scores, and an index's content as one value."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from danbooru_index.encoders import EncoderIdentity, Encoding
from danbooru_index.index.manifest import MANIFEST_FILE, read_manifest
from danbooru_index.index.versions import current_version

COLOURS = ("red", "blue", "green", "黒い", "白い", "yellow", "紫色", "grey")
CATEGORIES = ("general", "artist", "copyright", "character", "meta")


def tag_lines(count: int) -> list[str]:
    """Tags red_thing_0, blue_thing_1, ... with names and definitions."""
    lines = []
    for number in range(count):
        colour = COLOURS[number % len(COLOURS)]
        text = f"【通用】{colour}_thing_{number} - {colour}的东西{number}，物{number}。 A {colour} thing with the number {number}."
        category = CATEGORIES[number % len(CATEGORIES)]
        fields = {"id": str(number), "text": text, "source": "test", "category": category, "post_count": 10 * number}
        lines.append(json.dumps({**fields, "nsfw": number % 9 == 0}, ensure_ascii=False))
    return lines


def write_lines(path: Path, lines: list[str]) -> Path:
    """Write a corpus and return its path."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def content(folder: Path) -> dict[str, str]:
    """The hash of every file of the current version but Chroma's own, and the manifest without them."""
    version = current_version(folder)
    hashes = {
        path.relative_to(version).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(version.rglob("*"))
        if path.is_file() and path.name != MANIFEST_FILE and "chroma" not in path.relative_to(version).parts
    }
    manifest = read_manifest(version)
    described = {name: entry.sha256 for name, entry in manifest.files.items() if not name.startswith("chroma/")}
    about = (manifest.encoder, manifest.rows, manifest.texts, manifest.corpus_sha256, described, manifest.options)
    return {**hashes, "manifest": repr(about)}


class WordEncoder:
    """A word is a random unit vector: dense is the mean of a text's words, tokens are the words, sparse weighs each 0.5."""

    identity = EncoderIdentity("words", "1", 16)
    has_sparse = has_tokens = True
    on_gpu = False
    description = "words"

    def __init__(self) -> None:
        self.asked: list[tuple[int, bool, bool]] = []

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        self.asked.append((len(texts), sparse, tokens))
        words = [[sum(map(ord, word)) % 1009 for word in text.lower().split()] for text in texts]
        vectors = []
        for row in words:
            found = np.stack([np.random.default_rng(word).normal(size=16) for word in row]).astype(np.float32)
            vectors.append(found / np.linalg.norm(found, axis=1, keepdims=True))
        dense = np.stack([rows.mean(axis=0) for rows in vectors])
        dense /= np.linalg.norm(dense, axis=1, keepdims=True)
        return Encoding(
            dense, [{word: 0.5 for word in row} for row in words] if sparse else None, vectors if tokens else None
        )
