"""Text -> prompt on the small index: order, the user's own parts, negation, implied tags, styles, reports, errors."""

from __future__ import annotations

import json

import pytest
from linear import timed

from danbooru_index.channels.cooccurrence import Cooccurrence, write_cooccurrence
from danbooru_index.cli import main
from danbooru_index.encoders import open_encoder
from danbooru_index.errors import DanbooruIndexError, InputError
from danbooru_index.expand.engine import ExpandRequest, expand
from danbooru_index.index import Index
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.prompt.style import written
from danbooru_index.records import Category
from danbooru_index.report import expand_report


def prompt_of(index, text, **options):
    return expand(index, ExpandRequest(text, **{"budget": 1, **options})).prompt


def test_counts_then_characters_then_general_tags(small_index):
    assert (
        prompt_of(small_index, "穿着水手服的初音未来，一个女孩，双马尾") == "1girl, hatsune miku, twintails, serafuku"
    )


def test_the_users_own_parts_stay_in_place(small_index):
    text = "masterpiece, <lora:x:0.8>, 一个女孩穿着水手服, (red eyes:1.2)\nBREAK\n夜空 __weather__"
    assert prompt_of(small_index, text) == (
        "masterpiece, <lora:x:0.8>, 1girl, serafuku, (red eyes:1.2)\nBREAK\nnight sky, __weather__"
    )


def test_own_tags_are_listed_and_not_repeated(small_index):
    result = expand(small_index, ExpandRequest("long_hair, 长发的女孩", budget=1))
    assert result.prompt == "long_hair, 1girl"
    assert result.tags == ("long_hair", "1girl")


def test_signs_and_unseen_characters_name_nothing(small_index):
    for text in ("\\(" * 5000, "<>", "\ufeff\u202e"):
        result = expand(small_index, ExpandRequest(text))
        assert (result.prompt, result.tags, result.concepts) == ("", (), ())
    assert prompt_of(small_index, "\ufeff双马尾\u202c") == prompt_of(small_index, "双马尾") == "twintails"


def test_half_a_character_is_dropped(small_index):
    assert prompt_of(small_index, "双马\ud83d尾") == prompt_of(small_index, "双马尾") == "twintails"


def test_novelai_weights_stay(small_index):
    text = "1.2::long hair::, 双马尾, -1::hat::"
    result = expand(small_index, ExpandRequest(text, budget=1, style="novelai"))
    assert (result.prompt, result.tags) == ("1.2::long hair::, twintails, -1::hat::", ("long_hair", "twintails"))


def test_negation_goes_to_the_negative_side(small_index):
    result = expand(small_index, ExpandRequest("双马尾，没有雨伞", budget=1))
    assert (result.prompt, result.negative, result.negative_tags) == ("twintails", "umbrella", ("umbrella",))
    assert [(c.text, c.negated) for c in result.concepts] == [("双马尾", False), ("雨伞", True)]


def test_a_garment_of_a_colour_without_a_tag_keeps_its_own_tag(small_index):
    assert "serafuku" in expand(small_index, ExpandRequest("绿色水手服", budget=1)).tags
    assert "umbrella" in expand(small_index, ExpandRequest("a girl with a pink umbrella", budget=1)).tags


def test_implied_tags_are_dropped_kept_or_added(small_index):
    assert prompt_of(small_index, "猫耳、兽耳") == "cat ears"
    assert prompt_of(small_index, "猫耳、兽耳", implied="keep") == "cat ears, animal ears"
    assert prompt_of(small_index, "猫耳", implied="add") == "cat ears, animal ears"


def test_nsfw_and_categories_are_filters(small_index):
    assert "nude" not in expand(small_index, ExpandRequest("裸体")).tags
    assert prompt_of(small_index, "裸体", nsfw="include") == "nude"
    assert prompt_of(small_index, "初音未来，水手服", categories=(Category.CHARACTER,), nsfw="include").startswith(
        "hatsune miku"
    )
    assert "hatsune_miku" not in expand(small_index, ExpandRequest("初音未来", exclude=(Category.CHARACTER,))).tags


