"""How much of a long text is read, encoded and scored: exact numbers, whatever the machine's speed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from danbooru_index.encoders import open_encoder
from danbooru_index.expand.engine import ExpandRequest, expand
from danbooru_index.index.index import Index
from danbooru_index.records import SearchRequest, TagFilter
from danbooru_index.search import tables, things
from danbooru_index.search.engine import search
from danbooru_index.search.tables import MOST_SCORED, candidate_table
from danbooru_index.search.things import MAX_CHARACTERS, MOST_PASSAGES, find_all_things, read_text
from danbooru_index.text.fold import MAX_QUERY_CHARS

KANJI = "".join(chr(0x4E00 + 7 * i) for i in range(60))
MANY_KANJI = "".join(chr(0x4E00 + 7 * i) for i in range(2_500))
OWN = "<lora:a:1>"
# Pieces of which long prompts may be made: none of them may cost more than the bounds say.
PIECES = ["女", "水手服", "没有伞，", "黒髪の", "긴 머리 ", "แมว", "(cat:1.2)", " BREAK ", "no cat, ", "xq ", "😀"]


class Counted:
    """What was encoded and scored for texts, each call with its texts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.encoded: list[list[str]] = []
        self.scored: list[list[str]] = []
        encode, score = tables.encode_queries, tables.score_candidates

        def encode_queries(index: Index, texts: list[str]) -> Any:
            self.encoded.append(list(texts))
            return encode(index, texts)

        def score_candidates(index: Index, requests: list[SearchRequest], *more: Any) -> Any:
            self.scored.append([request.text for request in requests])
            return score(index, requests, *more)

        monkeypatch.setattr(tables, "encode_queries", encode_queries)
        monkeypatch.setattr(tables, "score_candidates", score_candidates)


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


def test_the_passages_of_a_prompt_are_encoded_and_scored_together_and_share_the_bounds(
    small_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(monkeypatch)
    size = 50
    passages = [MANY_KANJI[start : start + size] for start in range(0, len(MANY_KANJI), size)]
    result = expand(small_index, ExpandRequest(OWN.join(passages)))
    assert [len(texts) for texts in counted.scored] == [MOST_SCORED]
    (encoded,) = counted.encoded
    assert len(encoded) == len(set(encoded)) and encoded[:MOST_SCORED] == counted.scored[0]
    # Beside the spans only what is around them: stretches and passages where something may be found.
    assert sum(map(len, encoded[MOST_SCORED:])) <= 2 * MAX_CHARACTERS
    unread = [warning for warning in result.warnings if "not read" in warning]
    assert unread == [f"The last {len(MANY_KANJI) - MAX_CHARACTERS} characters were not read: the text is too long."]
    assert result.prompt.count(OWN) == len(passages) - 1


def test_so_many_passages_are_read_and_the_others_reported(small_index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(things, "MAX_CHARACTERS", 7)
    texts = ["女", "夜空", "no cat hat"]
    found = find_all_things(small_index, texts, TagFilter())
    assert [one.reading.text for one in found] == ["女", "夜空", "no c"]
    assert [one.left_out for one in found] == [0, 0, 6]
    monkeypatch.undo()
    found = find_all_things(small_index, ["伞"] * (MOST_PASSAGES + 3), TagFilter())
    assert [one.left_out for one in found] == [0] * MOST_PASSAGES + [1] * 3
    assert all(bool(one.things) == (one.left_out == 0) for one in found)


def test_passages_together_name_what_each_names_alone(small_index: Index) -> None:
    texts = ["水手服的领子，夜空", "", "双马尾", "没有伞的女孩", "水手服的领子"]
    together = find_all_things(small_index, texts, TagFilter())
    for text, found in zip(texts, together, strict=True):
        (alone,) = find_all_things(small_index, [text], TagFilter())
        assert found.reading == alone.reading and found.counts == alone.counts
        assert [one.span for one in found.things] == [one.span for one in alone.things]
        for one, other in zip(found.things, alone.things, strict=True):
            assert [choice.row for choice in one.choices] == [choice.row for choice in other.choices]
            likely = [choice.probability for choice in other.choices]
            assert [choice.probability for choice in one.choices] == pytest.approx(likely, abs=1e-5)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("beside", ["", "女" + OWN])
def test_no_text_costs_more_than_the_bounds(
    small_index: Index, monkeypatch: pytest.MonkeyPatch, piece: str, beside: str
) -> None:
    text = ((piece + beside) * MAX_QUERY_CHARS)[:MAX_QUERY_CHARS]
    read, read_as = [], things.read_text
    monkeypatch.setattr(things, "read_text", lambda index, *more: read.append(more[0]) or read_as(index, *more))
    counted = Counted(monkeypatch)
    result = expand(small_index, ExpandRequest(text))
    assert sum(map(len, read)) <= MAX_CHARACTERS and sum(map(bool, read)) <= MOST_PASSAGES
    assert len(counted.encoded) <= 1 and sum(map(len, counted.scored)) <= MOST_SCORED
    assert sum("not read" in warning for warning in result.warnings) <= 1


def test_a_long_text_is_encoded_once(small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Index(small_folder) as index:
        search(index, SearchRequest("夜空"))  # the encoder opens
        asked: Counter[str] = Counter()
        model = index.encoder._model
        encode = model.encode
        monkeypatch.setattr(model, "encode", lambda texts: asked.update(texts) or encode(texts))
        assert search(index, SearchRequest("水手服的领子，夜空，双马尾，" * 100)).hits
        assert {len(text) for text in asked} >= {1_000}
        assert [text for text, times in asked.items() if times > 1 and len(text) >= 200] == []


def test_vectors_that_are_kept_are_those_of_their_texts() -> None:
    encoder = open_encoder("use-multilingual")
    texts = [f"{number} cats and a long tail " * 12 for number in range(40)]
    first = encoder.encode(texts).dense
    assert encoder.encode(texts[::-1]).dense == pytest.approx(first[::-1], abs=1e-5)
    assert encoder.encode([texts[-1], "cat", texts[3]]).dense[0] == pytest.approx(first[-1], abs=1e-5)


def test_a_query_whose_words_get_longer_keeps_its_limit(small_index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_index.words, "corrected", lambda query, is_name: query + "s")
    text = "long hiar " * (MAX_QUERY_CHARS // 10)
    assert search(small_index, SearchRequest(text)).hits


def test_sounds_are_made_of_the_first_characters_alone(small_index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    from danbooru_index.channels import lexical

    (channel,) = (one for one in small_index.channels if one.name == "lexical")
    asked, affixes_of = [], lexical.affixes_of
    monkeypatch.setattr(lexical, "affixes_of", lambda folded: asked.extend(folded) or affixes_of(folded))
    channel.queries(["夜" * MAX_QUERY_CHARS, "夜空"])
    assert [len(text) for text in asked] == [lexical.MAX_QUERY_CHARS, 2]
