"""Tags and names as sources spell them: one spelling of a tag, and every name under its language."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ..corpus.line import MAX_TAG_CHARS
from ..storage.foreign import JSON
from ..text.fold import clean, is_han, script_language, spaced

MAX_NAME_CHARS = 100

# "Steins;Gate", "1,000" and "a,_b", where the underscore is a space, are one name each.
_COMMAS = re.compile(r"[，；]|,(?!\d{3}|_)|;(?![A-Za-z])")
# Scripts that a language is written in, next to the one that script_language gives for it.
_WRITTEN_IN = {"zh": {"zh"}, "ja": {"ja", "zh"}, "ko": {"ko", "zh"}}


class ValueProblem(ValueError):
    """Why one value, or the whole row when the tag is meant, cannot be used."""


def normalise_tag(value: Any) -> str:
    """The tag as Danbooru spells it: NFC, lower case, white space as one underscore.

    :raises ValueProblem: no text, empty, longer than 255 characters, or with characters that cannot stand in a tag.
    """
    if not isinstance(value, str):
        raise ValueProblem(f"the tag is {type(value).__name__}, not text" if value is not None else "no tag")
    tag = "_".join(value.split())
    tag = tag.lower() if tag.isascii() else unicodedata.normalize("NFC", tag.lower())
    if not tag:
        raise ValueProblem("no tag")
    if len(tag) > MAX_TAG_CHARS:
        raise ValueProblem(f"the tag has {len(tag)} characters, at most {MAX_TAG_CHARS} are allowed")
    if not tag.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs") for c in tag):
        raise ValueProblem(f"the tag {tag!r} has control characters or broken Unicode")
    return tag


def split_names(value: Any, *, commas: bool = True) -> list[str]:
    """The names of a cell: a list, a JSON list, or text divided by `|`, else, where allowed, by commas and semicolons.

    :raises ValueProblem: neither text nor a list of text.
    """
    items = _listed(value)
    if items is not None:
        return items
    parts = value.split("|") if "|" in value or not commas else _COMMAS.split(value)
    return [item.strip() for item in parts]


def split_tags(value: Any) -> list[str]:
    """The tags of a cell as they are spelt: a list, a JSON list, or text divided by commas, which no tag has.

    :raises ValueProblem: neither text nor a list of text.
    """
    items = _listed(value)
    return [item for item in (value.split(",") if items is None else items) if item.strip()]


def _listed(value: Any) -> list[str] | None:
    """The items of a list or of a JSON list; None for any other text."""
    if isinstance(value, str) and value.startswith('["'):
        try:
            value = json.loads(value)
        except JSON.kinds:
            return None
    if isinstance(value, str):
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueProblem(f"{type(value).__name__} is neither text nor a list of text")
    return value


@lru_cache(maxsize=65_536)
def _japanese_only(char: str) -> bool:
    """Whether a Han character is used in Japanese alone: JIS X 0208 has it, GB 2312 and Big5 have not (桜, 髪, 気)."""
    return (
        is_han(ord(char))
        and _encodes(char, "shift_jis")
        and not _encodes(char, "gb2312")
        and not _encodes(char, "big5")
    )


def _encodes(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def name_language(name: str, said: str = "") -> str:
    """The language of a name: what its source says where the script agrees, else what the script says.

    Han names are Chinese, unless they have a form that only Japanese uses; Latin names are English.

    >>> name_language("桜"), name_language("樱花"), name_language("長髪", "ja"), name_language("Miku", "zh")
    ('ja', 'zh', 'ja', 'en')
    """
    script = script_language(name)
    if script in _WRITTEN_IN.get(said, ()) and not (said == "zh" and script != "zh"):
        return said
    if script == "zh" and any(map(_japanese_only, name)):
        return "ja"
    return script


def add_names(names: dict[str, list[str]], tag: str, items: Iterable[str], said: str = "") -> None:
    """Add names in order, each once and under one language, in words; the tag itself is left out.

    :raises ValueProblem: after the good ones are added, when one has lost its characters or is too long.
    """
    own = (tag, tag.replace("_", " "))
    bad = ""
    for item in items:
        name = spaced(clean(item)).strip()
        if not name or name.lower() in own:
            continue
        if "\ufffd" in name or not name.strip("?？ ") or len(name) > MAX_NAME_CHARS:
            bad = name
            continue
        if any(name in listed for listed in names.values()):
            continue
        names.setdefault(name_language(name, said), []).append(name)
    if bad:
        raise ValueProblem(
            f"the name {bad[:40]!r} " + ("is too long" if len(bad) > MAX_NAME_CHARS else "has lost its characters")
        )
