"""Whatever the bytes: an error with a hint, or a corpus that reads back without a bad line."""

import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from danbooru_index.corpus import CorpusReader, to_line
from danbooru_index.errors import DanbooruIndexError
from danbooru_index.prepare import prepare_corpus

CELLS = st.text(max_size=20) | st.sampled_from(
    ["", "1girl", "12", "-1", "长发|黒髪", "ツイン,テール", "1", "[[x|y]]", "Long Hair", "【a】b - c"]
)
HEADINGS = st.lists(
    st.sampled_from(
        ["tag", "name", "category", "count", "zh", "ja", "names", "aliases", "implies", "wiki", "label", "nsfw", "x"]
    ),
    min_size=1,
    max_size=6,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["zh", "fr", "\udc00"]), inner, max_size=2)
    ),
    max_leaves=4,
)
KEYS = st.sampled_from(
    [
        "tag",
        "text",
        "source",
        "names",
        "definition",
        "aliases",
        "implies",
        "category",
        "post_count",
        "nsfw",
        "title",
        "body",
        "other_names",
    ]
)
FEW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def check(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "source", Path(folder) / "out.jsonl"
        source.write_bytes(content)
        try:
            report = prepare_corpus([str(source)], output)
        except DanbooruIndexError as error:
            assert error.hint
            assert not output.exists()
            return
        with CorpusReader(output, strict=True) as reader:
            lines = [to_line(record) for record in reader]
        assert lines == output.read_text(encoding="utf-8").split("\n")[:-1]
        assert len(lines) == report.tags["tags"] > 0


@FEW
@given(st.binary(max_size=200))
def test_any_bytes(content):
    check(content)


@FEW
@given(HEADINGS, st.lists(st.lists(CELLS, max_size=6), max_size=6), st.sampled_from([",", "\t"]))
def test_any_table(heading, rows, delimiter):
    check("\n".join(delimiter.join(cells) for cells in [heading, *rows]).encode("utf-8", "surrogatepass"))


@FEW
@example([{"tag": "b", "text": "b - c", "source": "\ud800", "definition": {"\udc00": "d\udc00"}}], False)
@given(st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5), max_size=5), st.booleans())
def test_any_json(rows, as_array):
    rows = [{"tag": "a", "text": "a - b"}, *rows]
    text = json.dumps(rows) if as_array else "\n".join(map(json.dumps, rows))
    check(text.encode())
