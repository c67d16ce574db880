"""DText, the markup of Danbooru's wiki, as plain words."""

from __future__ import annotations

import html
import re

MAX_CHARS = 1_000

_HEADING = re.compile(r"^\s*h[1-6](?:#[\w-]+)?\.", re.MULTILINE | re.IGNORECASE)
_DROPPED_BLOCK = re.compile(r"\[(table|code)\b.*?\[/\1\]", re.DOTALL | re.IGNORECASE)
_DROPPED_LINE = re.compile(r"^\s*(?:\*+ .*|!(?:post|asset) #.*|\[hr\]\s*)$", re.MULTILINE | re.IGNORECASE)
_PIPE_TRICK = re.compile(r"\[\[([^\]|]+?)(?:_?\s*\([^\]|]*\))?\|\]\]")
_WIKI_LINK = re.compile(r"\[\[(?:[^\]|]*\|)?([^\]|]+)\]\]")
_SEARCH_LINK = re.compile(r"\{\{(?:[^}|]*\|)?([^}|]+)\}\}")
_TEXT_LINK = re.compile(r'"([^"\n]+)":(?:\[[^\]\s]+\]|(?:https?://|/)[^\s\]]*[^\s\].,;:!?)])')
_URL = re.compile(r"<?https?://[^\s>]+>?")
_MARKUP = re.compile(
    r"\[/?(?:b|i|u|s|tn|br|quote|nodtext|spoilers?|section|expand|url)(?:=[^\]]*)?\]|</?(?:b|i|u|s|em|strong|tn|spoilers?)>",
    re.IGNORECASE,
)
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
    for pattern in (_DROPPED_BLOCK, _DROPPED_LINE):
        text = pattern.sub(" ", text)
    for pattern in (_PIPE_TRICK, _WIKI_LINK, _SEARCH_LINK, _TEXT_LINK):
        text = pattern.sub(lambda match: match[1].replace("_", " "), text)
    for pattern in (_URL, _MARKUP, _HEADING):
        text = pattern.sub("", text)
    return _SPACE.sub(" ", html.unescape(text)).strip()


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
