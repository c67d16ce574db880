"""Bodies as FastAPI and pydantic take them: unknown fields ignored, numbers and flags also as strings, errors in their form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from ..failures import RequestError, failure
from ..message import Answer, json_answer


class FieldErrors(Exception):
    """What is wrong with a body, one entry a field, as pydantic words it."""

    def __init__(self, details: list[dict[str, Any]]) -> None:
        super().__init__(json.dumps(details)[:200])
        self.details = details


class _Wrong(Exception):
    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    `kind` is str, int, float, bool or list (of strings); `least` and `most` bound a number or a list's length;
    `choices` are the only values of a string or of a list's items; `needed` has no default, `nullable` takes null.
    """

    kind: type
    default: Any = None
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    item_chars: int | None = None
    needed: bool = False
    nullable: bool = False

    def parse(self, value: Any) -> Any:
        """The value of the field's type; raises _Wrong."""
        if value is None and self.nullable:
            return None
        if self.kind is list:
            return self._list(value)
        parsed = _PARSERS[self.kind](value)
        if isinstance(parsed, str):
            self._check_choice(parsed)
        elif self.least is not None and parsed < self.least:
            raise _Wrong("greater_than_equal", f"Input should be greater than or equal to {self.least}")
        elif self.most is not None and parsed > self.most:
            raise _Wrong("less_than_equal", f"Input should be less than or equal to {self.most}")
        return parsed

    def _list(self, value: Any) -> list[str]:
        if not isinstance(value, list):
            raise _Wrong("list_type", "Input should be a valid list")
        if self.most is not None and len(value) > self.most:
            raise _Wrong("too_long", f"List should have at most {int(self.most)} items after validation")
        items = [_text(item) for item in value]
        for item in items:
            self._check_choice(item)
            if self.item_chars is not None and len(item) > self.item_chars:
                raise _Wrong("string_too_long", f"String should have at most {self.item_chars} characters")
        return items

    def _check_choice(self, value: str) -> None:
        if self.choices and value not in self.choices:
            quoted = [f"'{choice}'" for choice in self.choices]
            wanted = f"{', '.join(quoted[:-1])} or {quoted[-1]}"
            raise _Wrong("literal_error", f"Input should be {wanted}")

    def schema(self) -> dict[str, Any]:
        """The JSON schema."""
        schema: dict[str, Any] = {"type": _NAMES[self.kind]}
        if self.kind is list:
            schema["items"] = {"type": "string"}
            if self.choices:
                schema["items"]["enum"] = list(self.choices)
            if self.item_chars is not None:
                schema["items"]["maxLength"] = self.item_chars
            if self.most is not None:
                schema["maxItems"] = int(self.most)
        else:
            if self.choices:
                schema["enum"] = list(self.choices)
            schema |= {k: v for k, v in (("minimum", self.least), ("maximum", self.most)) if v is not None}
        if self.nullable:
            schema["type"] = [schema["type"], "null"]
        return schema if self.needed else {**schema, "default": self.default}


_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array"}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("string_type", "Input should be a valid string")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _Wrong("int_type", "Input should be a valid integer")
    if isinstance(value, float):
        if not value.is_integer():
            raise _Wrong("int_from_float", "Input should be a valid integer, got a number with a fractional part")
        return int(value)
    if isinstance(value, str) and not re.fullmatch(r"\s*[+-]?[0-9]{1,20}\s*", value):
        raise _Wrong("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _Wrong("float_type", "Input should be a valid number")
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise _Wrong("float_parsing", "Input should be a valid number, unable to parse string as a number") from error


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in _TRUE + _FALSE:
        return value.lower() in _TRUE
    raise _Wrong("bool_parsing", "Input should be a valid boolean, unable to interpret input")


_TRUE, _FALSE = ("1", "true", "t", "yes", "y", "on"), ("0", "false", "f", "no", "n", "off")
_PARSERS: dict[type, Any] = {str: _text, int: _integer, float: _number, bool: _flag}


def parse_fields(fields: Mapping[str, Field], body: Any) -> dict[str, Any]:
    """The values of all fields, defaults included; raises FieldErrors with everything that is wrong."""
    if not isinstance(body, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        raise FieldErrors([_detail("model_attributes_type", ["body"], message, body)])
    values, details = {}, []
    for name, field in fields.items():
        if name not in body:
            if field.needed:
                details.append(_detail("missing", ["body", name], "Field required", body))
            values[name] = field.default
            continue
        try:
            values[name] = field.parse(body[name])
        except _Wrong as wrong:
            details.append(_detail(wrong.kind, ["body", name], str(wrong), body[name]))
    if details:
        raise FieldErrors(details)
    return values


def _detail(kind: str, place: list[str], message: str, given: Any) -> dict[str, Any]:
    return {"type": kind, "loc": place, "msg": message, "input": given}


def schema_of(fields: Mapping[str, Field]) -> dict[str, Any]:
    """The JSON schema of a body."""
    return {
        "type": "object",
        "properties": {name: field.schema() for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.needed],
    }


def fastapi_failure(error: Exception) -> Answer:
    """The answer for an error as this API's callers know it: {"detail": ...}."""
    if isinstance(error, FieldErrors):
        return json_answer({"detail": error.details}, 422)
    if isinstance(error, RequestError):
        if error.code == "json":
            detail = _detail("json_invalid", ["body", "0"], "JSON decode error", {})
            return json_answer({"detail": [detail]}, 422)
        words = _DETAILS.get(error.code, str(error))
        return json_answer({"detail": words}, error.status, error.headers)
    if isinstance(error, InputError):
        return json_answer({"detail": [_detail("value_error", ["body"], str(error), {})]}, 422)
    answer = failure(error)
    return json_answer({"detail": answer.json()["error"]}, answer.status)


_DETAILS = {
    "not_found": "Not Found",
    "method": "Method Not Allowed",
    "key": "invalid_api_key",
    "rate": "anonymous_rate_limited",
}
ERROR = {"type": "object", "properties": {"detail": {}}, "required": ["detail"]}
ERRORS = (
    (401, "The key is missing or wrong."),
    (413, "The body is too large."),
    (422, "A field is missing, of the wrong type or out of range, or the body is not JSON."),
    (429, "Too many requests; the header Retry-After says when to ask again."),
    (503, "There is no index, it cannot be used, or the server is busy."),
)
