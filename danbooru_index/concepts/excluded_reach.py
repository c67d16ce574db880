"""How far an excluding word reaches: over what follows it, over one noun phrase, or over what stands before it. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

from ..text.fold import fold, match_key
from .excluding_words import ExcludingWords

LONGEST_LOOK = 80  # characters before an excluding word that are looked at
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+")
_SILENT = (
    " \u3000她他它我你们肯愿意想会敢再去真"  # 别给她戴耳环, 不肯穿外套: what has these alone before it ends no reach
)
_LONGEST_REACH = 24  # characters of Han and kana; a longer stretch holds more than what is excluded


def reach_after(text: str, start: int, end: int, words: ExcludingWords) -> int:
    """Where what follows an excluding word ends."""
    contrast = words.contrasts.search(text, start, end) if words.contrasts is not None else None
    end = contrast.start() if contrast is not None else end
    stops = words.ends.finditer(text, start, end) if words.ends is not None else ()
    # "don't draw her smiling": what stands right behind the excluding word ends nothing.
    reach = next((stop.start() for stop in stops if _says_something(text[start : stop.start()], stop[0], words)), end)
    if text[start : start + 1] <= "\u2e80":
        return reach
    space = _SPACE.search(text, start, reach)  # between words of Han it is that of a list
    return min(reach, start + _LONGEST_REACH, space.start() if space is not None else reach)


def _says_something(text: str, stop: str, words: ExcludingWords) -> bool:
    said = text.strip(_SILENT).split()
    # A word for a piece of something (一顶帽子) is a thing itself where it ends a phrase: 看不见顶的电梯.
    return any(fold(word) not in words.silent or (stop == "的" and _is_measure(word)) for word in said)


def _is_measure(word: str) -> bool:
    return len(word) == 1 and word not in "别这那某啥"


def phrase_end(
    text: str,
    start: int,
    end: int,
    words: ExcludingWords,
    is_name: Callable[[int, int], bool] = lambda start, end: False,
) -> int:
    """The end of the first noun phrase, and of those that "ni" or "et" join to it; a name is never cut: "no quiero pelo largo"."""
    if not words.phrase:
        return end
    count, linked, joined, noun, before = 0, False, -1, False, start
    for word in _WORD.finditer(text, start, end):
        key = fold(word.group())
        again = count == 0 and word.start() > start
        if again and words.before is not None and words.before.match(text, word.start(), end):
            return word.start()  # "ni barba ni bigote": the next one reaches for itself
        if (count or joined >= 0) and words.finite is not None and words.finite.fullmatch(key):
            return word.start() if count else joined
        further = count >= words.phrase and not linked and key not in words.links | words.joins
        further, before = further and not is_name(before - 1, word.start() + 1), word.end()
        ended = (
            noun and words.behind_noun is not None and words.behind_noun.fullmatch(word.group())
        )  # "ohne Schuhe | läuft"
        somebody = noun and not linked and match_key(word.group()) in words.subjects  # "ohne Hut | Mädchen im Regen"
        if count and (key in words.silent or further or ended or somebody):
            return word.start()
        said = word.group()
        noun = not words.adjectives.fullmatch(said.lower()) if words.adjectives is not None else said[0].isupper()
        if key in words.joins and count:
            count, linked, joined = 0, False, word.start()
            continue
        linked = key in words.links
        count += key not in words.silent and not linked
    return end


def reach_before(
    text: str,
    start: int,
    end: int,
    stops: Sequence[tuple[int, int]],
    words: ExcludingWords,
    is_name: Callable[[int, int], bool],
) -> int:
    """Where what stands before an excluding word begins; の inside 女の子 ends nothing.

    :param stops: the places of words that end such a reach, in order.
    """
    begin = start = max(start, end - LONGEST_LOOK)
    for place in range(bisect_left(stops, (end, end)) - 1, -1, -1):
        stop, stop_end = stops[place]
        if stop < start:
            break
        if stop_end < end and not is_name(stop, stop_end):
            begin = stop_end
            break
    last = text[end - 1 : end]
    korean = "\uac00" <= last <= "\ud7a3"
    if last > "\u2e80" and not korean:
        # Spaces between words of Han and kana are those of a list.
        begin = max([begin, *(space.end() for space in _SPACE.finditer(text, start, end) if space.end() < end)])
    elif korean or not last or last.isascii() or last.isspace():
        # Words apart by spaces: the last one or two belong to the exclusion, three where the middle one joins the others.
        earlier = list(re.finditer(r"\S+", text[begin:end]))
        most = 3 if len(earlier) > 2 and fold(earlier[-2].group()) in words.joins else 2
        if words.apart is not None and len(earlier) > 1 and words.apart.search(earlier[-2].group()):
            most = 1
        begin += earlier[-most].start() if len(earlier) > most else 0
    return max(begin, end - _LONGEST_REACH)
