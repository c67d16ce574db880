"""Short names in kana: found where a word begins, not inside another word."""

from __future__ import annotations

import pytest

from danbooru_index.concepts.atoms import Clause, atoms_of
from danbooru_index.concepts.kana import is_inside, name_starts

KNOWN = frozenset(("お姉さん", "めがね", "ちまちま", "は", "と", "だけ", "ろぼ"))


@pytest.mark.parametrize(
    ("text", "name", "inside"),
    [
        ("くたびれた", "たび", True),
        ("跳ねてる", "ねて", True),
        ("上がり", "がり", True),
        ("ゴリゴリすりつぶす", "リす", True),
        ("こけてる", "こけ", True),
        ("シートの色", "シー", True),
        ("ねじりはちまき", "ねじ", True),
        ("メイドロボ", "メイド", False),
        ("たびの草履", "たび", False),
        ("めがねりぼん", "りぼん", False),
        ("お姉さんねこ", "ねこ", False),
        ("白くま", "くま", False),
        ("温めるひよこ", "ひよこ", False),
        ("りすとねこ", "ねこ", False),
        ("ねこたち", "ねこ", False),
        ("ダイオウイカの足", "イカ", False),
        ("ぎゅってする", "ぎゅっ", False),
        ("ぐるぐるめがねの子", "めがねの", False),  # longer than a name that stands in a word by chance
    ],
)
def test_where_a_name_is_the_inside_of_a_word(text, name, inside):
    atoms = atoms_of(text, Clause(0, len(text)))
    first = text.index(name)
    assert is_inside(atoms, first, first + len(name), name_starts(atoms, KNOWN), KNOWN) is inside
