"""BGE-M3 through FlagEmbedding's BGEM3FlagModel, on one device: CUDA, XPU and MPS in fp16, CPU in fp32.

Its `encode` is not used: it runs every longest batch twice, bounds batches by rows and prints bars. The loaded module is
driven by our own batches. The only file that imports FlagEmbedding and torch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.types import IntArray
from ..errors import EncoderError, MissingDependencyError
from .m3 import M3Encoder, Outputs, open_tokenizer
from .model_files import TOKENIZER, M3Config, check_folder, check_names, weights_file
from .protocol import EncoderIdentity

PACKAGE, AT_LEAST = "FlagEmbedding", (1, 4, 2)
DEVICES = ("auto", "cpu", "cuda", "xpu", "mps")
PRECISIONS = ("auto", "fp32", "fp16")
_INSTALL = 'Install it: pip install "FlagEmbedding>=1.4.2,<2" "transformers<5.24" (and torch, as pytorch.org says for this machine)'
_PRECISIONS = "Use fp32, fp16 on a GPU, or int8 on a CPU after `danbooru-index convert`."
# Fixed, not read off the free memory: 32,768 tokens took .74 GB beside the weights, and larger batches were not faster
# (benchmarks/bge_m3.md). Where even that does not fit, the budget is halved until it does.
_CPU_TOKENS, _GPU_TOKENS = 4096, 32_768

# Called with the loaded module before every encode; it brings the module to where it shall run. If it has a method
# `release`, that is called when the encoder is closed.
Placement = Callable[[Any], None]


def best_device() -> str:
    """The accelerator that torch finds here, else `cpu`; `cpu` too where there is no torch."""
    try:
        import torch
    except ImportError:
        return "cpu"
    for name in ("cuda", "xpu", "mps"):
        backend = getattr(torch, name, None) if name != "mps" else getattr(torch.backends, "mps", None)
        if backend is not None and backend.is_available():
            return name
    return "cpu"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from drawing bars while it loads."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


class TorchM3Encoder(M3Encoder):
    """A checkpoint of BGE-M3 in torch."""

    def __init__(
        self,
        identity: EncoderIdentity,
        folder: Callable[[], Path],
        *,
        device: str = "auto",
        precision: str = "auto",
        placement: Placement | None = None,
        batch_tokens: int = 0,
    ) -> None:
        """Prepare an encoder; nothing is loaded yet.

        :param folder: finds, or fetches, the checkpoint; called at the first encode.
        :param device: one of DEVICES, or one with a number (`cuda:1`).
        :param precision: `fp16`, `fp32`, or `auto`: fp16 on an accelerator, fp32 on the CPU.
        :param placement: who brings the module to its device; by default it stays on `device`.
        :param batch_tokens: tokens at once; 0 for a size that suits the device.
        :raises EncoderError: unknown device or precision, or fp16 on the CPU.
        """
        if device.partition(":")[0] not in DEVICES:
            raise EncoderError(f"There is no device {device!r}.", hint=f"Use one of: {', '.join(DEVICES)}.")
        if precision not in PRECISIONS or (precision == "fp16" and device == "cpu"):
            raise EncoderError(
                f"BGE-M3 has no precision {precision!r} on {device}.",
                hint=_PRECISIONS,
            )
        super().__init__(batch_tokens)
        self._identity, self._find_folder = identity, folder
        self._device, self._precision = device, precision
        self._placement = placement
        self.module: Any = None

    @property
    def identity(self) -> EncoderIdentity:
        """See Encoder.identity."""
        return self._identity

    @property
    def on_gpu(self) -> bool:
        """Whether it runs, or will run, on an accelerator."""
        if self._device == "auto":
            self._device = best_device()
        return self._device != "cpu"

    @property
    def padded(self) -> bool:  # type: ignore[override]
        """An accelerator wants large batches; a CPU is faster without padding."""
        return self.on_gpu

    @property
    def description(self) -> str:
        """See Encoder.description."""
        device = self._device if self._device == "auto" else self._device.upper()
        precision = "fp16" if self._half() else "fp32"
        return f"{self.identity.name} ({device}, {precision}{self._budget_note()})"

    def _half(self) -> bool:
        return self._precision == "fp16" or (self._precision == "auto" and self._device not in ("auto", "cpu"))

    def close(self) -> None:
        """See M3Encoder.close."""
        with self._lock:
            super().close()
            if self.module is not None:
                self.module = None
                getattr(self._placement, "release", lambda: None)()
                self._release()

    def _open(self) -> Any:
        model_class = _flag_model()
        on_gpu = self.on_gpu  # an automatic device is chosen here
        if not self._budget.tokens:
            self._budget.tokens = _GPU_TOKENS if on_gpu else _CPU_TOKENS
        half = self._half()
        if half and not on_gpu:
            raise EncoderError("BGE-M3 has no precision 'fp16' on cpu, and there is no accelerator.", hint=_PRECISIONS)
        folder = self._find_folder()
        config = check_folder(folder)
        if config.hidden != self.identity.dimensions:
            raise EncoderError(
                f"{folder} makes vectors of {config.hidden} dimensions, not {self.identity.dimensions}.",
                hint="Use the files of BAAI/bge-m3.",
            )
        self._check_weights(folder, config)
        try:
            with _quiet():
                # Exactly one device: with several it would start a pool of processes.
                flag = model_class(str(folder), use_fp16=half, devices=self._device)
        except Exception as error:
            raise EncoderError(
                f"BGE-M3 in {folder} cannot be loaded: {error}.", hint="Fetch the model's files again."
            ) from error
        module = flag.model.half() if half else flag.model.float()
        # FlagEmbedding's object ends with this function, and when it does it moves the model that it holds to the CPU.
        flag.model = None
        module.eval()
        if self._placement is None:
            self._move(module)
        self.module = module
        return open_tokenizer(folder / TOKENIZER, config.max_tokens)

    def _move(self, module: Any) -> None:
        try:
            module.to(self._device)
        except (RuntimeError, AssertionError) as error:
            raise EncoderError(
                f"BGE-M3 cannot be brought to the device {self._device}: {error}.",
                hint="Use --device cpu, or free memory on that device.",
            ) from error

    @staticmethod
    def _check_weights(folder: Path, config: M3Config) -> None:
        """A pickled checkpoint shows its names only to torch; mapped, none of its data is read."""
        import torch

        path = weights_file(folder)
        if path.suffix == ".safetensors":
            return
        try:
            names = set(torch.load(path, map_location="cpu", weights_only=True, mmap=True))
        except Exception as error:
            raise EncoderError(
                f"The weights {path} cannot be read: {error}.", hint="Fetch the model's files again."
            ) from error
        check_names(path, names, config)

    def _prepare(self) -> None:
        if self._placement is not None:
            self._placement(self.module)

    def _release(self) -> None:
        import torch

        backend: Any = getattr(torch, self._device.partition(":")[0], None)
        if self._device != "cpu" and hasattr(backend, "empty_cache"):
            backend.empty_cache()

    def _forward(self, ids: IntArray, lengths: IntArray, *, sparse: bool, tokens: bool) -> Outputs:
        import torch

        device = next(self.module.parameters()).device
        mask = np.arange(ids.shape[1]) < lengths[:, None]
        inputs = {
            "input_ids": torch.from_numpy(ids).to(device),
            "attention_mask": torch.from_numpy(mask.astype(np.int64)).to(device),
        }
        with torch.inference_mode():
            out = self.module(inputs, return_dense=True, return_sparse=sparse, return_colbert_vecs=tokens)
            dense, weights, vectors = (
                out[name].float().cpu().numpy() if name in out else None
                for name in ("dense_vecs", "sparse_vecs", "colbert_vecs")
            )
        assert dense is not None
        return Outputs(dense, weights[:, :, 0] if weights is not None else None, vectors)


def _flag_model() -> Any:
    """FlagEmbedding's class, after a look at its version."""
    try:
        version = metadata.version(PACKAGE)
        from FlagEmbedding import BGEM3FlagModel
    except (metadata.PackageNotFoundError, ImportError) as error:
        raise MissingDependencyError(f"BGE-M3 needs {PACKAGE} with torch: {error}.", hint=_INSTALL) from error
    if tuple(int(part) for part in version.split(".")[:3] if part.isdigit()) < AT_LEAST:
        raise MissingDependencyError(
            f"BGE-M3 needs {PACKAGE} 1.4.2 or newer, but {version} is installed.", hint=_INSTALL
        )
    return BGEM3FlagModel
