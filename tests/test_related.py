"""Related tags by counts and by vectors; the files that counts come from."""

from __future__ import annotations

import numpy as np
import pytest

from danbooru_index.channels.cooccurrence import Cooccurrence, write_cooccurrence
from danbooru_index.cli import main
from danbooru_index.corpus.pairs import read_pairs
from danbooru_index.errors import CorpusError, InputError
from danbooru_index.index.index import Index
from danbooru_index.search.related import RelatedRequest, npmi, related

PAIRS = [
    ("cat_ears", "animal_ears", 290_000),
    ("cat_ears", "1girl", 250_000),
    ("cat_ears", "cat_ears", 9),
    ("cat_ears", "gone", 5),
]


def test_pairs_are_symmetric_and_cleaned(tmp_path):
    rows = {"1girl": 0, "animal_ears": 1, "cat_ears": 2}
    kept = write_cooccurrence(tmp_path, [*PAIRS, ("animal_ears", "cat_ears", 7), ("1girl", "animal_ears", 0)], rows)
    table = Cooccurrence(tmp_path)
    assert kept == 2
    assert [part.tolist() for part in table.neighbours(2)] == [[0, 1], [250_000, 290_000]]
    assert [part.tolist() for part in table.neighbours(1)] == [[2], [290_000]]
    assert [part.tolist() for part in table.neighbours(99)] == [[], []]


def test_no_pairs_make_an_empty_table(tmp_path):
    assert write_cooccurrence(tmp_path, [], {"1girl": 0}) == 0
    assert [part.tolist() for part in Cooccurrence(tmp_path).neighbours(0)] == [[], []]


def test_pairs_are_read_from_csv_and_parquet(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text('count,tag_a,tag_b\n5,"a,b",c\n', encoding="utf-8")
    assert list(read_pairs(path)) == [("a,b", "c", 5)]
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    table = pyarrow.table({"tag_a": ["x"], "tag_b": ["y"], "count": [3]})
    parquet.write_table(table, tmp_path / "pairs.parquet")
    assert list(read_pairs(tmp_path / "pairs.parquet")) == [("x", "y", 3)]


@pytest.mark.parametrize("text", ["tag_a,tag_b\na,b\n", "tag_a,tag_b,count\na,b,many\n", ""])
def test_bad_files_of_pairs_are_refused(tmp_path, text):
    path = tmp_path / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError):
        list(read_pairs(path))
    with pytest.raises(CorpusError):
        list(read_pairs(tmp_path / "nothing.csv"))


@pytest.mark.parametrize("together", [0, 1, 7, 2**31 - 1])
@pytest.mark.parametrize("one", [0, 1, 7, 10**7, 2**31 - 1])
@pytest.mark.parametrize("other", [0, 1, 10**7, 2**31 - 1])
def test_counts_that_contradict_each_other_stay_in_bounds(together, one, other):
    counts = [np.array([float(count)]) for count in (together, one, other)]
    with np.errstate(all="raise"):
        (score,) = npmi(*counts, 7e6)
    assert -1.0 <= score <= 1.0
    assert score == -1.0 or (together and one and other)


def test_counts_rank_by_mutual_information_and_not_by_popularity(small_folder, tmp_path):
    with Index(small_folder) as index:
        row_of = {record.tag: row for row, record in enumerate(index.store.rows())}
        write_cooccurrence(tmp_path, PAIRS, row_of)
        index.__dict__["cooccurrence"] = Cooccurrence(tmp_path)
        result = related(index, RelatedRequest(("cat ears", "no_such_tag")))
    assert result.method == "co-occurrence"
    assert (
        result.tags == ["animal_ears"] if hasattr(result, "tags") else [h.tag for h in result.hits] == ["animal_ears"]
    )
    assert result.unknown == ("no_such_tag",)


def test_without_counts_the_dense_space_answers(small_index):
    result = related(small_index, RelatedRequest(("long_hair",), limit=3))
    assert result.method == "dense space"
    assert result.hits[0].tag == "very_long_hair"
    assert "long_hair" not in [hit.tag for hit in result.hits]


def test_unknown_tags_alone_are_an_error(small_index, small_folder, capsys):
    with pytest.raises(InputError):
        related(small_index, RelatedRequest(("no_such_tag",)))
    with pytest.raises(InputError):
        RelatedRequest((" ",))
    assert main(["related", "no_such_tag", "--db", str(small_folder)]) == 1
    assert "hint:" in capsys.readouterr().err
    assert main(["related", "long_hair,twintails", "--db", str(small_folder)]) == 0
    assert "dense space" in capsys.readouterr().out
