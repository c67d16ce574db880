"""What a search cannot reach with the encoder that the index has, in words for people."""

from __future__ import annotations

from ..concepts.beyond import beyond_language
from ..encoders.protocol import USE_MULTILINGUAL
from ..index.index import Index
from ..records import Notice


def beyond_encoder(index: Index, text: str) -> tuple[str, ...]:
    """A warning where a text is in a language that the index's encoder does not know. BGE-M3 knows a hundred."""
    if index.encoder.identity.name != USE_MULTILINGUAL:
        return ()
    language = beyond_language(text)
    if not language:
        return ()
    text = (
        "The encoder {encoder} does not know {language}; what was found may be wrong. Say it in another language, "
        "or build the index with BGE-M3."
    )
    return (Notice.of("unknown_language", text, encoder=USE_MULTILINGUAL, language=language),)
