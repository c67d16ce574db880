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
