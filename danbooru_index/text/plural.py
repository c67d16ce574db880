"""The one rule of English plurals."""

from __future__ import annotations


def singular(word: str) -> str:
    """A folded English word without the ending of a plural.

    >>> [singular(word) for word in ("cherries", "boxes", "girls", "glass", "gas")]
    ['cherry', 'box', 'girl', 'glass', 'gas']
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("es") and word[-3] in "sxzh":
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
