"""One line of the corpus: `{"id", "text": "【label】tag - names。 definition", "source"}` and its optional fields."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..records import Category, Rating, TagRecord
from ..storage.foreign import JSON
from ..text.fold import script_language
from .plain import LABELS

MAX_TEXT_CHARS = 10_000
MAX_TAG_CHARS = 255
MAX_NAME_CHARS = 60  # a longer first sentence is a definition that has no name before it

# One encoder for all lines: json.dumps would make one per line, which costs as much as the encoding.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_EASTERN = re.compile(
    "[\u1100-\u11ff\u3041-\u30ff\u3131-\u318e\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9d]"
)
_PLAIN = re.compile(r"(?:【(?P<label>[^】]{1,20})】)?\s*(?P<tag>\S+)(?:\s+-\s+(?P<rest>.*))?\s*", re.DOTALL)
_NAME_SEPARATORS = re.compile("[，,|;；]")


class LineError(ValueError):
    """Why one line cannot be used. Turned into a report with the line's number by the reader."""


def parse_line(line: str) -> TagRecord:
    """The record of one JSON line.

    The plain text is parsed into label, tag, names and definition; optional fields win where they are present.

    :raises LineError: with the reason, in words for the person who wrote the file.
    """
    try:
        fields = json.loads(line)
    except JSON.kinds as error:
        raise LineError(f"not JSON ({error})") from error
    if not isinstance(fields, dict):
        raise LineError(f"not a JSON object but {type(fields).__name__}")
    try:
        return record_of(fields)
    except RecursionError as error:
        raise LineError("a field is nested too deeply") from error


def record_of(fields: dict[str, Any]) -> TagRecord:
    """The record of one line's fields, as `parse_line` has them; raises LineError."""
    text = _text_of(fields)
    plain = _PLAIN.fullmatch(text)
    label = plain["label"] if plain else None
    tag = _tag_of(fields, plain["tag"] if plain and (label or plain["rest"]) else None)
    names, definitions = _split_rest(_rest_of(text, tag, plain), tag)
    category, nsfw = LABELS.get(label or "", (Category.GENERAL, False))
    if fields.get("names") is not None:
        names = _language_lists(fields["names"])
    if fields.get("definition") is not None:
        definitions = _definitions(fields["definition"])
    return TagRecord(
        tag=tag,
        text=text,
        id=_any_text(fields, "id"),
        source=_any_text(fields, "source"),
        category=_category_of(fields, category),
        post_count=_count_of(fields),
        names=names,
        shared_names=_language_lists(fields["shared_names"]) if fields.get("shared_names") is not None else {},
        aliases=_strings(fields, "aliases"),
        definitions=definitions,
        implies=_strings(fields, "implies"),
        rating=_rating_of(fields, nsfw),
        deprecated=_flag(fields, "deprecated", False),
    )


def to_line(record: TagRecord) -> str:
    """The JSON line of a record, every field that carries something, without the line end.

    `parse_line(to_line(record)) == record` for every record that parse_line made.
    """
    fields: dict[str, Any] = {
        "id": record.id,
        "text": record.text,
        "source": record.source,
        "tag": record.tag,
        "category": record.category.label,
        "post_count": record.post_count,
        "names": {language: list(names) for language, names in record.names.items()},
        "definition": dict(record.definitions),
    }
    optional = {
        "shared_names": {language: list(names) for language, names in record.shared_names.items()},
        "aliases": list(record.aliases),
        "implies": list(record.implies),
        "nsfw": record.nsfw,
        "rating": record.rating.label if record.rating in (Rating.SENSITIVE, Rating.FORBIDDEN) else "",
        "deprecated": record.deprecated,
    }
    plain_nsfw = record.text.startswith("【NSFW】")
    fields.update({key: value for key, value in optional.items() if value or (key == "nsfw" and plain_nsfw)})
    return _encode(fields)


def _text_of(fields: dict[str, Any]) -> str:
    text = fields.get("text")
    if text is None:
        raise LineError("no text")
    if not isinstance(text, str):
        raise LineError(f"text is {type(text).__name__}, not a string")
    if not text.strip():
        raise LineError("the text is empty")
    if len(text) > MAX_TEXT_CHARS:
        raise LineError(f"the text has {len(text):,} characters, at most {MAX_TEXT_CHARS:,} are allowed")
    _check_characters(text, "text")
    return text.strip()


def _tag_of(fields: dict[str, Any], from_text: str | None) -> str:
    tag = fields.get("tag", from_text)
    if tag is None:
        raise LineError("no tag: neither a field `tag` nor a text of the form 【label】tag - name")
    if not isinstance(tag, str):
        raise LineError(f"tag is {type(tag).__name__}, not a string")
    tag = tag.strip().replace(" ", "_")
    if not tag:
        raise LineError("the tag is empty")
    if len(tag) > MAX_TAG_CHARS:
        raise LineError(f"the tag has {len(tag)} characters, at most {MAX_TAG_CHARS} are allowed")
    if any(c.isspace() or ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in tag):
        raise LineError("the tag has white space or control characters")
    _check_characters(tag, "tag")
    return tag


