"""Reading the JSON Lines of a set of queries."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..errors import InputError
from ..storage.foreign import JSON_VALUE, TEXT, at

T = TypeVar("T")


def read_lines(path: Path, parse: Callable[[Any], T], what: str, example: str) -> list[T]:
    """What `parse` makes of the JSON of every line that is not blank; `what` and `example` are for the error.

    :raises InputError: the file cannot be read, or a line is not a query, with its number.
    """
    with at(
        TEXT, lambda why: InputError(f"The query file {path} cannot be read: {why}.", hint="Pass a UTF-8 .jsonl file.")
    ):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            with at(JSON_VALUE, partial(_wrong, f"{path}, line {number} is {what}", f"A line is {example}.")):
                found.append(parse(json.loads(line)))
    return found


def _wrong(what: str, hint: str, why: str) -> InputError:
    return InputError(f"{what}: {why}.", hint=hint)
