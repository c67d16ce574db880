"""Encoders: texts to vectors. `open_encoder` is the one place that knows which names mean which encoder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import EncoderError
from ..settings import Settings, load_settings
from .protocol import Encoder, EncoderIdentity, Encoding

USE_MULTILINGUAL = "use-multilingual"
BGE_M3 = "BAAI/bge-m3"
PRECISIONS = ("auto", "fp32", "fp16", "int8")

__all__ = ["BGE_M3", "PRECISIONS", "USE_MULTILINGUAL", "Encoder", "EncoderIdentity", "Encoding", "open_encoder"]


def open_encoder(
    model: str,
    *,
    device: str = "auto",
    precision: str = "auto",
    settings: Settings | None = None,
    placement: Callable[[Any], None] | None = None,
) -> Encoder:
    """The encoder of this name, not loaded yet.

    :param model: `use-multilingual`, `BAAI/bge-m3`, or a folder with BGE-M3's files.
    :param device: `auto` (an accelerator where there is one), `cpu`, `cuda`, `mps` or `xpu`; the embedded encoder runs on
        the CPU alone.
    :param precision: for BGE-M3: `int8` needs what `danbooru-index convert` makes and runs on the CPU; `auto` is fp16 on an
        accelerator, and on the CPU int8 where it was made, else fp32.
    :param settings: where model files may be; by default what load_settings() says.
    :param placement: called with BGE-M3's torch module before every encode, to bring it to its device.
    :raises EncoderError: the name, device or precision is unknown, or the folder is no BGE-M3.
    """
    if model == USE_MULTILINGUAL:
        from .use import UseEncoder

        return UseEncoder()
    if precision not in PRECISIONS:
        raise EncoderError(f"There is no precision {precision!r}.", hint=f"Use one of: {', '.join(PRECISIONS)}.")
    if model == BGE_M3 or Path(model).is_dir():
        return _open_m3(model, device, precision, settings or load_settings(), placement)
    raise EncoderError(
        f"There is no encoder {model!r}.", hint=f"Use {USE_MULTILINGUAL}, {BGE_M3} or a folder with BGE-M3's files."
    )


def _open_m3(
    model: str, device: str, precision: str, settings: Settings, placement: Callable[[Any], None] | None
) -> Encoder:
    from . import model_files, onnx_m3

    folder = None if model == BGE_M3 else Path(model)
    if precision in ("auto", "int8"):
        converted = onnx_m3.find_converted(folder, settings)
        if converted is not None and (
            precision == "int8" or device == "cpu" or (device == "auto" and _best_device() == "cpu")
        ):
            return onnx_m3.OnnxM3Encoder(converted)
        if precision == "int8":
            raise EncoderError(
                f"{model} has not been converted to int8.", hint=f"Run: danbooru-index convert --model {model}"
            )
    from .bge_m3 import TorchM3Encoder

    if folder is not None:
        return TorchM3Encoder(
            model_files.identity_of(folder), lambda: folder, device=device, precision=precision, placement=placement
        )
    identity = EncoderIdentity(model_files.REPOSITORY, model_files.REVISION, model_files.DIMENSIONS)
    return TorchM3Encoder(
        identity, lambda: model_files.ensure_folder(settings), device=device, precision=precision, placement=placement
    )


def _best_device() -> str:
    from .bge_m3 import best_device

    return best_device()