def _check_characters(text: str, name: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise LineError(f"the {name} has a lone surrogate at character {error.start + 1}") from error


def _any_text(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key, "")
    if isinstance(value, list | dict):
        raise LineError(f"{key} is {type(value).__name__}, not text or a number")
    text = str(value)
    _check_characters(text, key)
    return text


def _rest_of(text: str, tag: str, plain: re.Match[str] | None) -> str:
    if plain and plain["tag"] == tag:
        return plain["rest"] or ""
    # A tag with spaces written out, or a text that is no more than a definition.
    body = re.sub(r"^【[^】]{1,20}】", "", text).strip()
    return body.removeprefix(tag).removeprefix(tag.replace("_", " ")).lstrip(" -")


def _split_rest(rest: str, tag: str) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Names and definitions of "name，name。 definition"; the tag repeated among the names is left out."""
    head, _, tail = rest.partition("。")
    if len(head) > MAX_NAME_CHARS and not _NAME_SEPARATORS.search(head):
        head, tail = "", rest
    own = {tag.lower(), tag.replace("_", " ").lower()}
    names: dict[str, list[str]] = {}
    for name in _without_pieces([part.strip() for part in _NAME_SEPARATORS.split(head)], tag):
        if name and name.lower() not in own:
            listed = names.setdefault(script_language(name), [])
            if name not in listed:
                listed.append(name)
    return {language: tuple(listed) for language, listed in names.items()}, _definitions(tail.strip())


def _without_pieces(names: Sequence[str], tag: str) -> list[str]:
    """Names without a tag that was cut at its hyphens: "red，eyes_black_dragon" of red-eyes_black_dragon."""
    whole, spelled = tag.lower(), [name.lower().replace(" ", "_") for name in names]
    kept: list[str] = []
    place = 0
    while place < len(names):
        ends = (end for end in range(place + 2, len(names) + 1) if "-".join(spelled[place:end]) == whole)
        end = next(ends, place) if "-" in whole and whole.startswith(spelled[place] + "-") else place
        kept += names[place : place + 1] if end == place else []
        place = max(place + 1, end)
    return kept


def _definitions(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        if not all(isinstance(v, str) for v in value.values()):
            raise LineError("definition: every language needs a string")
        for language, text in value.items():
            _check_characters(language, "language of a definition")
            _check_characters(text, "definition")
        return {str(language): text.strip() for language, text in value.items() if text.strip()}
    if not isinstance(value, str):
        raise LineError(f"definition is {type(value).__name__}, not a string")
    text = value.strip()
    _check_characters(text, "definition")
    return {definition_language(text): text} if text else {}


def definition_language(text: str) -> str:
    """The language of a definition. A wiki text in English may quote a Japanese word, so most letters decide."""
    if text.isascii():
        return "en"
    return script_language(text) if 4 * len(_EASTERN.findall(text)) > len(text) else "en"


def _category_of(fields: dict[str, Any], from_label: Category) -> Category:
    value = fields.get("category")
    if value is None:
        return from_label
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise LineError(f"category is {type(value).__name__}, not a name or number")
    if str(value) in LABELS:
        return LABELS[str(value)][0]
    try:
        return Category.parse(value)
    except ValueError as error:
        raise LineError(str(error)) from error


def _count_of(fields: dict[str, Any]) -> int:
    value = fields.get("post_count")
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise LineError(f"post_count is {value!r}, not a whole number")
    if not 0 <= value < 2**31:
        raise LineError(f"post_count is {value}, outside 0 to {2**31 - 1}")
    return value


def _flag(fields: dict[str, Any], key: str, default: bool) -> bool:
    value = fields.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise LineError(f"{key} is {value!r}, not true or false")
    return value


def _rating_of(fields: dict[str, Any], labelled: bool) -> Rating:
    nsfw = _flag(fields, "nsfw", labelled)
    label = fields.get("rating")
    if label is None:
        return Rating.EXPLICIT if nsfw else Rating.GENERAL
    if not isinstance(label, str):
        raise LineError(f"rating is {type(label).__name__}, not a string")
    try:
        return Rating.parse(label)
    except ValueError as error:
        raise LineError(f"rating {error}") from error


def _strings(fields: dict[str, Any], key: str) -> tuple[str, ...]:
    value = fields.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise LineError(f"{key} is not a list of strings")
    for item in value:
        _check_characters(item, key)
    return tuple(dict.fromkeys(item.strip() for item in value if item.strip()))


def _language_lists(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise LineError("names is not an object of languages")
    for language in value:
        _check_characters(language, "language of names")
    names = {str(language): _strings({"names": listed}, "names") for language, listed in value.items()}
    return {language: listed for language, listed in names.items() if listed}
