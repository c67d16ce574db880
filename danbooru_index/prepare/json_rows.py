"""JSON files: one object per line, or arrays of objects as an API answers, one after another."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator

from ..errors import CorpusError
from ..storage.foreign import JSON
from .rows import ByteSource, Note, Row

_CHUNK = 1 << 18
_MAX_OBJECT_CHARS = 1 << 24


def read_json(source: ByteSource, note: Note) -> Iterator[Row]:
    """Rows of a JSON file; what is not an object is noted. Only a truncated array is an error, by CorpusError."""
    is_array = source.head().lstrip()[:1] == b"["
    for line, value in _array_items(source) if is_array else _line_values(source, note):
        if isinstance(value, dict):
            yield line, value
        else:
            note("row", line, f"not a JSON object but {type(value).__name__}")


def _line_values(source: ByteSource, note: Note) -> Iterator[tuple[int, object]]:
    for line, text in source.text_lines(note):
        if text.strip():
            try:
                yield line, json.loads(text)
            except JSON.kinds as error:
                note("row", line, f"not JSON ({error})")


def _array_items(source: ByteSource) -> Iterator[tuple[int, object]]:
    """Items of top-level arrays, without holding more than one item and one chunk."""
    decoder, decode = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8-sig")()
    buffer, line, depth, ended = "", 1, 0, False
    while True:
        stripped = buffer.lstrip(" \t\r\n,[]")
        between = buffer[: len(buffer) - len(stripped)]
        line += between.count("\n")
        depth += between.count("[") - between.count("]")
        buffer = stripped
        try:
            # A number or word at the end of the buffer may continue in the next chunk.
            value, end = decoder.raw_decode(buffer)
            if end == len(buffer) and not ended and not isinstance(value, dict):
                raise ValueError
        except JSON.kinds as error:
            if not ended and len(buffer) < _MAX_OBJECT_CHARS:
                raw = source.read(max(_CHUNK, len(buffer)))
                ended = not raw
                try:
                    buffer += decode.decode(raw, final=ended)
                except UnicodeDecodeError as broken:
                    raise _broken(source, line, str(broken)) from broken
                continue
            if not buffer and depth == 0:
                return
            raise _broken(source, line, str(error)) from error
        yield line, value
        line += buffer.count("\n", 0, end)
        buffer = buffer[end:]


def _broken(source: ByteSource, line: int, why: str) -> CorpusError:
    return CorpusError(
        f"The JSON array in {source.path} is broken from line {line} on: {why}.",
        hint="Download or make the file again.",
    )
