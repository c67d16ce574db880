"""How sources merge: by tag, the first value wins, lists are united, aliases fold."""

import random

import pytest

from danbooru_index.corpus import read_corpus
from danbooru_index.prepare import prepare_corpus
from danbooru_index.records import Category


@pytest.fixture
def prepare(tmp_path):
    """Writes CSV sources in order, prepares them, and returns the records by tag with the report."""

    def run(*texts):
        paths = [tmp_path / f"{i}.csv" for i, _ in enumerate(texts)]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        report = prepare_corpus([str(path) for path in paths], tmp_path / "out.jsonl")
        return {record.tag: record for record in read_corpus(tmp_path / "out.jsonl")}, report

    return run


def test_later_sources_fill_gaps_and_lists_are_united(prepare):
    tags, report = prepare(
        "tag,category,count,zh,aliases\nlong_hair,0,10,长发,lh\nsky,,,,\n",
        "tag,category,count,zh,ja,aliases,wiki,nsfw\nlong_hair,5,99,长头发|长发,長い髪,longhair,Hair.,1\nsky,3,7,天空,,,,\nnew,,,新,,,,\n",
    )
    hair = tags["long_hair"]
    assert (hair.category, hair.post_count, hair.nsfw) == (Category.GENERAL, 10, True)
    assert hair.names == {"zh": ("长发", "长头发"), "ja": ("長い髪",)}
    assert (hair.aliases, hair.definitions) == (("lh", "longhair"), {"en": "Hair."})
    assert (tags["sky"].category, tags["sky"].post_count) == (Category.COPYRIGHT, 7)
    assert list(tags) == ["long_hair", "sky", "new"]
    first, second = report.sources
    assert dict(first.gave) == {"category": 1, "post_count": 1, "zh": 1, "aliases": 1}
    assert dict(second.gave) == {
        "category": 1,
        "post_count": 1,
        "zh": 3,
        "ja": 1,
        "aliases": 1,
        "definition": 1,
        "nsfw": 1,
    }


def test_an_alias_that_is_a_row_folds_into_its_tag(prepare, tmp_path):
    tags, report = prepare(
        'tag,count,aliases,zh\nlonghair,3,lh,长头发\nlong_hair,10,"longhair,hair_long",长发\n',
        "hair_long,很长的头发\nlh,发\n",
    )
    assert list(tags) == ["long_hair"]
    assert tags["long_hair"].aliases == ("longhair", "hair_long", "lh")
    assert tags["long_hair"].names == {"zh": ("长发", "长头发", "很长的头发", "发")}
    assert tags["long_hair"].post_count == 10
    assert report.counts == {"folded": 3}
    assert report.notices["folded"][0] == f"{tmp_path / '0.csv'}, line 2: lh -> long_hair"


def test_an_alias_of_an_absent_tag_renames_its_row(prepare):
    tags, _ = prepare("tag,category,count,aliases,implies\nold_name,4,120,,\nnew_name,,,old_name,\nx,,,,old_name\n")
    assert list(tags) == ["new_name", "x"]
    assert (tags["new_name"].category, tags["new_name"].post_count) == (Category.CHARACTER, 120)
    assert tags["x"].implies == ("new_name",)


def test_a_corpus_line_without_label_leaves_the_category_open(prepare):
    lines = '{"text": "miku - 初音"}\n{"text": "【帽子】hat - 帽子"}\n'
    tags, _ = prepare(lines, "tag,category\nmiku,4\nhat,5\n")
    assert (tags["miku"].category, tags["miku"].text) == (Category.CHARACTER, "【角色】miku - 初音。")
    assert (tags["hat"].category, tags["hat"].text) == (Category.GENERAL, "【帽子】hat - 帽子。")


def test_aliases_in_a_circle_stay_two_tags(prepare, tmp_path):
    tags, report = prepare("tag,count,aliases\na,1,b\nb,2,a\nc,3,c\n")
    assert {tag: record.aliases for tag, record in tags.items()} == {"c": (), "b": ("a",), "a": ("b",)}
    assert report.counts == {"kept": 2}


def test_repeated_rows_merge_with_a_notice(prepare, tmp_path):
    tags, report = prepare("tag,count,zh\nSky,1,天\nsky,2,空\n")
    assert (tags["sky"].post_count, tags["sky"].names) == (1, {"zh": ("天", "空")})
    assert report.notices == {"repeated": [f"{tmp_path / '0.csv'}, line 3: sky is on line 2 already"]}


def test_a_label_of_another_category_is_not_taken(prepare):
    tags, _ = prepare("tag,category\nmiku,4\n", "tag,label\nmiku,画师\nrin,画师\nhat,【帽子】\n")
    assert tags["miku"].text == "【角色】miku - miku。"
    assert (tags["rin"].text, tags["rin"].category) == ("【画师】rin - rin。", Category.ARTIST)
    assert tags["hat"].text == "【帽子】hat - hat。"


def test_order_is_by_posts_then_tag_whatever_the_order_of_rows(prepare):
    rows = [(f"tag_{i}", i % 7) for i in range(500)]
    wanted = [tag for tag, _ in sorted(rows, key=lambda row: (-row[1], row[0]))]
    random.Random(3).shuffle(rows)
    tags, _ = prepare("tag,count\n" + "".join(f"{tag},{count}\n" for tag, count in rows))
    assert list(tags) == wanted
    assert [record.id for record in tags.values()] == [str(i) for i in range(1, 501)]


def test_merging_agrees_with_a_plain_reference(prepare):
    """A dictionary in memory, written the obvious way, over random sources."""
    generator = random.Random(7)
    sources, wanted = [], {}
    for _ in range(4):
        rows = {
            f"t{generator.randrange(60)}": (generator.choice([0, 0, 5, 9]), generator.choice(["", "天", "地", "天|人"]))
            for _ in range(40)
        }
        sources.append("tag,count,zh\n" + "".join(f"{tag},{count},{zh}\n" for tag, (count, zh) in rows.items()))
        for tag, (count, zh) in rows.items():
            posts, names = wanted.get(tag, (0, []))
            wanted[tag] = (posts or count, names + [n for n in zh.split("|") if n and n not in names])
    tags, report = prepare(*sources)
    assert {tag: (r.post_count, list(r.names.get("zh", ()))) for tag, r in tags.items()} == wanted
    assert list(tags) == sorted(wanted, key=lambda tag: (-wanted[tag][0], tag))
    assert report.counts == {}
