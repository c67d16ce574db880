"""Words that belong together across a particle: relative clauses of Chinese, objects and their verbs in Japanese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .roles import Role
from .segment import Piece

_PLACED = "在"
_ASPECT = "着"
_OF = "的"
_OBJECT = "を"
_GOVERNING = frozenset("にで")
_GERUND = ("って", "んで", "いて", "して")
_OPEN = (Role.CONTENT, Role.MODIFIER, Role.VERB)
_ADNOMINAL = ("た", "る")
_PLACE_PARTICLES = frozenset("にで")
_VERB_ENDINGS = ("て", "で", "る", "た", "う", "く", "す", "む")


def mark_verbs(pieces: Sequence[Piece]) -> list[Piece]:
    """端|着|托盘 -> 端 is a verb: what stands before the aspect particle 着."""
    marked = list(pieces)
    for i, piece in enumerate(pieces):
        follows = i + 1 < len(pieces) and pieces[i + 1].key == _ASPECT
        if (
            piece.role is Role.CONTENT
            and not piece.known
            and (follows or (piece.key.endswith(_ASPECT) and len(piece.key) < 4))
        ):
            marked[i] = replace(piece, role=Role.VERB)
    return marked


def join_relative(pieces: Sequence[Piece]) -> list[Piece]:
    """挂|在|脖子|上|的|耳机 -> 挂在脖子上|的|耳机: a verb with its place, before the noun that it describes."""
    joined: list[Piece] = []
    ends, i = _relative_ends(pieces), 0
    while i < len(pieces):
        placed = i + 1 < len(pieces) and pieces[i + 1].key == _PLACED and pieces[i].role in (Role.CONTENT, Role.VERB)
        of = ends[i + 1] if placed else 0
        if of and of + 1 < len(pieces) and pieces[of + 1].role in (Role.CONTENT, Role.MODIFIER):
            key = "".join(piece.key for piece in pieces[i:of])
            joined.append(Piece(pieces[i].first, pieces[of].first, key, Role.CONTENT))
            i = of
        else:
            joined.append(pieces[i])
            i += 1
    return joined


def _relative_ends(pieces: Sequence[Piece]) -> list[int]:
    """For each piece the place of the next 的 that no mark and no person parts from it, 0 where there is none."""
    ends, end = [0] * len(pieces), 0
    for i in reversed(range(len(pieces))):
        ends[i] = end
        if pieces[i].key == _OF:
            end = i
        elif pieces[i].role in (Role.COMMA, Role.ENUMERATION, Role.PERSON):
            end = 0
    return ends


def join_modifiers(pieces: Sequence[Piece]) -> list[Piece]:
    """首|に|かけた|ヘッドフォン -> one piece 首にかけた before its noun: a verb in adnominal form and what it governs."""
    joined: list[Piece] = []
    for i, piece in enumerate(pieces):
        before, after = (joined[-2:] if len(joined) > 1 else None), (pieces[i + 1] if i + 1 < len(pieces) else None)
        adnominal = piece.role is Role.CONTENT and not piece.known and piece.key.endswith(_ADNOMINAL)
        if (
            before
            and after
            and adnominal
            and after.role is Role.CONTENT
            and before[1].key in _GOVERNING
            and before[0].role is Role.CONTENT
        ):
            piece = Piece(before[0].first, piece.last, before[0].key + before[1].key + piece.key, Role.CONTENT)
            joined = joined[:-2]
        joined.append(piece)
    return joined


def join_objects(pieces: Sequence[Piece]) -> list[Piece]:
    """短剣|を|手|に|持っている -> all one phrase, unless the verb is one of wearing or being; a verb ends it."""
    joined: list[Piece] = []
    governed = False
    for i, piece in enumerate(pieces):
        after = pieces[i + 1] if i + 1 < len(pieces) else None
        if piece.key == _OBJECT and after is not None and after.role in _OPEN:
            governed = True
            piece = replace(piece, role=Role.LINK)
        elif governed and piece.key in _PLACE_PARTICLES and after is not None and after.role is Role.CONTENT:
            piece = replace(piece, role=Role.LINK)
        elif governed and piece.role in _OPEN:
            # What follows the object is its verb, known to the index or not.
            piece = replace(piece, known=False)
        joined.append(piece)
        ends = piece.role is Role.CONTENT and not piece.known and after is not None
        if ends and piece.key.endswith(_VERB_ENDINGS if governed else _GERUND) and len(piece.key) > 1:
            governed = False
            joined.append(Piece(piece.last, piece.last, "", Role.BREAK))
    return joined
