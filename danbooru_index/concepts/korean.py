"""Korean particles, which are written together with the noun before them."""

from __future__ import annotations

PARTICLES = (
    "에서는",
    "에서도",
    "으로는",
    "에서",
    "에게",
    "으로",
    "이랑",
    "하고",
    "까지",
    "부터",
    "처럼",
    "이며",
    "이고",
    "이나",
    "에는",
    "한테",
    "에도",
    "과",
    "와",
    "을",
    "를",
    "이",
    "가",
    "은",
    "는",
    "에",
    "의",
    "로",
    "도",
    "랑",
    "만",
)
# Nouns that end like a particle.
_WHOLE = """
고양이 호랑이 원숭이 어린이 아이 목걸이 귀걸이 종이 지팡이 거북이 놀이 사이 높이 길이 나이 오이 모이 구이 떡볶이 곰돌이 멍멍이 야옹이 쌍둥이
개구쟁이
"""
WHOLE = frozenset(_WHOLE.split())
# Nouns of one syllable, which a verb or a longer noun would rarely begin with when one of the other particles follows.
_SHORT = frozenset("용곰뱀쥐소닭새꽃별달칼총책컵옷강빵개양말")
_AFTER_CONSONANT, _AFTER_VOWEL = frozenset("을과이은"), frozenset("를와가는랑")


def particle_of(word: str) -> str:
    """The particle that a word ends with, "" for none.

    >>> [particle_of(word) for word in ("소녀는", "용을", "가을", "곰과", "검은", "고양이")]
    ['는', '을', '', '과', '', '']
    """
    if word in WHOLE:
        return ""
    found = (particle for particle in PARTICLES if len(word) > len(particle) and word.endswith(particle))
    return next((particle for particle in found if len(word) > 2 or _follows(particle, word[0])), "")


def _follows(particle: str, syllable: str) -> bool:
    """Whether a particle of one syllable may follow a noun of one: its form tells whether that ends in a consonant."""
    closed = (ord(syllable) - 0xAC00) % 28 > 0
    if particle in (_AFTER_VOWEL if closed else _AFTER_CONSONANT):
        return False
    return particle in "을를" or syllable in _SHORT
