"""What every encoder promises."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    # For types alone: an identity is read and compared, as `fetch` and `info` do, without loading numpy.
    from ..arrays.types import FloatArray

USE_MULTILINGUAL = "use-multilingual"
BGE_M3 = "BAAI/bge-m3"


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """Who made the vectors of an index. An index refuses an encoder whose name, revision or dimensions differ."""

    name: str
    revision: str
    dimensions: int

    def as_json(self) -> dict[str, Any]:
        """The form that the manifest keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> EncoderIdentity:
        """Read the manifest's form; raises KeyError or TypeError when it is not one."""
        return cls(str(value["name"]), str(value["revision"]), int(value["dimensions"]))

    def public(self) -> EncoderIdentity:
        """What a stranger may read of it: one that is named by its folder keeps that folder's own name alone."""
        if self.name in (USE_MULTILINGUAL, BGE_M3):
            return self
        return replace(self, name=re.split(r"[\\/]", self.name)[-1] or "encoder")

    def __str__(self) -> str:
        return f"{self.name}@{self.revision} ({self.dimensions}-d)"


@dataclass(frozen=True, slots=True)
class Encoding:
    """The vectors of n texts.

    `dense` is (n, d) float32, each row of length 1. `sparse`, where the encoder has it, is one {term id: weight > 0} a
    text. `tokens`, likewise, is one (tokens, d') float32 array per text, each row of length 1, padding left out.
    """

    dense: FloatArray
    sparse: list[dict[int, float]] | None = None
    tokens: list[FloatArray] | None = None


class Encoder(Protocol):
    """Texts in, vectors out. An implementation is safe to call from several threads."""

    @property
    def identity(self) -> EncoderIdentity:
        """Name, revision and dimensions, known before anything is loaded."""

    @property
    def has_sparse(self) -> bool:
        """Whether `encode` can return term weights."""

    @property
    def has_tokens(self) -> bool:
        """Whether `encode` can return token vectors."""

    @property
    def on_gpu(self) -> bool:
        """Whether it runs on an accelerator, where a few texts more cost nothing."""

    @property
    def description(self) -> str:
        """For display: name, device and precision that are really used."""

    def encode(self, texts: list[str], *, sparse: bool = False, tokens: bool = False) -> Encoding:
        """Encode texts, in order; only what is asked for is computed.

        :raises InputError: a text is empty.
        :raises EncoderError: the encoder cannot be opened or fails.
        """
