"""Making a corpus from what people have: tag lists, tables, translations, Danbooru's API files, co-occurrence pairs.

    format (delimited, json, parquet)  ->  rows: a line number and named values
    kind (table, wiki pages, ...)      ->  facts: what one row says about one tag
    store                              ->  facts sorted by tag, on disk, aliases folded
    merge                              ->  one record a tag, written as the corpus

docs/prepare.md says what is recognised and how sources merge.
"""

from .kinds import KINDS
from .pipeline import PrepareOptions, prepare_corpus
from .prepare_report import PrepareReport

__all__ = ["KINDS", "PrepareOptions", "PrepareReport", "prepare_corpus"]
