"""Verbs that say that a thing is not there, as patterns: Japanese and Korean negate by conjugation, other languages by their tables."""

from __future__ import annotations

from typing import Any

from .conjugation import (
    japanese_done,
    japanese_forgotten,
    japanese_forms,
    japanese_refused,
    korean_forgotten,
    korean_negated,
    negated_verbs,
)


def absent_verbs(table: dict[str, Any], language: str) -> str:
    """Negated verbs of a thing that is not there, in the group `absent`, or is there all the same; "" for languages without them.

    Those that leave it there stand among them because they begin alike: 出かけない is not 出ない.
    """
    absent, stays = (negated_verbs(language, kind) for kind in ("absent", "stays"))
    if language == "ko":
        return f"(?:(?:{'|'.join(table['adverbs'])}) ?)?(?P<absent>{korean_negated(absent)})"
    if language == "ja":
        verbs = f"(?:(?:{japanese_forms(stays)})|(?P<absent>{japanese_forms(absent)}))"
        negated = f"(?:{'|'.join(table['negators'])})(?:[てで]も?|まま)?"
        return _behind_noun(table, verbs + negated, "が")
    return f"(?P<absent>{'|'.join(table['absent_forms'])})" if "absent_forms" in table else ""


def excluding_verbs(table: dict[str, Any], language: str) -> list[str]:
    """All verbs that exclude what stands before them: negated, done, forgotten or refused."""
    found = [absent_verbs(table, language), *removing_verbs(table, language)]
    if language == "ja":
        refused = japanese_refused(negated_verbs(language, "absent"))
        found += [_behind_noun(table, japanese_done(negated_verbs(language, "off")), ""), f"[をはも]?(?:{refused})"]
    return found


def removing_verbs(table: dict[str, Any], language: str) -> list[str]:
    """Verbs that say that a thing is taken off, lost, over or forgotten: it may lie in the picture."""
    absent = negated_verbs(language, "absent")
    if language == "ko":
        return [korean_forgotten(absent)]
    if language != "ja":
        return []
    gone, ended = (japanese_done(negated_verbs(language, kind)) for kind in ("gone", "ended"))
    forgotten = f"[をはもが]?(?:{japanese_forgotten(absent)})"
    return [_behind_noun(table, gone, ""), _behind_noun(table, ended, "[がの]"), forgotten]


def _behind_noun(table: dict[str, Any], verb: str, subject: str) -> str:
    """A Japanese verb with its particle and an adverb, one of which may be missing; `subject` is the particle of a subject."""
    adverbs, particles = "|".join(table["adverbs"]), "|".join([*table["particles"], *filter(None, [subject])])
    return f"(?:(?:{particles})(?:(?:{adverbs})、?)?|(?<![をはがもでにへと])(?:{adverbs})、?|(?<=[ァ-ヶー]))(?:{verb})"