def test_every_concept_is_reported(small_index):
    result = expand(small_index, ExpandRequest("一个女孩，水手服", budget=1))
    assert [(c.text, c.status, c.tags) for c in result.concepts] == [
        ("女孩", "covered", ("1girl",)),
        ("水手服", "covered", ("serafuku",)),
    ]
    assert set(result.as_json()) >= {"prompt", "tags", "concepts", "warnings"}


def test_only_tags_of_the_index_are_given(small_index):
    known = {record.tag for record in small_index.store.rows()}
    for text in ("两个男孩", "完全无关的文字", "asdfgh qwerty", "一个女孩 (not a tag:1.2), no_such_tag"):
        assert set(expand(small_index, ExpandRequest(text, budget=10, per_concept=10)).tags) <= known


def test_styles_spell_and_separate(small_index):
    assert prompt_of(small_index, "双马尾", style="tags", prefix="a", suffix="b") == "a, twintails, b"
    assert prompt_of(small_index, "长发", quality=True) == "long hair, masterpiece, best quality"
    assert prompt_of(small_index, "长发", quality=True, style="anima").startswith("masterpiece, best quality, score_7")
    assert prompt_of(small_index, "长发", spaces=False, separator=" ") == "long_hair"
    assert written("saber_(fate)", spaces=True, escape=True, weight=1.1) == r"(saber \(fate\):1.1)"
    assert written("saber_(fate)", spaces=True, escape=False, weight=1.1, numeric=True) == "1.1::saber (fate)::"
    assert written("long_hair", spaces=True, escape=True, weight=1.0) == "long hair"


def test_a_tag_that_is_named_is_not_lost_to_a_guess_that_implies_it(small_index):
    result = expand(small_index, ExpandRequest("长发", per_concept=2))
    assert result.tags == ("long_hair",)
    assert expand(small_index, ExpandRequest("长发，超长发", budget=1)).tags == ("very_long_hair",)


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 0},
        {"per_concept": 11},
        {"budget": 0.5},
        {"nsfw": "x"},
        {"implied": "x"},
        {"style": "x"},
        {"min_count": -1},
    ],
)
def test_values_out_of_range_are_refused(options):
    with pytest.raises(InputError) as caught:
        ExpandRequest("x", **options)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["", " \n", "x" * 20_001, 5])
def test_texts_that_cannot_be_expanded_are_refused(text):
    with pytest.raises(DanbooruIndexError):
        ExpandRequest(text)


