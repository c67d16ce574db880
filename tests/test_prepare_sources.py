"""Every kind of source, recognised by its content, as the records of a corpus."""

import gzip
import json

import pytest

from danbooru_index.corpus import read_corpus
from danbooru_index.errors import CorpusError, InputError
from danbooru_index.prepare import PrepareOptions, prepare_corpus
from danbooru_index.records import Category


@pytest.fixture
def prepare(tmp_path):
    """Writes sources (name -> text or bytes), prepares them, and returns the records by tag with the report."""

    def run(sources, **options):
        for name, content in sources.items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        output = tmp_path / "out.jsonl"
        report = prepare_corpus([str(tmp_path / name) for name in sources], output, PrepareOptions(**options))
        return {record.tag: record for record in read_corpus(output)}, report

    return run


def test_tagcomplete_list_without_heading(prepare):
    tags, report = prepare(
        {"danbooru.csv": '1girl,0,6945303,"1girls,sole_female,女孩"\nhatsune_miku,4,123456,\nlong_hair,0,5088245,/lh\n'}
    )
    assert [(t.tag, t.category, t.post_count, t.aliases, t.names) for t in tags.values()] == [
        ("1girl", Category.GENERAL, 6945303, ("1girls", "sole_female"), {"zh": ("女孩",)}),
        ("long_hair", Category.GENERAL, 5088245, ("/lh",), {}),
        ("hatsune_miku", Category.CHARACTER, 123456, (), {}),
    ]
    assert [t.id for t in tags.values()] == ["1", "2", "3"]
    assert report.counts == {}


def test_table_with_named_columns(prepare):
    tags, report = prepare(
        {
            "table.csv": "\ufeffname,type,count,cn_name,ja,wiki_en,nsfw,is_deprecated,colour\r\n"
            'Long Hair,general,5,"长发,长头发",長い髪|ロング,"Hair, long. Very.",0,f,red\r\n'
            "old tag,artist,0,,,,true,1,\r\n"
        }
    )
    long_hair = tags["long_hair"]
    assert long_hair.names == {"zh": ("长发", "长头发"), "ja": ("長い髪", "ロング")}
    assert long_hair.definitions == {"en": "Hair, long. Very."}
    assert long_hair.text == "【通用】long_hair - 长发，长头发，長い髪，ロング。 Hair, long."
    old = tags["old_tag"]
    assert (old.category, old.post_count, old.nsfw, old.deprecated) == (Category.ARTIST, 0, True, True)
    assert report.sources[0].unused_columns == ["colour"]
    assert (report.tags["empty"], report.tags["deprecated"], report.tags["nsfw"]) == (1, 1, 1)


def test_rich_table(prepare):
    """The columns of a table with groups, labels and names in Han characters of unsaid language."""
    tags, report = prepare(
        {
            "rich.csv": "tag,category,post_count,aliases,zh,ja,wiki_en,category_zh,groups,nsfw,deprecated,ko,"
            "han_names\nblack_hair,0,9,,黑发,黒髪|くろかみ,Hair.,发型,hair,0,0,흑발,黒髪|黑髮|黒い\n"
            "nude,0,8,,,,,NSFW,,1,0,,\n"
        }
    )
    assert tags["black_hair"].names == {"zh": ("黑发", "黑髮"), "ja": ("黒髪", "くろかみ", "黒い"), "ko": ("흑발",)}
    assert tags["black_hair"].text.startswith("【发型】black_hair - 黑发，黑髮，黒髪")
    assert tags["nude"].text == "【NSFW】nude - nude。"
    assert tags["nude"].nsfw
    assert report.sources[0].unused_columns == ["groups"]


def test_columns_with_uncommon_names(prepare):
    tags, _ = prepare(
        {"t.tsv": "slug\tname\thits\nblue_sky\t蓝天\t12\n"}, columns={"slug": "tag", "name": "zh", "hits": "post_count"}
    )
    assert tags["blue_sky"].names == {"zh": ("蓝天",)}
    assert tags["blue_sky"].post_count == 12


@pytest.mark.parametrize("text", ["1girl,女孩\nsolo,单人\n", "1girl,0,女孩\nsolo,,单人\n", "1girl\t女孩\nsolo\t单人\n"])
def test_translation_tables(prepare, text):
    tags, _ = prepare({"zh.csv": text})
    assert {tag: record.names for tag, record in tags.items()} == {
        "1girl": {"zh": ("女孩",)},
        "solo": {"zh": ("单人",)},
    }


def test_gzip_is_told_by_content(prepare):
    tags, _ = prepare({"packed": gzip.compress(b"tag,count\nsolo,3\n")})
    assert tags["solo"].post_count == 3


