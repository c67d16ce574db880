"""A sentence -> the things it names. Pure: text and a dictionary in, records out."""

from .lexicon import Known, Lexicon
from .merge import COUNT_SCORE, interleave, is_sentence
from .split import Concept, ConceptKind, split

__all__ = ["COUNT_SCORE", "Concept", "ConceptKind", "Known", "Lexicon", "interleave", "is_sentence", "split"]
