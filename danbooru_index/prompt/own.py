"""The user's own parts of a prompt, which stay as they are and where they are: weights, networks, wildcards, keywords, tags.

Syntax of ComfyUI, WebUI and NovelAI prompts: `<lora:name:0.8>`, `(tag:1.2)`, `1.2::tag::`, `[a|b]`, `{a|b}`, `__wildcard__`, BREAK, AND,
`embedding:name`, escaped brackets; emoticons (`:d`, `^_^`, `;)`), which are tags in Danbooru's spelling; and, between commas, tags that
are already written in English.

All of it takes time in proportion to the prompt: no pattern reads the same characters again from each of many places.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

_QUALITY_WORDS = """
masterpiece, best quality, high quality, amazing quality, great quality, good quality, normal quality, low quality,
worst quality, very aesthetic, aesthetic, absurdres, highres, lowres, newest, recent, safe, sensitive, questionable,
explicit, general
"""
QUALITY = frozenset(word.strip() for word in _QUALITY_WORDS.split(","))
# Boundaries are ASCII: Chinese stands next to a keyword without a space.
_KEYWORDS = re.compile(r"(?<![A-Za-z0-9_])(?:BREAK|AND|ADDCOMM|ADDBASE|ADDCOL|ADDROW|PREV)(?![A-Za-z0-9_])")
_ANGLED = re.compile(r"<[^<>\n]+>|<(?:lora|lyco|hypernet):[^<>\n,，]*")
_NUMBER = r"(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})"
# NovelAI's emphasis, `1.2::long hair, smile::`.
_NUMERIC = re.compile(rf"-?{_NUMBER}::(?P<inner>[^\n]*?)::")
_WILDCARD = re.compile(r"__[^\s,]+?__")
_EMBEDDING = re.compile(r"(?:embedding|artist|style|year):[^\s,，()\[\]<>]+", re.IGNORECASE)
# A tag in Danbooru's spelling, with its qualifier in plain or escaped brackets; and words before an escaped bracket.
_W = r"[A-Za-z0-9'.!+-]+"
_QUALIFIER = r"(?:_?\\\([^()\\]*\\\)|_\([^()\\\s]*\))"
_UNDERSCORED = re.compile(rf"{_W}(?:_{_W})+{_QUALIFIER}*|{_W}{_QUALIFIER}+")
_ESCAPED = re.compile(rf"{_W}(?: {_W}){{0,3}} ?\\\([^()\\]*\\\)")
# An emoticon stands alone: no ASCII sign but a comma before it, a mark of punctuation or white space after it.
_EYE = r"[\^><@+=*~.;|$-]"
_EMOTICON = re.compile(
    rf"(?:{_EYE}_{_EYE}|([oxtu0])_\1|\^[3owu]\^)(?![A-Za-z0-9_])"
    r"|(?<![!-+.-~-])(?:>?[:;=]'?-?[dpqotixcsv3)(<>|/@]|<3|\\[om|]+/)(?=[\s,，、。.!！?？;；)）\]}|]|$)"
    r"|(?<![!-+.-~-])d[:;](?=[^\S\n]*(?:[,，、\n]|$))",
    re.IGNORECASE,
)
# Each pattern with the characters that it begins with: nearly every place of a prompt begins nothing, and is passed at once.
_FIRST = (
    (_ANGLED, "<"),
    (_WILDCARD, "_"),
    (_KEYWORDS, "BAP"),
    (_NUMERIC, "-.0123456789"),
    (_EMBEDDING, "eEaAsSyY"),
    (_EMOTICON, r"^><@+=*~.;|$-oOxXtTuU0:\dD"),
)
_INSIDE_WORDS = (_ANGLED, _WILDCARD, _KEYWORDS)  # what begins inside a word of Latin letters too
_TAGS = (_ESCAPED, _UNDERSCORED)
_RUN = re.compile(_W)
_WEIGHT = re.compile(rf":\s*[-+]?{_NUMBER}\s*$")
_WORDS_AFTER = re.compile(r"(?: [A-Za-z0-9'-]+){1,2}(?=\s*(?:[,，\n]|$))")
_SEPARATOR = re.compile(r"[,，\n]+")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_MAX_DEPTH = 100
_NESTED = 3  # brackets around each other in which prose is looked for
_SENTENCE = 5  # English words in brackets that are prose, not the name of something
# Control characters, byte order marks, soft hyphens and marks of direction: nobody sees them, and no name has them.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_SIGNS_ALONE = re.compile(r"[\x00-/:-@\[-`{-~]*")


@dataclass(frozen=True, slots=True)
class Segment:
    """`text` as it stands in the prompt; `own` parts are kept; `tag` is the tag that an own part writes, where it is one.

    `bracket` is "(" for the beginning and ")" for the end of a part that is weighed as a whole, with prose between them.
    """

    text: str
    own: bool
    tag: str = ""
    bracket: str = ""

    @property
    def words(self) -> str:
        """What a stretch of prose says, without characters that nobody sees and without backslashes; "" for signs alone."""
        seen = _UNSEEN.sub(" ", self.text).replace("\\", "")
        return "" if _SIGNS_ALONE.fullmatch(seen) else seen


def segments(prompt: str, tag_of: Callable[[str], str | None]) -> list[Segment]:
    """Cut a prompt into own parts and prose; joined again they are the prompt.

    :param tag_of: the tag of the index that an English spelling is, None if it is not one.
    """
    return _segments(prompt, tag_of, _NESTED)


def _segments(prompt: str, tag_of: Callable[[str], str | None], depth: int) -> list[Segment]:
    found: list[Segment] = []
    position = 0
    for start, end in _spans(prompt):
        found += _items(prompt[position:start], tag_of)
        part = prompt[start:end]
        tag = tag_of(part) or tag_of(bare(part)) or ""
        first, last = (0, 0) if tag or not depth else _weighed(part)
        if first:
            inner = _segments(part[first:last], tag_of, depth - 1)
            found += [Segment(part[:first], True, bracket="("), *inner, Segment(part[last:], True, bracket=")")]
        else:
            found.append(Segment(part, True, tag))
        position = end
    return _joined([*found, *_items(prompt[position:], tag_of)])


def _weighed(part: str) -> tuple[int, int]:
    """The place inside the brackets of a weight where prose stands, (0, 0) where it is none.

    >>> [part[slice(*_weighed(part))] for part in ("((雨の中:1.2))", "1.3::雨の中::", "(long hair:1.2)", "[雨|雪]", "-1::雨::")]
    ['雨の中', '雨の中', '', '', '']
    """
    first, last = 0, len(part)
    numeric = _NUMERIC.fullmatch(part)
    if numeric and part[0] == "-":
        return 0, 0  # what is not wanted
    if numeric:
        first, last = numeric.span("inner")
    while (
        not numeric and first < _NESTED and part[first] in _BRACKETS and _closing(part[first:last], 0) == last - first
    ):
        if part[first] != "(" and any(mark in part for mark in "|:"):
            return 0, 0  # a choice, or a change in time
        first, last = first + 1, last - 1
        weight = _WEIGHT.search(part, first, last)
        last = weight.start() if weight else last
    return (first, last) if _is_prose(part[first:last]) else (0, 0)


def _is_prose(text: str) -> bool:
    """Whether image models cannot read a text: it is not in Latin letters, or is a sentence of English."""
    if any(char.isalpha() and not char.isascii() for char in text):
        return True
    return not _SEPARATOR.search(text) and len(text.split()) >= _SENTENCE


def bare(part: str) -> str:
    r"""What a weighted or escaped part is about.

    >>> bare("((long hair:1.2))"), bare(r"saber \(fate\)"), bare("1.2::smile::")
    ('long hair', 'saber (fate)', 'smile')
    """
    numeric = _NUMERIC.fullmatch(part)
    text = numeric["inner"].strip() if numeric and part[0] != "-" else part
    for _ in range(_MAX_DEPTH):
        if len(text) < 2 or text[0] not in _BRACKETS or text[-1] != _BRACKETS[text[0]] or text[-2] == "\\":
            break
        text = _WEIGHT.sub("", text[1:-1])
    return text.replace("\\", "").strip()


def _spans(prompt: str) -> list[tuple[int, int]]:
    """The places of parts that are marked by their syntax, in order."""
    spans, position = [], 0
    settled = 0  # up to here a run of letters and signs is known to begin no tag, wherever in it one starts
    while position < len(prompt):
        end = _marked_end(prompt, position, tags=position >= settled)
        if end > position:
            spans.append(_with_words(prompt, position, end))
            position = settled = spans[-1][1]
        else:
            if position >= settled and not _inside_word(prompt, position):
                run = _RUN.match(prompt, position)
                settled = run.end() if run else position
            position += 2 if prompt[position] == "\\" else 1
    return spans


def _with_words(prompt: str, start: int, end: int) -> tuple[int, int]:
    """A wildcard or a choice with the few English words after it: `__colour__ hair`, `{red|blue} hair`."""
    if not (prompt.startswith("__", start) or prompt[start] in "{["):
        return start, end
    after = _WORDS_AFTER.match(prompt, end)
    return start, after.end() if after else end


def _inside_word(prompt: str, start: int) -> bool:
    """Whether the character before is of a word of Latin letters."""
    before = prompt[start - 1] if start else " "
    return before.isascii() and (before.isalnum() or before == "_")


@lru_cache(maxsize=1024)
def _patterns(first: str, *, inside_word: bool, tags: bool) -> tuple[re.Pattern[str], ...]:
    """The patterns that may match where this character stands."""
    syntax = [pattern for pattern, begins in _FIRST if first in begins]
    if inside_word:
        return tuple(pattern for pattern in syntax if pattern in _INSIDE_WORDS)
    return (*syntax, *(_TAGS if tags and _RUN.match(first) else ()))


def _marked_end(prompt: str, start: int, *, tags: bool) -> int:
    """The end of the marked part that begins at `start`, or `start`; with `tags`, a tag in Danbooru's spelling is one."""
    for pattern in _patterns(prompt[start], inside_word=_inside_word(prompt, start), tags=tags):
        match = pattern.match(prompt, start)
        if match:
            return match.end()
    if prompt[start] in _BRACKETS:
        end = _closing(prompt, start)
        if end and _is_syntax(prompt, start, end):
            return end
    return start


