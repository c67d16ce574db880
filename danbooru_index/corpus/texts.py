"""The texts that represent a tag: each gets its own vector, and a tag is as near as its nearest text.

One vector of the whole line averages the name away (benchmarks/ranking_study.md): names stand alone, all names together
carry a character's name with its series, and a definition answers to descriptions.
"""

from __future__ import annotations

import re
from enum import IntEnum
from itertools import zip_longest

from ..records import TagRecord
from ..text.fold import spaced

MAX_DEFINITION_CHARS = 300
MAX_NAMES = 6
RARELY_USED, MAX_NAMES_OF_RARE = 2_000, 4  # below so many posts; a corpus without counts (0) says nothing of use
_QUALIFIER = re.compile(r"(?: \([^()]*\))+$")


class TextKind(IntEnum):
    """What a text says about its tag. The numbers are stored in indexes."""

    TAG = 0
    NAME = 1
    JOINED = 2
    DEFINITION = 3
    ALIAS = 4


def texts_of(record: TagRecord) -> list[tuple[TextKind, str]]:
    """The distinct texts of a tag, in order of their kind."""
    names = embedded_names(record)
    texts = [(TextKind.TAG, spaced(record.tag)), *((TextKind.NAME, name) for name in names)]
    if len(names) > 1:
        texts.append((TextKind.JOINED, "，".join(names)))
    texts += [(TextKind.DEFINITION, text[:MAX_DEFINITION_CHARS]) for text in record.definitions.values()]
    texts += [(TextKind.ALIAS, spaced(alias)) for alias in record.aliases[:MAX_NAMES]]
    distinct: dict[str, tuple[TextKind, str]] = {}
    for kind, text in texts:
        if text.strip():
            distinct.setdefault(text.lower(), (kind, text))
    return list(distinct.values())


def embedded_names(record: TagRecord) -> list[str]:
    """The names that get a vector: of each language in turn the next one, MAX_NAMES in all, fewer of a tag that is rarely used.

    Further names are found by spelling and by their words; a vector for each would make builds and first answers slow.
    """
    most = MAX_NAMES_OF_RARE if 0 < record.post_count < RARELY_USED else MAX_NAMES
    lists = [names for names in record.names.values() if names]
    turns = zip_longest(*lists)
    return [name for turn in turns for name in turn if name is not None][:most]


def lexical_names(record: TagRecord) -> list[str]:
    """The names that the lexical channel compares.

    They are the tag in words, also without its qualifier, its aliases, and every name in every language.

    >>> lexical_names(TagRecord("poison_(final_fight)", ""))
    ['poison (final fight)', 'poison']
    """
    tag = spaced(record.tag)
    names = [tag, _QUALIFIER.sub("", tag), *(spaced(alias) for alias in record.aliases), *record.all_names()]
    return list(dict.fromkeys(name for name in names if name))


def late_text(record: TagRecord) -> str:
    """The one text of a tag whose tokens late interaction compares: the tag and its names.

    Tokens are compared one by one, so names side by side do not blur each other as they would in one dense vector.
    """
    return ", ".join([spaced(record.tag), *embedded_names(record)])
