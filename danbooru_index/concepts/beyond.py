"""Languages that the embedded encoder was not trained on, as far as a text shows them: by its script or by its letters."""

from __future__ import annotations

import unicodedata
from collections import Counter

from .language import certain_language

_MOST = 400  # characters that are looked at
_ENOUGH = 3  # letters of a script: one alone may be a sign, as in (´・ω・`)
# Scripts by the first word of their letters' Unicode names. The encoder knows Latin, Cyrillic, Arabic, Thai and those of East Asia.
_SCRIPTS = {
    "GREEK": "Greek",
    "HEBREW": "Hebrew",
    "DEVANAGARI": "Hindi",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "TELUGU": "Telugu",
    "GUJARATI": "Gujarati",
    "GURMUKHI": "Punjabi",
    "KANNADA": "Kannada",
    "MALAYALAM": "Malayalam",
    "SINHALA": "Sinhala",
    "GEORGIAN": "Georgian",
    "ARMENIAN": "Armenian",
    "KHMER": "Khmer",
    "LAO": "Lao",
    "MYANMAR": "Burmese",
    "ETHIOPIC": "Amharic",
    "TIBETAN": "Tibetan",
}
# Letters that none of the encoder's languages has.
_LETTERS = {
    "Vietnamese": frozenset("đơưảạấầậẩẫắằặẳẵếềệểễẻẹỉịọốồộổỗớờợởỡỏụủứừựửữỷỵ"),
    "Ukrainian": frozenset("іїєґ"),
    "Czech": frozenset("řěů"),
    "Hungarian": frozenset("őű"),
    "Romanian": frozenset("țșă"),
    "a Nordic language": frozenset("åø"),
    "Persian": frozenset("پچژگ"),
}
_BY_WORDS = {"vi": "Vietnamese", "id": "Indonesian"}
_FEW_WORDS = 3  # yin and yang is English


def beyond_language(text: str) -> str:
    """The language of a text that the embedded encoder does not know; empty where nothing shows one.

    >>> [beyond_language(t) for t in ("तलवार पकड़े हुए लड़की", "cô gái ngồi dưới mưa", "дівчина", "девушка", "(´・ω・`)")]
    ['Hindi', 'Vietnamese', 'Ukrainian', '', '']
    """
    letters = unicodedata.normalize("NFC", text[:_MOST].lower())
    scripts = Counter(unicodedata.name(char, "").partition(" ")[0] for char in letters if char.isalpha())
    script = max(_SCRIPTS, key=lambda name: scripts[name])
    if scripts[script] >= _ENOUGH:
        return _SCRIPTS[script]
    language = max(_LETTERS, key=lambda name: sum(char in _LETTERS[name] for char in letters))
    if not _LETTERS[language].isdisjoint(letters):
        return language
    return _BY_WORDS.get(certain_language(text) or "", "") if len(text.split()) >= _FEW_WORDS else ""