def test_json_lines_table_and_array(prepare):
    rows = [
        {"name": "solo", "category": 0, "post_count": 3, "is_deprecated": False, "id": 7},
        {"name": "sky", "category": 0},
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    pages = json.dumps(rows[:1], indent=1) + "\n" + json.dumps(rows[1:])
    for text in (lines, json.dumps(rows), pages):
        tags, report = prepare({"tags.json": text})
        assert {tag: record.post_count for tag, record in tags.items()} == {"solo": 3, "sky": 0}
        assert report.sources[0].unused_columns == ["id"]


def test_parquet(prepare, tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"tag": ["solo", ""], "zh": [["单人", "独自"], []], "count": [5, 6]}), tmp_path / "t")
    tags, report = prepare({"t": (tmp_path / "t").read_bytes()})
    assert tags["solo"].names == {"zh": ("单人", "独自")}
    assert report.notices == {"row": [f"{tmp_path / 't'}, line 2: no tag"]}


def test_danbooru_api_files(prepare):
    api = {
        "tags.json": [
            {"name": "hatsune_miku", "category": 4, "post_count": 9},
            {"name": "vocaloid", "category": 3, "post_count": 8},
        ],
        "wiki_pages.json": [
            {
                "title": "hatsune_miku",
                "body": "A [[vocaloid]] girl.\r\n\r\nh4. See also\r\n* [[x]]",
                "other_names": ["初音ミク", "初音未来", "하츠네_미쿠", "Miku"],
                "is_deleted": False,
            },
            {"title": "help:home", "body": "x", "other_names": []},
            {"title": "vocaloid", "body": "gone", "other_names": [], "is_deleted": True},
            {"title": "nobody", "body": "no such tag", "other_names": []},
        ],
        "tag_aliases.json": [
            {"antecedent_name": "miku", "consequent_name": "hatsune_miku", "status": "active"},
            {"antecedent_name": "mikku", "consequent_name": "hatsune_miku", "status": "deleted"},
        ],
        "tag_implications.json": [{"antecedent_name": "miku", "consequent_name": "vocaloid", "status": "active"}],
    }
    tags, report = prepare({name: json.dumps(rows) for name, rows in api.items()})
    assert list(tags) == ["hatsune_miku", "vocaloid"]
    miku = tags["hatsune_miku"]
    assert miku.names == {"zh": ("初音未来",), "ja": ("初音ミク",), "ko": ("하츠네 미쿠",), "en": ("Miku",)}
    assert miku.definitions == {"en": "A vocaloid girl."}
    assert (miku.aliases, miku.implies) == (("miku",), ("vocaloid",))
    assert [source.kind for source in report.sources] == ["tags", "wiki_pages", "tag_aliases", "tag_implications"]
    # The implication was that of the alias, which is folded like a row of it.
    assert report.counts == {"inactive": 3, "unlisted": 1, "folded": 1}


def test_own_corpus_keeps_what_it_has(prepare):
    line = {
        "id": "77",
        "text": "【服装】school_uniform - 学生制服。包括水手服",
        "source": "me",
        "post_count": 5,
        "aliases": ["seifuku"],
        "implies": ["uniform"],
    }
    tags, report = prepare({"mine": json.dumps(line, ensure_ascii=False)})
    record = tags["school_uniform"]
    assert record.text == "【服装】school_uniform - 学生制服。 包括水手服"
    assert (record.source, record.aliases, record.implies) == ("me", ("seifuku",), ("uniform",))
    assert (record.names, record.definitions) == ({"zh": ("学生制服",)}, {"zh": "包括水手服"})
    assert report.sources[0].kind == "corpus"


def test_preparing_a_prepared_corpus_changes_nothing(prepare, tmp_path):
    prepare({"a.csv": 'tag,count,zh,en,nsfw\nb,1,"名,字","Hello, you",1\na,1,,,\nc,9,长。名,,\n'})
    before = (tmp_path / "out.jsonl").read_bytes()
    prepare({"copy.jsonl": before})
    assert (tmp_path / "out.jsonl").read_bytes() == before


