"""Which language a text is in, and whether that is certain."""

from __future__ import annotations

import pytest

from danbooru_index.concepts.language import certain_language, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("黒髪の少女", "ja"),
        ("ツインテール", "ja"),
        ("黑发少女", "zh"),
        ("긴 머리의 소녀", "ko"),
        ("a girl in the rain", "en"),
        ("no shoes", "en"),
        ("masterpiece", "en"),
        ("una chica con gafas en la playa", "es"),
        ("une fille sous la pluie", "fr"),
        ("ein Ritter ohne Helm", "de"),
        ("девушка в красном платье", "ru"),
        ("uma menina com um guarda-chuva", "pt"),
        ("فتاة بدون نظارات", "ar"),
        ("ไม่ใส่แว่น", "th"),
        ("Naruto pequeno balançando sozinho no parquinho", "pt"),
        ("Leuchtturmwärter, weißer Bart", "de"),
        ("siyah uzun saç, mavi göz", "tr"),
        ("кот-космонавт", "ru"),
        ("barefoot, straw hat, wheat field", "en"),
        ("a war horn on a longship's prow", "en"),
        ("café girl", "en"),
        ("ragazza bionda", "it"),
        ("menina loira", "pt"),
        ("jeune fille rousse, ni lunettes ni maquillage", "fr"),
        ("prinz eugen, sailor uniform", "en"),
        ("gato no telhado", "pt"),
        ("Sakura no hospital", "pt"),
        ("girl no hat", "en"),
        ("girl no hospital", "en"),
        ("tres chicas en la playa", "es"),
        ("três meninas", "pt"),
        ("camiseta roja", "es"),
        ("longs cheveux bruns ondulés", "fr"),
        ("portrait d'une femme", "fr"),
        ("robe rouge", "fr"),
        ("chat room, girl typing", "en"),
        ("chica de pelo azul corriendo", "es"),
        ("girl w/ blue hair", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("a girl in the rain", "en"),
        ("red hat", "en"),
        ("a red apple", "en"),
        ("red", None),
        ("una ragazza di notte", "it"),
        ("bola di pantai", "id"),
        ("meisje in het bos", "nl"),
    ],
)
def test_a_language_is_certain_where_no_other_has_as_many_of_the_words(text: str, language: str | None) -> None:
    assert certain_language(text) == language
