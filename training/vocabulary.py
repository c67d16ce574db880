"""Words of the lexicon by which a phrase of nouns tells its language: those that one or two languages have alone, and English ones.

    python -m training.vocabulary      # writes danbooru_index/concepts/vocabulary.json

Of each language the single words among the names of the most used tags, without those that English writes alike.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from danbooru_index.concepts.counts import headcount, person_words
from danbooru_index.corpus.lexicon import load_lexicon
from danbooru_index.text.fold import fold

FILE = Path(__file__).parents[1] / "danbooru_index" / "concepts" / "vocabulary.json"
# Languages of the Latin alphabet: other scripts tell themselves.
LANGUAGES = ("es", "fr", "de", "pt", "it", "nl", "pl", "tr", "id")
MOST = 400  # words of a language beside those for girls and boys
MOST_ENGLISH = 2_500
SHORTEST = 4  # letters: shorter words are words of many languages
SHARED_BY = 2  # languages at most
# Words for girls and boys that are names too.
NAMES = frozenset(
    ("mari", "prinz", "nana", "nino", "anne", "reina", "adam", "baba", "nena", "vader", "elle", "yaya", "moco", "gore", "irma")
)  # fmt: skip
# Words that English has from a language and uses rarely.
OWN = {"fr": ("rouge", "rouges", "noir", "noire", "noirs", "noires", "chien")}


def vocabulary() -> dict[str, list[str]]:
    """For each language its words: those for girls and boys, then those of the most used tags; English ones be they shared or not."""
    entries = load_lexicon().entries
    english = {w for tag, entry in entries.items() for text in (tag, *entry.names.get("en", ())) for w in _words(text)}
    english |= NAMES | person_words("en").keys()
    persons = {
        language: [
            w
            for words in (headcount()["girl"], headcount()["boy"], *headcount()["numbers"].values())
            for name in words.get(language, ())
            for w in _words(name)
        ]
        for language in LANGUAGES
    }
    told = {language: dict.fromkeys(words) for language, words in persons.items()}
    for entry in entries.values():
        if not entry.series:  # a name of somebody is no word of a language
            for language, words in told.items():
                names = (*entry.names.get(language, ()), *entry.shared_names.get(language, ()))
                words |= dict.fromkeys(word for name in names for word in _words(name))
    spoken = Counter(word for words in told.values() for word in words)
    own = {
        language: [
            *OWN.get(language, ()),
            *(word for word in words if word not in english and spoken[word] <= SHARED_BY),
        ]
        for language, words in told.items()
    }
    plain = (
        w
        for tag, entry in entries.items()
        if not entry.series
        for w in _words(f"{tag} {' '.join(entry.names.get('en', ()))}", 3)
    )
    return {
        "en": list(dict.fromkeys(plain))[:MOST_ENGLISH],
        **{language: list(dict.fromkeys(words))[: MOST + len(persons[language])] for language, words in own.items()},
    }


def _words(text: str, shortest: int = SHORTEST) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]+", fold(text)) if len(word) >= shortest]


def main() -> None:
    """See the module."""
    found = sorted(vocabulary().items())
    lines = (f"{json.dumps(language)}: {json.dumps(words, ensure_ascii=False)}" for language, words in found)
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
