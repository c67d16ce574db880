"""The excluding words of one clause, each with its reach."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..text.fold import fold, match_key
from .atoms import Clause
from .excluded_reach import LONGEST_LOOK, phrase_end, reach_after, reach_before
from .excluding_words import ExcludingWords
from .korean import particle_of

# After a list these exclude all of it: 眼镜、帽子都不要.
_ALL = re.compile("[都全皆]|统统|通通|一律|一概|も|すべて|どれ")
_ALL_BEFORE = re.compile("(?:全部|すべて|全て|どれも)$")
# A minus before a word, as search engines read it.
_MINUS = re.compile(r"(?<!\S)-[^\W\d_][^\s,]*")
_COMMAS = (",", "，", "、")
_LONGEST_ADVERB = 16  # characters, with a particle before it and a verb behind it
LEFT_IN, SILENT = b"\1", b"\2"  # what excludes nothing since its object stays, and what does so for another reason
_NOTHING = re.compile("(?:什么|啥|谁)[都也]?$")  # 橱窗里|什么|也没剩
# What is only the object of an exception before its comma, and a clause behind it that begins with all else: 除了贝雷帽，她什么都不戴.
_EXCEPTED = re.compile(
    r"[^都也全，,。！？!?；;\n]{1,24}[，,]\s*(?:[她他它我你]们?|[^，,。！？!?；;\n]{1,4}[上里中内])?"
    r"(?:谁|什么|啥|任何|其他|其它|别的|其余|一切|统统|一律|全|[都也][不没别])[^，,。！？!?；;\n]*"
)
_LONGEST_CLAUSE = 120  # characters after an excluding word that are looked at


@dataclass(frozen=True, slots=True, order=True)
class Reach:
    """An excluding word, `text[start:end]`, and its reach, `text[reach:reach_end]`; `all` where it excludes a whole list."""

    start: int
    end: int
    reach: int
    reach_end: int
    all: bool = False
    removed: bool = False


class Exclusions:
    """The excluding words of one clause, each with its reach."""

    def __init__(
        self, text: str, clause: Clause, words: ExcludingWords, silent: bytearray, is_name: Callable[[int, int], bool]
    ) -> None:
        self._text, self._clause, self._words, self._is_name = text, clause, words, is_name
        self._ranges: list[Reach] = []
        self._spared: list[int] = []  # where negated verbs begin that leave their object in
        self._taken = bytearray(len(text) + 1)  # 1 where a word or its reach is
        self._kept = bytearray(silent)  # not 0 inside of what excludes nothing
        for kept in self._matches(words.keeps):
            self._keep(*kept.span(), SILENT if match_key(kept.group()) in words.nobody else LEFT_IN)

    def ranges(self) -> list[Reach]:
        """All of them in order."""
        for cue in self._matches(_MINUS):
            self._add(cue.start(), cue.start() + 1, cue.start() + 1, cue.end())
        self._find_spared()
        self._find_suffixes()
        for cue in self._matches(self._words.inside):
            if not any(self._kept[cue.start() : cue.end()]):
                self._add(cue.start(), cue.end(), *cue.span("said"))
        self._find_before()
        self._find_after(self._words.after, self._words.ends, 0)
        # The stem of an excluded verb stays with what is excluded: 笑わ|ない.
        self._find_after(self._words.verbs, self._words.verb_ends, 1)
        return sorted(self._ranges)

    def _matches(self, pattern: re.Pattern[str] | None) -> list[re.Match[str]]:
        return [] if pattern is None else list(pattern.finditer(self._text, self._clause.start, self._clause.end))

    def _find_spared(self) -> None:
        """Negated verbs that leave their object in: they are passed over."""
        for cue in self._matches(self._words.spared):
            self._add(cue.start(), cue.end(), cue.end(), cue.end())
            self._spared.append(cue.start())
            self._keep(*cue.span())

    def _find_suffixes(self) -> None:
        for cue in self._matches(self._words.suffixes):
            if self._excludes(cue):
                reach = cue.start()
                while reach > self._clause.start and self._text[reach - 1].isalpha():
                    reach -= 1
                self._add(cue.start(), cue.end(), reach, cue.start())

    def _find_before(self) -> None:
        text, words, stop, position = self._text, self._words, self._clause.end, self._clause.start
        # "not allowed" excludes what stands before it, though "not" alone excludes what follows.
        longer = {cue.start(): cue.end() for cue in self._matches(words.after)}
        places = sorted(longer)
        while words.before is not None and (cue := words.before.search(text, position, stop)):
            position = cue.end()
            # Before a noun that it describes it excludes none: 谁也看不到|的妖精.
            attribute = text.startswith("的", cue.end())
            if attribute or longer.get(cue.start(), 0) > cue.end() or self._is_behind(cue) or not self._excludes(cue):
                continue
            place = bisect_right(places, cue.end())
            pair = places[place] if place < len(places) else stop  # 除了X以外
            if self._leaves_in(cue):
                if words.excepts is not None and words.excepts.fullmatch(text, pair, longer.get(pair, pair)):
                    self._keep(pair, longer[pair])
                continue
            furthest = min(stop, cue.end() + _LONGEST_CLAUSE)
            # The next excluding word first, for it is near in a text that is full of them.
            end = reach_after(text, cue.end(), self._next_before(cue.end(), furthest), words)
            end = min(phrase_end(text, cue.end(), end, words, self._is_name), pair)
            if text[cue.end() : end].strip():  # else it may exclude what stands before it: 猫耳禁止
                self._add(cue.start(), cue.end(), cue.end(), end)
            position = max(position, end)

    def _is_behind(self, cue: re.Match[str]) -> bool:
        """Whether what a word excludes stands before it: 把X去掉."""
        begin, objects = max(self._clause.start, cue.start() - LONGEST_LOOK), self._words.objects
        return objects is not None and objects.search(self._text, begin, cue.start()) is not None

    def _next_before(self, start: int, end: int) -> int:
        """Where the next excluding word before `end` reaches for itself: 不系头巾|不戴面具; `end` where there is none."""
        pattern, end = self._words.before, min([end, *(place for place in self._spared if place >= start)])
        for cue in pattern.finditer(self._text, start, end) if pattern is not None else ():
            if self._text[start : cue.start()].strip() and self._excludes(cue):
                return cue.start()
        return end

    def _find_after(self, pattern: re.Pattern[str] | None, ends: re.Pattern[str] | None, stem: int) -> None:
        text, first, position = self._text, self._clause.start, self._clause.start
        stops = [stop.span() for stop in self._matches(ends)] if pattern is not None else []
        while pattern is not None and (cue := pattern.search(text, position, self._clause.end)):
            position = max(cue.end(), position + 1)
            if cue.start() > first and self._excludes(cue) and not self._taken[cue.start()]:
                end = self._deepened(cue, stops)
                begin, end = (cue.start(), cue.start() + stem) if end is None else (end, end)
                reach = reach_before(text, first, begin, stops, self._words, self._is_name)
                reach = self._behind_subject(reach, begin)
                if not self._does_not(cue, text[reach:begin]):
                    self._add(begin, cue.end(), reach, end, said=cue.start())

    def _behind_subject(self, reach: int, end: int) -> int:
        """Where the thing itself begins of which `text[reach:end]` says who has it not, where, or that it is nothing."""
        if (nothing := _NOTHING.search(self._text, reach, end)) is not None:
            return nothing.start()
        lead = self._words.leads.match(self._text, reach, end) if self._words.leads is not None else None
        return lead.end() if lead is not None and self._text[lead.end() : end].strip("都也") else reach

    def _does_not(self, cue: re.Match[str], what: str) -> bool:
        """Whether a negated verb leaves a thing in, as it does somebody who does not wear or hold, though not one who does not appear."""
        words, verb = self._words, self._negated_verb(cue.start())
        if verb is None:
            return False
        appears = words.appears is not None and words.appears.search(cue.group())
        if words.settings is not None and words.settings.search(what):
            return True
        return verb["absent"] is None or (not appears and self._is_somebody(what))

    def _deepened(self, cue: re.Match[str], stops: Sequence[tuple[int, int]]) -> int | None:
        """Where what is excluded ends if an adverb stands between it and the word: 帽子|は絶対にかぶらないで.

        None where it may be somebody who does not do it, as in 少女は絶対にかぶらない.
        """
        first, words, text = self._clause.start, self._words, self._text
        look = max(first, cue.start() - _LONGEST_ADVERB)
        found = words.deepens.search(text, look, cue.start()) if words.deepens is not None else None
        if found is None or found.start() == first:
            return None
        if found["object"] or (words.exists is not None and words.exists.match(cue.group())):
            return found.start()
        reach = reach_before(text, first, found.start(), stops, words, self._is_name)
        asked = words.commands is not None and words.commands.search(cue.group())
        return found.start() if asked and not self._is_somebody(text[reach : found.start()]) else None

    def _is_of_all(self, reach: int, said: int) -> bool:
        """Whether what excludes `text[reach:said]` is said of a whole list, as by 都不要; 目隠しもグラサンもなし is a list of its own."""
        if _ALL_BEFORE.search(self._text, reach, said):
            return True
        own = self._text[said] == "も" and ("も" in self._text[reach:said] or self._negated_verb(said) is not None)
        return _ALL.match(self._text, said) is not None and not own

    def _negated_verb(self, place: int) -> re.Match[str] | None:
        return self._words.absent.match(self._text, place) if self._words.absent is not None else None

    def _is_somebody(self, what: str) -> bool:
        """Whether a text ends with a word for a person, in Korean with its particle."""
        said = what.strip()
        last = said.rsplit(" ", 1)[-1]
        return match_key(said.removesuffix(particle_of(last))).endswith(self._words.persons)

    def _keep(self, start: int, end: int, how: bytes = LEFT_IN) -> None:
        self._kept[start:end] = how * (end - start)

    def _excludes(self, cue: re.Match[str]) -> bool:
        if any(self._kept[cue.start() : cue.end()]) or self._goes_on(cue):
            return False
        return not self._is_name(cue.start(), cue.end())

    def _goes_on(self, cue: re.Match[str]) -> bool:
        """Whether a word like "nor" goes on with what leaves its object in: "sin quitarse la chaqueta ni las botas"."""
        first, *_ = fold(cue.group()).split() or [""]
        if first not in self._words.joins:
            return False
        excluded = (one.start for one in self._ranges if one.reach_end > one.reach and one.start < cue.start())
        return self._kept.rfind(LEFT_IN, self._clause.start, cue.start()) > max(excluded, default=-1)

    def _leaves_in(self, cue: re.Match[str]) -> bool:
        """Whether what a word of exception names is wanted: the chair in "an empty room except for a chair", 蓝莓 in 除了蓝莓啥都别放."""
        words, first, text = self._words, self._clause.start, self._text
        if words.excepts is None or not words.excepts.fullmatch(cue.group()):
            return False
        beyond = _EXCEPTED.match(text, cue.end()) if words.rest is not None else None
        last = min(self._clause.end, cue.end() + _LONGEST_CLAUSE) if beyond is None else beyond.end()
        if cue.start() == first and text[:first].rstrip().endswith(_COMMAS):
            first = max(0, first - LONGEST_LOOK)  # "nobody, except a cat"
        empty = words.empties and words.empties.search(text, max(first, cue.start() - LONGEST_LOOK), cue.start())
        return bool(empty or (words.rest and words.rest.search(text, cue.end(), last)))

    def _add(self, start: int, end: int, reach: int, reach_end: int, said: int | None = None) -> None:
        """Exclude `text[reach:reach_end]` by `text[start:end]`, of which the excluding word begins at `said`."""
        said = start if said is None else said
        removes = self._words.removes
        removed = removes is not None and removes.fullmatch(self._text, said, end) is not None
        everything = not removed and reach == self._clause.start and self._is_of_all(reach, said)
        self._ranges.append(Reach(start, end, reach, reach_end, everything, removed))
        first, last = min(start, reach), max(end, reach_end)
        self._taken[first:last] = b"\1" * (last - first)
