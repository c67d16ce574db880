"""Sources as they really come: stray quotes, columns nobody knows, numbers as pandas writes them, wrong encodings."""

import pytest

from danbooru_index.corpus import read_corpus
from danbooru_index.errors import CorpusError, DanbooruIndexError, InputError
from danbooru_index.prepare import prepare_corpus


@pytest.fixture
def prepare(tmp_path):
    """Writes one source, prepares it, and returns (tag, post count) in order and the notices without the path."""

    def run(content, name="source"):
        path, output = tmp_path / name, tmp_path / "out.jsonl"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        report = prepare_corpus([str(path)], output)
        notices = {kind: [text.partition(", ")[2] for text in texts] for kind, texts in report.notices.items()}
        return [(record.tag, record.post_count) for record in read_corpus(output)], notices

    return run


@pytest.mark.parametrize(
    ("content", "tags", "why"),
    [
        # Never closed.
        ('tag,count\n"open,5\nplain,4\nother,3\n', [("plain", 4), ("other", 3)], "unexpected end of data"),
        ('tag,count\na,9\n"open,5\n' + "".join(f"t{i},1\n" for i in range(40_000)), 40_001, "field larger than"),
        # Closed by the quote of a later row.
        ('tag,count\n"open,5\nplain,4\n"x",3\n', [("plain", 4), ("x", 3)], "',' expected after '\"'"),
        ('tag,count\n"open,5\nplain,4\nend",3\n', [("plain", 4), ('end"', 3)], "a quote is not closed"),
        ('tag\tcount\n"open\t5\nplain\t4\n>:"\t3\n', [("plain", 4), ('>:"', 3)], "a quote is not closed"),
        ('tag,count,zh\n"open,5,x\nplain,4,y\n"\nlast,3,z\n', [("plain", 4), ("last", 3)], "a quote is not closed"),
    ],
)
def test_a_stray_quote_costs_no_row_but_its_own(prepare, content, tags, why):
    found, notices = prepare(content)
    assert (len(found) if isinstance(tags, int) else found) == tags
    assert notices["row"][0].startswith(f"line {2 if len(content) < 99 else 3}: {why}")


def test_a_quoted_text_may_have_lines_commas_and_quotes(prepare, tmp_path):
    found, notices = prepare('tag,wiki,count\nsky,"Blue,\nsays ""she"",\nand wide.",5\nsea,,4\n')
    assert (found, notices) == ([("sky", 5), ("sea", 4)], {})
    assert read_corpus(tmp_path / "out.jsonl")[0].definitions == {"en": 'Blue, says "she", and wide.'}


def test_a_heading_that_nobody_knows_is_not_taken_for_a_tag(prepare):
    with pytest.raises(InputError, match="its columns are slug, hits"):
        prepare("slug,hits\nsky,5\n")
    assert prepare("1girl,女孩\nsolo,单人\n")[0] == [("1girl", 0), ("solo", 0)]


def test_numbers_as_pandas_writes_them(prepare):
    assert prepare("tag,category,count\nsky,0.0,5.0\nsea,,\n") == ([("sky", 5), ("sea", 0)], {})


def test_an_empty_number_in_parquet_is_an_empty_cell(prepare, tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    table = {"tag": ["sky", "sea"], "count": [5.0, float("nan")], "category": [float("nan"), 4.0]}
    pq.write_table(pa.table(table), tmp_path / "t")
    assert prepare((tmp_path / "t").read_bytes()) == ([("sky", 5), ("sea", 0)], {})


def test_the_file_and_not_its_folder_tells_aliases_from_implications(tmp_path):
    folder = tmp_path / "tag_implications"
    folder.mkdir()
    (folder / "tags.csv").write_text("sky,0,5,\n", encoding="utf-8")
    (folder / "aliases.csv").write_text("antecedent_name,consequent_name\nheaven,sky\n", encoding="utf-8")
    report = prepare_corpus([str(folder / "tags.csv"), str(folder / "aliases.csv")], tmp_path / "out.jsonl")
    assert [source.kind for source in report.sources] == ["tags", "tag_aliases"]
    assert [record.aliases for record in read_corpus(tmp_path / "out.jsonl")] == [("heaven",)]


@pytest.mark.parametrize(
    ("content", "error", "text", "hint"),
    [
        ("tag,zh\nsky,天空\n".encode("gbk"), CorpusError, "line 2: not UTF-8", "UTF-8"),
        ('{\n "tag": "sky"\n}\n', CorpusError, "line 1: not JSON", "per line"),
        ("tag,count\n", CorpusError, "has no rows", "whole"),
        ("sky\nsea\n", InputError, "its columns are sky", "--kind"),
        ("tag,count\n,5\n", CorpusError, "line 2: no tag", "--column"),
    ],
)
def test_a_source_without_rows_says_why(prepare, content, error, text, hint):
    with pytest.raises(DanbooruIndexError, match=text) as caught:
        prepare(content)
    assert isinstance(caught.value, error)
    assert hint in caught.value.hint
