"""Encoders: texts to vectors. `open_encoder` is the one place that knows which names mean which encoder."""

from __future__ import annotations

from ..errors import EncoderError
from .protocol import Encoder, EncoderIdentity, Encoding

USE_MULTILINGUAL = "use-multilingual"
BGE_M3 = "BAAI/bge-m3"

__all__ = ["BGE_M3", "USE_MULTILINGUAL", "Encoder", "EncoderIdentity", "Encoding", "open_encoder"]


def open_encoder(model: str, *, device: str = "auto") -> Encoder:
    """The encoder of this name, not loaded yet.

    :param model: `use-multilingual`, `BAAI/bge-m3`, or a folder with BGE-M3's files.
    :param device: `auto`, `cpu`, `cuda`, `mps` or `xpu`; the embedded encoder runs on the CPU alone.
    :raises EncoderError: the name is unknown.
    """
    if model == USE_MULTILINGUAL:
        from .use import UseEncoder

        return UseEncoder()
    raise EncoderError(f"There is no encoder {model!r}.", hint=f"Use {USE_MULTILINGUAL}, {BGE_M3} or a folder with BGE-M3's files.")
