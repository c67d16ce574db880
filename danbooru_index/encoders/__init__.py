"""Encoders: texts to vectors. `open_encoder` is the one place that knows which names mean which encoder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import EncoderError, IndexMismatchError
from ..progress import Progress, silent
from ..settings import Settings, load_settings
from ..storage.paths import is_network_path
from .protocol import BGE_M3, USE_MULTILINGUAL, Encoder, EncoderIdentity, Encoding

PRECISIONS = ("auto", "fp32", "fp16", "int8")

__all__ = [
    "BGE_M3",
    "PRECISIONS",
    "USE_MULTILINGUAL",
    "Encoder",
    "EncoderIdentity",
    "Encoding",
    "check_encoder_name",
    "open_encoder",
]


def open_encoder(
    model: str,
    *,
    device: str = "auto",
    precision: str = "auto",
    settings: Settings | None = None,
    packaged: Path | None = None,
    placement: Callable[[Any], None] | None = None,
    progress: Progress = silent,
) -> Encoder:
    """The encoder of this name, not loaded yet.

    :param model: `use-multilingual`, `BAAI/bge-m3`, or a folder with BGE-M3's files.
    :param device: `auto` (an accelerator where there is one), `cpu`, `cuda`, `mps` or `xpu`; the embedded encoder runs on
        the CPU alone.
    :param precision: for BGE-M3: `int8` needs what `danbooru-index convert` makes and runs on the CPU; `auto` is fp16 on an
        accelerator, and on the CPU int8 where it was made, else fp32.
    :param settings: where model files may be; by default what load_settings() says.
    :param packaged: a folder that may hold the int8 model of this very name, such as one that came with an index.
    :param placement: called with BGE-M3's torch module before every encode, to bring it to its device.
    :param progress: told of the download, where BAAI/bge-m3 is nowhere and has to be fetched.
    :raises EncoderError: the name, device or precision is unknown, or the folder does not hold BGE-M3.
    """
    if model == USE_MULTILINGUAL:
        from .use import UseEncoder

        return UseEncoder()
    if precision not in PRECISIONS:
        raise EncoderError(f"There is no precision {precision!r}.", hint=f"Use one of: {', '.join(PRECISIONS)}.")
    settings = settings or load_settings()
    if precision in ("auto", "int8"):
        from .onnx_m3 import find_converted

        converted = find_converted(model, settings, packaged)
        if converted is not None and (precision == "int8" or _on_cpu(device)):
            return converted
        if precision == "int8":
            raise EncoderError(
                f"{model} has not been converted to int8.", hint=f"Run: danbooru-index convert --model {model}"
            )
    if model != BGE_M3 and not Path(model).is_dir():
        choices = f"Use {USE_MULTILINGUAL}, {BGE_M3} or a folder with BGE-M3's files."
        raise EncoderError(f"There is no encoder {model!r}.", hint=choices)
    from .bge_m3 import TorchM3Encoder
    from .model_files import BGE_M3_IDENTITY, ensure_folder, identity_of

    if model == BGE_M3:
        identity, find = BGE_M3_IDENTITY, lambda: ensure_folder(settings, progress)
    else:
        identity, find = identity_of(Path(model)), lambda: Path(model)
    return TorchM3Encoder(identity, find, device=device, precision=precision, placement=placement)


def check_encoder_name(name: str, chosen: str = "") -> None:
    """Refuse the name of an encoder, as an index has it, that would have another computer asked for it.

    :param chosen: the model that the user named; that one may lie anywhere.
    :raises IndexMismatchError: it is such a name.
    """
    if is_network_path(name) and name != chosen:
        # Windows would log in at that computer as soon as anything looks whether the folder is there.
        raise IndexMismatchError(
            f"The index names an encoder on another computer: {name!r}.",
            hint=f"If that is your own, say so: model = {name!r} in config.toml, or DANBOORU_INDEX_MODEL. "
            "Else choose another index, and tell the owner of this one.",
        )


def _on_cpu(device: str) -> bool:
    from .bge_m3 import best_device

    return device == "cpu" or (device == "auto" and best_device() == "cpu")
