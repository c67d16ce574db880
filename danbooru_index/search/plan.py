"""What is asked of an index for one text: the text itself, and the things that it names where there are several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..concepts import Concept, ConceptKind, Fit, is_sentence, list_items, split
from ..concepts.choose import Candidate
from ..index.index import Index
from ..records import Category, SearchRequest, TagFilter
from .name_lookup import StoreLexicon
from .score import Scored

# Parts are not scored where even ones that fit so well would not make a sentence. It costs a few splits (18 of 2,272 of the study's
# texts, 2 with near=0.95) for the time of many parts that are scored in vain.
LIKELY_BEST = Fit(0.9, near=0.8)
MANY_THINGS = 10  # in all development queries no text of one thing was cut into more than nine


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A request with the concepts of its text; `parts` ask for the things that it names, none where it names one thing."""

    request: SearchRequest
    concepts: tuple[Concept, ...]
    parts: tuple[SearchRequest, ...]

    @property
    def certain(self) -> bool:
        """Whether the text names so many things that it need not be searched as one."""
        return len(self.parts) >= MANY_THINGS

    @property
    def asked(self) -> tuple[SearchRequest, ...]:
        """What is encoded: the request, unless its parts are certain, then these."""
        return self.parts if self.certain else (self.request, *self.parts)

    @property
    def count_tags(self) -> tuple[str, ...]:
        """The head-counts that the text gives by rule."""
        return tuple(tag for concept in self.concepts for tag in concept.tags)

    @property
    def listed(self) -> bool:
        """Whether the text is a list of things, one between two marks."""
        return len(self.parts) > 1 and list_items(self.request.text) == len(self.parts)

    def names_several(self, whole: Fit, parts: Sequence[Fit] | None = None) -> bool:
        """Whether the text names several things, from how well the whole and the parts fit one tag each.

        Without `parts`, whether parts that all fit well would make it so.
        """
        fits = [LIKELY_BEST] * len(self.parts) if parts is None else parts
        letters = sum(char.isalnum() for char in self.request.text)
        return is_sentence(whole, fits, counted=bool(self.count_tags), listed=self.listed, letters=letters)


def plan_search(index: Index, request: SearchRequest) -> SearchPlan:
    """Cut the text of a request; a text that names one thing is asked as it is."""
    concepts = tuple(split(request.text, StoreLexicon(index.store)))
    things = [c for c in concepts if c.kind is not ConceptKind.COUNT and not c.negated]
    parts = [thing_request(request.filter, thing, request.limit) for thing in things] if len(concepts) > 1 else []
    return SearchPlan(request, concepts, tuple(dict.fromkeys(parts)))


def thing_request(filters: TagFilter, thing: Concept, limit: int = 20) -> SearchRequest:
    """What a part of a text may be: the character or series that it names, or a general tag; the categories of a filter win."""
    named = (Category.CHARACTER, Category.COPYRIGHT) if thing.kind is ConceptKind.NAME else (Category.GENERAL,)
    return SearchRequest(thing.text, limit, filters.categories or named, filters.nsfw, filters.min_count)


def candidates_of(index: Index, scored: Scored, places: Sequence[int]) -> list[Candidate]:
    """The candidates at some places of a scored request, as concepts.choose weighs them."""
    rows, popularity = scored.rows, index.store.popularity
    fused = scored.fused(index.weights)
    return [
        Candidate(int(rows[i]), float(fused[i]), bool(scored.exact[i] > 0), float(popularity[rows[i]])) for i in places
    ]
