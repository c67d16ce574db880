"""A sentence -> the things it names. Pure: text and a dictionary in, records out."""

from .atoms import list_items
from .concept import Concept, ConceptKind
from .lexicon import Known, Lexicon
from .merge import COUNT_SCORE, Fit, interleave, is_sentence
from .split import split

__all__ = [
    "COUNT_SCORE",
    "Concept",
    "ConceptKind",
    "Fit",
    "Known",
    "Lexicon",
    "interleave",
    "is_sentence",
    "list_items",
    "split",
]
