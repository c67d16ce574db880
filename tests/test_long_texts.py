"""How much of a long text without names is scored."""

from __future__ import annotations

from pathlib import Path

import pytest

from danbooru_index.expand.engine import ExpandRequest, expand
from danbooru_index.index.index import Index
from danbooru_index.records import TagFilter
from danbooru_index.search import tables
from danbooru_index.search.tables import candidate_table
from danbooru_index.search.things import read_text

KANJI = "".join(chr(0x4E00 + 7 * i) for i in range(60))


def test_words_that_are_no_names_are_scored_up_to_a_number_and_all_are_reported(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Index(small_folder) as index:
        reading = read_text(index, KANJI, TagFilter())

        def scored() -> set[str]:
            found = candidate_table(index, reading, TagFilter()).candidates
            spans = (reading.spans[number] for number in found.span.tolist())
            return {span.text for span in spans if not span.named}

        every = scored()
        first = [span.text for span in reading.spans if span.text in every][:9]
        assert len(every) > 9
        monkeypatch.setattr(tables, "MOST_SCORED", 9)
        assert scored() == set(first)
        warnings = expand(index, ExpandRequest(KANJI)).warnings
        assert any(KANJI[-3:] in warning for warning in warnings)  # the last words, which were not scored
