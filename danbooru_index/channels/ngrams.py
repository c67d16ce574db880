"""Names as character n-grams: the views in which they are compared, and the n-grams at their beginnings and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from ..arrays.types import FloatArray, IntArray, UInt64Array
from ..text.sound import skeleton, spelling

MAX_NAME_CHARS = 120
AFFIXES = 4  # columns of AffixMatches: prefix of a word, suffix of a word, prefix of the whole, suffix of the whole
_KEY_BITS = 64
_WIDE = 0x2E80  # from here on one character carries meaning
_BOUNDARY = "\x01"
_SEPARATOR = 0
_AFFIXED_WORDS = 8  # words of a query whose prefixes and suffixes are compared


@dataclass(frozen=True, slots=True)
class View:
    """One way to compare names: `form` of the folded name, in n-grams of `sizes`; forms shorter than `least` are left out.

    `short_if_wide` are further sizes, used where they hold a character of a script without an alphabet. A view of the `sound`
    serves no query in Latin letters, which the characters serve better.
    """

    name: str
    form: Callable[[str], str]
    sizes: tuple[int, ...]
    short_if_wide: tuple[int, ...] = ()
    least: int = 1
    sound: bool = False

    def serves(self, folded: str) -> bool:
        """Whether a folded query is looked up in this view."""
        return not self.sound or any(ord(char) >= _WIDE for char in folded)


def _same(folded: str) -> str:
    return folded


CHARACTERS = View("characters", _same, sizes=(3,), short_if_wide=(1, 2))
SPELLING = View("spelling", spelling, sizes=(3, 4), least=3, sound=True)
SKELETON = View("skeleton", skeleton, sizes=(2, 3, 4), least=2, sound=True)
SOUNDS = (SPELLING, SKELETON)
VIEWS = (CHARACTERS, *SOUNDS)


def ngram_keys(forms: Iterable[str], view: View) -> tuple[UInt64Array, IntArray]:
    """The n-grams of all forms: (m,) keys and (m,) the number of the form that each belongs to."""
    joined = "\x00".join(f"{_BOUNDARY}{form[:MAX_NAME_CHARS]}{_BOUNDARY}" for form in forms)
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    owner = np.cumsum(codes == _SEPARATOR)
    wide = codes >= _WIDE
    bits = np.uint64(_KEY_BITS // max(view.sizes))
    keys, owners = [], []
    for size in (*view.short_if_wide, *view.sizes):
        count = max(0, len(codes) - size + 1)
        parts = [codes[i : i + count] for i in range(size)]
        keep = np.logical_and.reduce([part != _SEPARATOR for part in parts]) if count else np.zeros(0, bool)
        if size in view.short_if_wide:
            keep &= np.logical_or.reduce([wide[i : i + count] for i in range(size)])
        key = np.zeros(count, np.uint64)
        for part in parts:
            key = (key << bits) | part
        keys.append(key[keep])
        owners.append(owner[:count][keep])
    return np.concatenate(keys), np.concatenate(owners)


@dataclass(frozen=True, slots=True)
class AffixMatches:
    """Prefix and suffix n-grams of queries, in the view CHARACTERS; (m,) arrays.

    A name that has the n-gram `keys` gives the query `owners` its `shares` (0..1) in one of AFFIXES `columns`.
    """

    keys: UInt64Array
    owners: IntArray
    columns: IntArray
    shares: FloatArray


def affixes_of(folded: Sequence[str]) -> AffixMatches:
    """The prefix and suffix of each word of folded queries, and of every query as a whole.

    Each is two letters long, or one character that carries meaning: in Chinese, Japanese and English the last word says
    what a thing is.
    """
    rows: list[tuple[int, int, int, float]] = []
    for owner, text in enumerate(folded):
        text = text[:MAX_NAME_CHARS].strip()
        words = text.split()[:_AFFIXED_WORDS]
        for word in words:
            rows += [(key, owner, side, 1.0 / len(words)) for side, key in enumerate(_affix_keys(word))]
        if words:
            rows += [(key, owner, 2 + side, 1.0) for side, key in enumerate(_affix_keys(text))]
    keys, owners, columns, shares = zip(*rows, strict=True) if rows else ((), (), (), ())
    return AffixMatches(
        np.array(keys, np.uint64), np.array(owners, np.int64), np.array(columns, np.int64), np.array(shares, np.float32)
    )


def _affix_keys(word: str) -> tuple[int, int]:
    """The n-gram keys (CHARACTERS) of the prefix and of the suffix of a folded word."""
    first, last = word[0], word[-1]
    begin = f"{_BOUNDARY}{first}" if ord(first) >= _WIDE else f"{_BOUNDARY}{f'{word} '[:2]}"
    end = f"{last}{_BOUNDARY}" if ord(last) >= _WIDE else f"{f' {word}'[-2:]}{_BOUNDARY}"
    bits = _KEY_BITS // max(CHARACTERS.sizes)

    def key(gram: str) -> int:
        return reduce(lambda packed, char: packed << bits | ord(char), gram, 0)

    return key(begin), key(end)
