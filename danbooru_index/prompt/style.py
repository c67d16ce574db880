"""How prompts are written for a family of models: order, spelling, separators, weights, quality tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..text.fold import prompt_form

StyleName = Literal["sdxl", "novelai", "anima", "tags"]
STYLES: tuple[StyleName, ...] = ("sdxl", "novelai", "anima", "tags")


@dataclass(frozen=True, slots=True)
class Style:
    """`order` sorts the kinds of tags; `negative` are the quality tags of the negative prompt.

    `brackets` is how weights are written: `(tag:1.2)` or NovelAI's `1.2::tag::`.
    """

    spaces: bool
    escape: bool
    order: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""
    numeric_weights: bool = False
    artist_mark: str = ""
    negative: str = ""


_SUBJECT_FIRST = ("count", "character", "copyright", "artist", "general", "meta")
STYLE_TABLE: dict[StyleName, Style] = {
    # Illustrious and NoobAI: subject first, quality tags last (model cards of Illustrious-XL and NoobAI-XL).
    "sdxl": Style(spaces=True, escape=True, order=_SUBJECT_FIRST, suffix="masterpiece, best quality",
        negative="worst quality, low quality, lowres, bad anatomy, bad hands, jpeg artifacts, signature, watermark"),
    # NovelAI: no escaping, numeric emphasis, quality tags last (docs.novelai.net).
    "novelai": Style(
        spaces=True, escape=False, order=_SUBJECT_FIRST, suffix="very aesthetic, masterpiece, no text", numeric_weights=True,
        negative="lowres, artistic error, worst quality, bad quality, jpeg artifacts, very displeasing",
    ),
    # Anima: quality first, then count, character, series, artist with an @ (the model's card).
    "anima": Style(
        spaces=True, escape=True, order=_SUBJECT_FIRST, prefix="masterpiece, best quality, score_7, safe", artist_mark="@",
        negative="worst quality, low quality, score_1, score_2, score_3, artist name",
    ),
    "tags": Style(spaces=False, escape=False, order=_SUBJECT_FIRST),
}  # fmt: skip


def written(tag: str, *, spaces: bool, escape: bool, weight: float | None = None, numeric: bool = False) -> str:
    """One tag as a prompt writes it; `weight` 1.0 or None is not written.

    >>> written("long_hair", spaces=True, escape=True, weight=1.2)
    '(long hair:1.2)'
    >>> written("long_hair", spaces=True, escape=False, weight=0.9, numeric=True)
    '0.9::long hair::'
    """
    text = prompt_form(tag, spaces=spaces, escape=escape)
    if weight is None or abs(weight - 1.0) < 0.005:
        return text
    number = f"{weight:.2f}".rstrip("0").rstrip(".")
    return f"{number}::{text}::" if numeric else f"({text}:{number})"
