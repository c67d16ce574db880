"""What is asked of an index for one text: the text itself, and the things that it names where there are several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .concepts import Concept, ConceptKind, is_sentence, split
from .index import Index
from .lookup import StoreLexicon
from .records import Category, SearchRequest

LIKELY_BEST = (
    0.9  # parts that had to score better than this on average decided no development query, and cost their time
)
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

    def names_several(self, whole: float, near: float, parts: Sequence[float] | None = None) -> bool:
        """Whether the text names several things, from the best score of the whole and the fused ones of the parts.

        Without `parts`, whether parts that all score well would make it so.

        :param near: similarity of the whole to the nearest tag, as in is_sentence.
        """
        scores = [LIKELY_BEST] * len(self.parts) if parts is None else parts
        letters = sum(char.isalnum() for char in self.request.text)
        return is_sentence(whole, scores, counted=bool(self.count_tags), letters=letters, near=near)


def plan_search(index: Index, request: SearchRequest) -> SearchPlan:
    """Cut the text of a request; a text that names one thing is asked as it is."""
    concepts = tuple(split(request.text, StoreLexicon(index.store)))
    things = [c for c in concepts if c.kind is not ConceptKind.COUNT and not c.negated]
    parts = [thing_request(request, thing) for thing in things] if len(concepts) > 1 else []
    return SearchPlan(request, concepts, tuple(dict.fromkeys(parts)))


def thing_request(request: SearchRequest, thing: Concept) -> SearchRequest:
    """What a part of a text may be: the character or series that it names, or a general tag; a request's own categories win."""
    named = (Category.CHARACTER, Category.COPYRIGHT) if thing.kind is ConceptKind.NAME else (Category.GENERAL,)
    return replace(request, text=thing.text, categories=request.categories or named)