def _closing(prompt: str, start: int) -> int:
    """The place after the bracket that closes the one at `start`, 0 when none does."""
    open_brackets: list[str] = []
    position = start
    while position < len(prompt):
        char = prompt[position]
        if char == "\\":
            position += 1
        elif char in _BRACKETS:
            open_brackets.append(_BRACKETS[char])
            if len(open_brackets) > _MAX_DEPTH:
                return 0
        elif open_brackets and char == open_brackets[-1]:
            open_brackets.pop()
            if not open_brackets:
                return position + 1
        position += 1
    return 0


def _is_syntax(prompt: str, start: int, end: int) -> bool:
    """Whether brackets weigh or choose, and are not the brackets of a sentence: `(tag:1.2)`, `((tag))`, `[a|b]`, `{a|b}`."""
    inner = prompt[start + 1 : end - 1]
    if prompt[start] != "(":
        return bool(inner.strip())
    if _WEIGHT.search(inner) or (inner[:1] == "(" and inner[-1:] == ")"):
        return True
    return _is_alone(prompt, start, end) and inner.isascii() and bool(inner.strip())


def _is_alone(prompt: str, start: int, end: int) -> bool:
    """Whether nothing but spaces stands between this part and the commas or ends of lines around it."""
    while start and prompt[start - 1] == " ":
        start -= 1
    while end < len(prompt) and prompt[end] == " ":
        end += 1
    return (not start or prompt[start - 1] in ",，\n") and (end == len(prompt) or prompt[end] in ",，\n")