def test_pairs_are_written_beside_the_corpus(prepare, tmp_path):
    tags, report = prepare(
        {
            "tags.csv": "1girl,0,9,1girls\nsolo,0,8,\nsky,0,7,\n",
            "pairs.csv": "tag_a,tag_b,count\nsolo,1girls,5\n1girl,solo,4\nsky,sky,3\nsky,nothing,2\n"
            "sky,solo,x\nsky,solo,1\n",
        }
    )
    assert report.pairs_file == tmp_path / "out.cooccurrence.csv.gz"
    text = gzip.decompress(report.pairs_file.read_bytes()).decode()
    assert text == "tag_a,tag_b,count\n1girl,solo,5\nsky,solo,1\n"
    assert report.pairs == 2
    assert report.notices == {
        "row": [
            f"{tmp_path / 'pairs.csv'}, line 4: sky with itself",
            f"{tmp_path / 'pairs.csv'}, line 6: 'x' is not a whole number",
        ],
        "unlisted": [f"{tmp_path / 'pairs.csv'}, line 5: sky, nothing: no source lists nothing"],
    }
    assert len(tags) == 3


def test_what_is_dropped_is_told_with_its_line(prepare, tmp_path):
    source = tmp_path / "t.csv"
    notices = tmp_path / "notices.tsv"
    tags, report = prepare(
        {
            "t.csv": b"tag,category,count,zh\n"
            b'"two\nlines",0,1,x\n'
            b",0,1,x\n"
            b"a,9,-1,???\n"
            b"\xb3\xa4\xb7\xa2,0,1,x\n"
            b"b,0,1,x,y\n"
            b'c,0,1,"x"y\n'
            b"ok,0,1,\xe5\xa5\xbd\n"
            b'd,0,1,"never closed\n'
        },
        notices=notices,
    )
    assert list(tags) == ["ok", "two_lines", "a"]
    assert report.notices["row"] == [
        f"{source}, line 4: no tag",
        f"{source}, line 6: not UTF-8 at byte 1",
        f"{source}, line 7: 5 columns, not 4",
        f"{source}, line 8: ',' expected after '\"'",
        f"{source}, line 10: unexpected end of data",
    ]
    assert report.notices["value"] == [
        f"{source}, line 5: category: there is no category '9'",
        f"{source}, line 5: count: '-1' is not a whole number from 0 to 2147483647",
        f"{source}, line 5: zh: the name '???' has lost its characters",
    ]
    written = notices.read_text(encoding="utf-8").splitlines()
    assert len(written) == 8
    assert written[0] == f"row\t{source}\t4\tno tag"


def test_bad_json_lines_are_told(prepare, tmp_path):
    tags, report = prepare({"t.jsonl": '{"tag": "a"}\n{oops\n[1]\n\n{"tag": 3}\n{"tag": "b\\ud800"}\n'})
    assert list(tags) == ["a"]
    assert [text.partition(", ")[2].partition(":")[0] for text in report.notices["row"]] == [
        "line 2",
        "line 3",
        "line 5",
        "line 6",
    ]


@pytest.mark.parametrize(
    ("content", "error", "text"),
    [
        ("", CorpusError, "no rows"),
        ("just some words\n", InputError, "cannot be recognised"),
        ('{"success": false}', InputError, "cannot be recognised"),
        ('[{"antecedent_name": "a", "consequent_name": "b"}]', InputError, "cannot be recognised"),
        ('[{"tag": "a"}, {"tag": "b"},', CorpusError, "broken from line 1 on"),
        ('[{"tag": "a"}, {"tag": ', CorpusError, "broken"),
        ('[{"title": "a", "body": "b"}]', CorpusError, "No source lists a tag"),
        ("tag,count\n,5\n", CorpusError, "No row could be used"),
        ("tag\nabc\n".encode("utf-16"), CorpusError, "UTF-16"),
        (gzip.compress(b"tag,count\nabc,1\n" * 900)[:-20], CorpusError, "damaged"),
        (b"PAR1 and nothing more", CorpusError, "damaged"),
    ],
)
def test_a_source_that_cannot_be_used_is_an_error_with_a_hint(prepare, tmp_path, content, error, text):
    if content == b"PAR1 and nothing more":
        pytest.importorskip("pyarrow")
    with pytest.raises(error, match=text) as caught:
        prepare({"source": content})
    assert caught.value.hint
    # Nothing half-written stays.
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_kinds_can_be_said(prepare):
    rows = '[{"antecedent_name": "old", "consequent_name": "a"}]'
    tags, _ = prepare({"t.csv": "tag\na\n", "dump.json": rows}, kinds={"dump.json": "tag_aliases"})
    assert tags["a"].aliases == ("old",)
    with pytest.raises(InputError, match="no kind of source 'x'"):
        prepare({"t.csv": "tag\na\n"}, kinds={"t.csv": "x"})
    with pytest.raises(InputError, match="not among the sources"):
        prepare({"t.csv": "tag\na\n"}, kinds={"u.csv": "tags"})
    tags, _ = prepare({"one.txt": "a\nb\n"}, kinds={"one.txt": "tags"})
    assert list(tags) == ["a", "b"]
