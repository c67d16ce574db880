"""The function words of a language as one table, with its numbers and its words for persons."""

from __future__ import annotations

from functools import lru_cache

from ..text.fold import match_key
from .counts import alone_words, fixed_phrases, further_words, number_words, person_words
from .grammar import CHINESE, ENGLISH, JAPANESE, KOREAN
from .roles import Role


@lru_cache(maxsize=4)
def roles_of(language: str) -> dict[str, Role]:
    """{match key: role} of the function words, persons and numbers of a language, English ones included."""
    own = {"zh": CHINESE, "ja": JAPANESE, "ko": KOREAN, "en": ENGLISH}
    roles: dict[str, Role] = {}
    for code in dict.fromkeys(("en", language)):
        roles.update(dict.fromkeys(number_words(code), Role.NUMBER))
        roles.update({match_key(word): role for word, role in own[code].items()})
        roles.update(dict.fromkeys(further_words(code), Role.NUMBER))
        roles.update(dict.fromkeys(alone_words(code), Role.ALONE))
        roles.update(dict.fromkeys(fixed_phrases(code), Role.PERSONS))
    roles.update(dict.fromkeys(person_words(), Role.PERSON))
    return roles