def _items(text: str, tag_of: Callable[[str], str | None]) -> list[Segment]:
    """Prose between marked parts: items between commas that are tags or prompt words stay, the rest is read."""
    found: list[Segment] = []
    position = 0
    for mark in [*_SEPARATOR.finditer(text), None]:
        end = mark.start() if mark else len(text)
        found += _item(text[position:end], tag_of)
        if mark:
            found.append(Segment(mark.group(), False))
            position = mark.end()
    return found


def _item(text: str, tag_of: Callable[[str], str | None]) -> list[Segment]:
    word = text.strip()
    if not word or not word.isascii():
        return [Segment(text, False)] if text else []
    tag = tag_of(bare(word))
    if tag is None and word.lower() not in QUALITY:
        return [Segment(text, False)]
    start = text.index(word)
    around = [Segment(text[:start], False), Segment(word, True, tag or ""), Segment(text[start + len(word) :], False)]
    return [part for part in around if part.text]


def _joined(found: list[Segment]) -> list[Segment]:
    """Neighbouring stretches of prose as one."""
    joined: list[Segment] = []
    for own, same in groupby((segment for segment in found if segment.text), lambda segment: segment.own):
        group = list(same)
        joined += group if own else [Segment("".join(segment.text for segment in group), False)]
    return joined
