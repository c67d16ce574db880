"""The corpus: Danbooru tags as JSON Lines, read, checked and written."""

from .line import parse_line, to_line
from .plain import LABELS
from .reader import CorpusReader, LineProblem, read_corpus
from .writer import write_corpus

__all__ = ["LABELS", "CorpusReader", "LineProblem", "parse_line", "read_corpus", "to_line", "write_corpus"]
