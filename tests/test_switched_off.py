"""Tags that were found and switched off: out of the prompt, still reported."""

from __future__ import annotations

from danbooru_index.expand.engine import expand
from danbooru_index.expand.request import ExpandRequest
from danbooru_index.index.index import Index
from danbooru_index.index.versions import bring_back, set_aside


def test_a_switched_off_tag_is_reported_and_not_written(small_index: Index) -> None:
    text = "一个女孩，双马尾，没有雨伞"
    before = expand(small_index, ExpandRequest(text))
    after = expand(small_index, ExpandRequest(text, without=("Twin Tails", "TWINTAILS", "umbrella")))
    assert "twintails" in before.tags and "twintails" not in after.tags and "twintails" not in after.prompt
    assert before.negative_tags == ("umbrella",) and after.negative_tags == () and after.negative == ""
    assert [concept.tags for concept in after.concepts] == [concept.tags for concept in before.concepts]


def test_what_the_user_wrote_stays(small_index: Index) -> None:
    assert expand(small_index, ExpandRequest("twintails, 夜空", without=("twintails",))).tags[0] == "twintails"


def test_an_index_rests_and_comes_back(tmp_path, small_folder) -> None:
    import shutil

    folder = tmp_path / "index"
    shutil.copytree(small_folder, folder)
    before = (folder / "CURRENT").read_text(encoding="utf-8")
    assert set_aside(folder) and not set_aside(folder) and not (folder / "CURRENT").exists()
    assert bring_back(folder) and not bring_back(folder)
    assert (folder / "CURRENT").read_text(encoding="utf-8") == before