def test_the_command_prints_a_prompt_or_json(small_folder, capsys):
    assert main(["expand", "穿水手服的女孩", "--budget", "1", "--db", str(small_folder)]) == 0
    assert capsys.readouterr().out.startswith("1girl, serafuku\n")
    assert main(["expand", "穿水手服的女孩", "--budget", "1", "--db", str(small_folder), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["prompt"], value["tags"]) == ("1girl, serafuku", ["1girl", "serafuku"])
    assert value["concepts"][1]["status"] == "covered"


def test_evaluate_expand_gives_recall_and_tags_spent(small_folder, tmp_path, capsys):
    queries = tmp_path / "sentences.jsonl"
    queries.write_text('{"query": "穿水手服的女孩，双马尾", "relevant": ["serafuku", "twintails"]}\n', encoding="utf-8")
    assert main(["evaluate", "--expand", "--queries", str(queries), "--db", str(small_folder), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["sets"]
    assert (row["recall"], row["wanted"], row["unknown"]) == (1.0, 2, 0)


def test_what_a_text_says_twice_is_scored_once(small_index, monkeypatch):
    from danbooru_index.search import tables

    asked, encode = [], tables.encode_queries
    monkeypatch.setattr(
        tables, "encode_queries", lambda index, texts: asked.append(list(texts)) or encode(index, texts)
    )
    once = expand(small_index, ExpandRequest("水手服的领子，夜空", budget=1))
    often = expand(small_index, ExpandRequest("水手服的领子，夜空" + "，夜空，水手服的领子" * 50, budget=1))
    assert asked[0][:2] == ["水手服的领子", "领子"]  # names are taken as they stand
    assert len(set(asked[1]) - set(asked[0])) == 1  # the whole text
    assert set(often.tags) == set(once.tags)
    assert len(often.concepts) == len(once.concepts)


def test_what_is_too_long_is_reported(small_index):
    results = []
    timed(lambda: results.append(expand(small_index, ExpandRequest("挂在脖子上的耳机和" * 2200))), "22,000 characters")
    assert results[0].warnings[-1] == "The last 17,800 characters were not read: the text is too long."


def test_emoticons_stay(small_index):
    assert prompt_of(small_index, "女孩 :d") == "1girl, :d"


def test_words_without_a_tag_stay_if_asked(small_index):
    # No tag of the index passes these filters.
    filters = {"categories": (Category.ARTIST,), "min_count": 1000}
    text = "red_eyes, 水手服和雨伞"
    plain, kept = (expand(small_index, ExpandRequest(text, keep_text=keep, **filters)) for keep in (False, True))
    assert (plain.prompt, kept.prompt) == ("red_eyes", text) and plain.tags == kept.tags
    assert [(concept.text, concept.status) for concept in kept.concepts] == [("水手服和雨伞", "not found")]


def test_enriching_adds_what_stands_with_the_tags_and_contradicts_nothing(small_folder, tmp_path):
    pairs = [("serafuku", tag, 70_000) for tag in ("umbrella", "red_eyes", "twintails")]
    with Index(small_folder) as index:
        assert expand(index, ExpandRequest("水手服", enrich=2)).warnings[-1].startswith("Nothing was added")
        row_of = {record.tag: row for row, record in enumerate(index.store.rows())}
        write_cooccurrence(tmp_path, pairs, row_of)
        index.__dict__["cooccurrence"] = Cooccurrence(tmp_path)
        plain = expand(index, ExpandRequest("水手服，不要双马尾"))
        rich = expand(index, ExpandRequest("水手服，不要双马尾", enrich=5))
        assert plain.added == () and plain.tags == ("serafuku",)
        assert set(rich.added) == {"umbrella", "red_eyes"}  # twintails are not wanted
        assert set(rich.tags) == {"serafuku", *rich.added}
        assert len(expand(index, ExpandRequest("水手服", enrich=1)).added) == 1
        assert f"\nadded: {', '.join(rich.added)}\n" in expand_report(rich, "here")
    with pytest.raises(InputError):
        ExpandRequest("x", enrich=51)


def test_a_word_names_what_the_texts_language_calls_so(tmp_path):
    lines = [
        {"text": "【】cane - 手杖。", "tag": "cane", "post_count": 9, "names": {"zh": ["手杖"]}},
        {"text": "【】dog - 狗。", "tag": "dog", "post_count": 8, "names": {"it": ["cane"]}},
        {"text": "【】dress - 连衣裙。", "tag": "dress", "post_count": 7, "names": {"nl": ["rok"]}},
    ]
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    build_index(path, tmp_path / "index", open_encoder("use-multilingual"), BuildOptions(chroma_tags=0, lexicon=False))
    index = Index(tmp_path / "index")

    def named(text):
        return expand(index, ExpandRequest(text)).tags

    assert "dog" in (tags := named("sotto la pioggia con un cane")) and "cane" not in tags
    assert "cane" in (tags := named("this is with the cane")) and "dog" not in tags
    assert "dress" in named("een meisje met de rok")
    assert "dress" not in named("this is with the cane and the rok")


def test_what_is_left_out_without_a_tag_is_said(small_index):
    found = expand(small_index, ExpandRequest("an umbrella, without qzzxw"))
    assert "umbrella" in found.tags and not found.negative_tags
    assert found.warnings == ('Nothing was found for "qzzxw", which you leave out.',)
    assert expand(small_index, ExpandRequest("a girl without an umbrella")).warnings == ()


def test_what_is_lost_in_the_text_is_in_neither_prompt_and_that_is_said(small_index):
    result = expand(small_index, ExpandRequest("a girl who lost her umbrella, night sky", budget=1))
    assert "umbrella" not in result.tags and result.negative_tags == ()
    assert [str(warning) for warning in result.warnings] == [
        '"umbrella" is taken off or gone in the text, so neither prompt has it.'
    ]
    assert all(concept.text != "umbrella" for concept in result.concepts)


def test_who_is_lost_in_the_text_is_in_neither_prompt(small_index):
    result = expand(small_index, ExpandRequest("a girl who lost her brother and is crying", budget=1))
    assert {"1boy", "2boys"}.isdisjoint((*result.tags, *result.negative_tags)) and "1girl" in result.tags
