"""DText, the markup of Danbooru's wiki, as plain words."""

from __future__ import annotations

import html
import re

MAX_CHARS = 1_000

# A wiki page is a stranger's text of any length. No pattern may look far from many places: what a run is made of excludes
# what a match begins with, so that every character is looked at a few times at most.
_HEADING = re.compile(r"^[^\S\n]*h[1-6](?:#[\w-]+)?\.", re.MULTILINE | re.IGNORECASE)
_BLOCK = re.compile(r"\[(table|code)\b", re.IGNORECASE)
_BLOCK_ENDS = {kind: re.compile(rf"\[/{kind}\]", re.IGNORECASE) for kind in ("table", "code")}
_DROPPED_LINE = re.compile(r"^[^\S\n]*(?:\*+ .*|!(?:post|asset) #.*|\[hr\][^\S\n]*)$", re.MULTILINE | re.IGNORECASE)
_WIKI_LINK = re.compile(r"\[\[((?:[^\[\]|]|\[(?!\[))*)(?:(\|)((?:[^\[\]|]|\[(?!\[))*))?\]\]")
_SEARCH_LINK = re.compile(r"\{\{((?:[^{}|]|\{(?!\{))*)(?:(\|)((?:[^{}|]|\{(?!\{))*))?\}\}")
_TEXT_LINK = re.compile(r'"([^"\n]+)":(?:\[[^\]\s"]+\]|(?:https?://|/)[^\s\]]*[^\s\].,;:!?)])')
_URL = re.compile(r"<?https?://[^\s>]+>?")
_MARKUP = re.compile(
    r"\[/?(?:b|i|u|s|tn|br|quote|nodtext|spoilers?|section|expand|url)(?:=[^\[\]]*)?\]"
    r"|</?(?:b|i|u|s|em|strong|tn|spoilers?)>|\[url='?",  # the last is never closed
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(
    r"&#(?:[0-9]{8,}|x[0-9a-f]{8,});?", re.IGNORECASE
)  # no character has one; Python cannot read it
_ANY_MARKUP = re.compile(r'[\[{<&\n\r]|":|https?:|^\s*(?:[*!]|h[1-6])', re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？]")


def plain_dtext(text: str) -> str:
    r"""The words of a DText before its first heading, on one line: no links, styles, tables, lists or embedded posts.

    >>> plain_dtext('A [[long hair|long-haired]] [b]girl[/b], see "here":/wiki_pages/x.\n\nh4. See also\n* [[girl]]')
    'A long-haired girl, see here.'
    """
    if not _ANY_MARKUP.search(text):
        return _SPACE.sub(" ", text).strip()
    text = text.replace("\r\n", "\n")
    heading = _HEADING.search(text)
    if heading and text[: heading.start()].strip():
        text = text[: heading.start()]
    text = _DROPPED_LINE.sub(" ", _without_blocks(text))
    for pattern in (_WIKI_LINK, _SEARCH_LINK):
        text = pattern.sub(_shown, text)
    text = _TEXT_LINK.sub(lambda match: match[1].replace("_", " "), text)
    for pattern in (_MARKUP, _URL, _HEADING, _LONG_NUMBER):
        text = pattern.sub("", text)
    return _SPACE.sub(" ", html.unescape(text)).strip()


def _without_blocks(text: str) -> str:
    """The text without its tables and code; a block that is not closed stays."""
    kept, place = [], 0
    ends = dict(_BLOCK_ENDS)
    while begun := _BLOCK.search(text, place):
        kind = begun[1].lower()
        ended = ends[kind].search(text, begun.end()) if kind in ends else None
        if ended is None:
            ends.pop(kind, None)  # no later one is closed either
            kept.append(text[place : begun.end()])
            place = begun.end()
        else:
            kept += [text[place : begun.start()], " "]
            place = ended.end()
    return "".join([*kept, text[place:]])


def _shown(link: re.Match[str]) -> str:
    """What a link shows: its label, or its target; after a bare pipe, the target without what stands in brackets at its end."""
    target, pipe, label = link.groups()
    if pipe and not label and target:
        opening = target.find("(", 1) if target.endswith(")") else -1
        label = target if opening < 0 else target[:opening].rstrip().removesuffix("_") or target[0]
    shown = label if pipe else target
    return str(shown).replace("_", " ") if shown else link[0]


def shorten_to_sentences(text: str, limit: int = MAX_CHARS) -> str:
    """The whole sentences at the beginning that fit in so many characters; a longer first sentence is cut."""
    if len(text) <= limit:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, limit + 1) if match.end() <= limit]
    return text[: ends[-1] if ends else limit].strip()


def first_sentence(text: str, limit: int = 300) -> str:
    """The first sentence, at most so many characters of it."""
    end = _SENTENCE_END.search(text)
    return text[: min(end.end() if end else len(text), limit)].strip()
