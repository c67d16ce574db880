"""Request records from JSON, and their JSON schemas, both read off the dataclasses: fields are listed nowhere else.

The records check their own ranges; here is checked that a field exists and has the type that its record declares.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from enum import IntEnum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import InputError
from ..records import Category

T = TypeVar("T")

MAX_ITEMS = 1000  # of a list in a request

# What fields mean, for the description; the same name means the same in every record.
HELP = {
    "text": "What you want to see, in any language.",
    "tags": "Danbooru tags, with spaces or underscores; aliases too.",
    "limit": "At most so many results.",
    "categories": "Only these categories; empty means the default of this route.",
    "exclude": "Not these categories.",
    "nsfw": "exclude hides what is explicit, strict also what is sensitive, include nothing; only: nothing else than what is explicit.",
    "min_count": "Only tags with at least so many posts.",
    "explain": "Say where every score came from.",
    "per_concept": "At most so many tags for one concept of the text.",
    "budget": "So many tags for one concept on average.",
    "implied": "What happens to tags that another one implies.",
    "style": "How the prompt is written: for which family of image models.",
    "spaces": "long hair instead of long_hair; null: as the style has it.",
    "escape": "Brackets of tags with a backslash; null: as the style has it.",
    "weights": "Write likely tags stronger.",
    "quality": "Add the style's quality tags.",
    "prefix": "Text before the prompt.",
    "suffix": "Text after the prompt.",
    "separator": "What stands between tags.",
}


def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def from_json(record: type[T], value: Any) -> T:
    """The request record that a JSON object describes.

    :raises InputError: it is not an object, has a field that the record has not, lacks one that it needs, or one has the
        wrong type or is out of range.
    """
    if not isinstance(value, dict):
        raise InputError("The body is not a JSON object.", hint='For example: {"text": "水手服"}.')
    known: dict[str, Field[Any]] = {f.name: f for f in fields(record)}  # type: ignore[arg-type]
    unknown = [name for name in value if name not in known]
    if unknown:
        raise InputError(f"There is no field {unknown[0][:60]!r}.", hint=f"The fields are: {', '.join(known)}.")
    missing = [name for name, f in known.items() if name not in value and _required(f)]
    if missing:
        raise InputError(f"The field {missing[0]} is missing.", hint=HELP.get(missing[0], "It is needed."))
    hints = _hints(record)
    return record(**{name: _converted(name, hints[name], given) for name, given in value.items()})


def _required(f: Field[Any]) -> bool:
    return f.default is MISSING and f.default_factory is MISSING


def _converted(name: str, hint: Any, value: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _converted(name, next(a for a in arguments if a is not type(None)), value)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(name, "a list")
        if len(value) > MAX_ITEMS:
            raise InputError(f"{name} has {len(value):,} items.", hint=f"Send at most {MAX_ITEMS:,}.")
        return tuple(_converted(name, arguments[0], item) for item in value)
    if origin is Literal:
        if value not in arguments:
            raise InputError(f"There is no {name} {_shown(value)}.", hint=f"Use one of: {', '.join(arguments)}.")
        return value
    return _plain(name, hint, value)


def _plain(name: str, hint: Any, value: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise _wrong(name, "the names of categories")
        return Category.parse(value if isinstance(value, int) else value[:60])
    if hint is str and isinstance(value, str):
        return value
    if hint is bool and isinstance(value, bool):
        return value
    if isinstance(value, bool):
        raise _wrong(name, _WORDS.get(hint, "another type"))
    if hint is float and isinstance(value, (int, float)):
        return float(max(-1e300, min(1e300, value)))
    if hint is int and (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        return int(value)
    raise _wrong(name, _WORDS.get(hint, "another type"))


def as_flag(name: str, value: Any) -> bool:
    """A field that is true or false."""
    found: bool = _plain(name, bool, value)
    return found


_WORDS = {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}


def _wrong(name: str, wanted: str) -> InputError:
    return InputError(f"The field {name} has the wrong type.", hint=f"Send {wanted}.")


def _shown(value: Any) -> str:
    return repr(value)[:60]


def json_schema(record: type) -> dict[str, Any]:
    """The JSON schema of a record's JSON object."""
    hints = _hints(record)
    properties: dict[str, Any] = {}
    required = []
    for f in fields(record):
        properties[f.name] = described(f.name, _schema_of(hints[f.name]))
        if _required(f):
            required.append(f.name)
        elif f.default is not MISSING:
            properties[f.name]["default"] = list(f.default) if isinstance(f.default, tuple) else f.default
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def described(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A field's schema with what it means."""
    return {**schema, "description": HELP[name]} if name in HELP else dict(schema)


def _schema_of(hint: Any) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _schema_of(next(a for a in arguments if a is not type(None)))
        return {**inner, "type": [inner["type"], "null"]}
    if origin is tuple:
        return {"type": "array", "items": _schema_of(arguments[0]), "maxItems": MAX_ITEMS}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return {"type": "string", "enum": [category.label for category in Category]}
    return {"type": {str: "string", bool: "boolean", int: "integer", float: "number"}[hint]}
