"""Which language a stretch of text is in, as far as its grammar matters here: by script, for alphabets by words of its own."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from ..text.fold import fold
from .excluding_words import excluding_words
from .function_words import function_words

_LETTERS = re.compile(r"(?<!['’])[^\W\d_]+")  # without the s of "girl's"
_KANA = re.compile("[\u3041-\u309f]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_ARABIC = re.compile("[\u0620-\u064a]")
_THAI = re.compile("[\u0e01-\u0e4f]")
_ONE_KATAKANA = re.compile("[\u30a1-\u30fa]")
_KATAKANA = re.compile("[\u30a1-\u30fa]{2}")
_LETTER_WEIGHT = 0.3  # of a single letter against a word
_IBERIAN = frozenset(("es", "pt"))
RELATED = {"es": _IBERIAN, "pt": _IBERIAN, "it": _IBERIAN | {"it"}}  # languages that share many words
# Letters that few of these languages have.
_OWN_LETTERS = {
    "es": frozenset("ñ"),
    "fr": frozenset("èêâîôûœç"),
    "de": frozenset("äöüß"),
    "ru": frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюя"),
    "pt": frozenset("ãõçâê"),
    "pl": frozenset("ąćęłńśźż"),
    "tr": frozenset("ğışçöü"),
    "vi": frozenset("đơưạảấầậắếềểệịọốồộớờợụủứừữự"),
}
ALPHABETIC = ("en", "es", "fr", "de", "ru", "pt", "it", "nl", "pl", "tr", "th", "ar", "vi", "id")
BESIDE_ENGLISH = frozenset(ALPHABETIC) - {"en"}

_FILE = Path(__file__).with_name("vocabulary.json")  # which python -m training.vocabulary makes of the lexicon
_OWN_WEIGHT = 0.5  # of a word that few languages have, which may have nothing but nouns beside it: "ragazza bionda"
# d'une, n'est
_FRENCH = re.compile(r"\b[dlnjcs]['’](?:une?|il|elles?|est|ai|a|y|on|en|eau|été|herbe|enfant)\b", re.IGNORECASE)
_ENGLISH_WEIGHT = 0.2  # of an English word, since many are words of other languages too
_OTHERS = 1  # words besides English ones in a text that is taken for English without function words
# Words that differ by an accent alone from one of another language, and function words that are nouns or numbers of another.
_SPELLED = {"très": ("fr",), "tres": ("es",), "três": ("pt",), "pelo": ("es", "pt"), "dos": ("es", "pt", "fr")}
# "gato no telhado": between such words "no" is Portuguese for "in the", and excludes nothing.
_AMONG_NOUNS = re.compile(
    r"(?<![^\W\d_])(?=(?P<before>[^\W\d_]{2,}) no (?!(?:logo|photo|video|tattoo|kimono|halo|tuxedo|poncho|piano|afro)\b)"
    r"[^\W\d_]*(?:o|ão|éu|á|ô|que|im|em|ar|al)(?!\w))",
    re.IGNORECASE,
)

_LOANED = dict.fromkeys(map(ord, "éïÉ’‘“”—–…"))
_ENGLISH_WORDS = frozenset(("on", "to", "do", "by", "my", "am"))
_ENGLISH_NOUNS = frozenset(("hat", "war", "fur"))  # has, was and für, which English lists are full of


@lru_cache(maxsize=1)
def _deciding() -> dict[str, frozenset[str]]:
    words = {language: function_words()[language] | excluding_words(language) for language in ALPHABETIC}
    return words | {"de": words["de"] - _ENGLISH_NOUNS, "pl": words["pl"] - _ENGLISH_WORDS}


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, frozenset[str]]:
    """Of each language words that it has alone or shares with one other, of English words that it has."""
    table: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return {language: frozenset(words) for language, words in table.items()}


def _has_accents(text: str) -> bool:
    """Whether a text has letters that English has not; it has those of café and naïve."""
    return not text.translate(_LOANED).isascii()


def certain_language(text: str) -> str | None:
    """The language of a text in an alphabet that its function words tell, None where they tell none, or two others than English."""
    likely = likely_languages(text)
    return likely[0] if len(likely) == 1 else None


def likely_languages(text: str) -> tuple[str, ...]:
    """The languages of an alphabet that a text may be in by its function words, several where these tell no more; () for none.

    >>> likely_languages("una casa con luna"), likely_languages("hut")
    (('es', 'it'), ())
    """
    words = frozenset(fold(word) for word in _LETTERS.findall(text)[:200])
    language = language_of(text)
    known = _deciding().get(language, frozenset())
    if not any(len(word) > 1 for word in words & known):
        return ("en",) if language == "en" and _is_english(words) else ()
    if language == "en":
        return () if _has_accents(text) else ("en",)  # "pose" is a word of other languages too
    counts = _counts(text)
    # "un chat": un is a word of three languages.
    return tuple(other for other in counts if counts[other] >= counts[language])


def _is_english(words: frozenset[str]) -> bool:
    """Whether words without a function word among them are plainly English: red is a net in Spanish, but not in "a red apple"."""
    english = words & _vocabulary()["en"]
    return len(english) + ("a" in words) > 1 and sum(len(word) > 1 for word in words - english) <= _OTHERS


def language_of(text: str) -> str:
    """The language of a whole text: `ja`, `zh`, `ko`, or the one of an alphabet whose function words it uses most.

    >>> [language_of(t) for t in ("黒髪の少女", "黑发少女", "긴 머리", "a girl", "una chica con gafas")]
    ['ja', 'zh', 'ko', 'en', 'es']
    """
    if _HANGUL.search(text):
        return "ko"
    if _KANA.search(text) or _KATAKANA.search(text):
        return "ja"
    if _HAN.search(text):
        return "zh"
    if _ONE_KATAKANA.search(text):
        return "ja"
    if _ARABIC.search(text):
        return "ar"
    if _THAI.search(text):
        return "th"
    counts = _counts(text)
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] > 0 else "en"


def _counts(text: str) -> dict[str, float]:
    """How many words of a text each language of an alphabet knows, with what its letters and its words for persons add."""
    spelled = _LETTERS.findall(text.lower())[:200]
    words = [fold(word) for word in spelled]
    # A single letter is a word in many languages, and an abbreviation in others.
    weights = [
        (word, _SPELLED.get(said), 1.0 if len(word) > 1 else _LETTER_WEIGHT)
        for word, said in zip(words, spelled, strict=True)
    ]
    counts = {
        language: sum(weight for word, of, weight in weights if (word in known if of is None else language in of))
        for language, known in _deciding().items()
    }
    for language, letters in _OWN_LETTERS.items():
        counts[language] += _LETTER_WEIGHT * sum(not letters.isdisjoint(word) for word in set(spelled))
    for language, known in ((name, known) for name, known in _vocabulary().items() if name != "en"):
        counts[language] += _OWN_WEIGHT * len(known.intersection(words))
    english = _vocabulary()["en"] | _deciding()["en"]
    before = [found["before"] for found in _AMONG_NOUNS.finditer(text)]
    if any(word[0].isupper() or fold(word) not in english for word in before):  # Sakura is in English lists too
        counts["pt"] += _LETTER_WEIGHT
    counts["fr"] += _FRENCH.search(text) is not None
    counts["en"] += _ENGLISH_WEIGHT * len(_vocabulary()["en"].intersection(words))
    counts["en"] -= _LETTER_WEIGHT * any(map(_has_accents, spelled))
    return counts
