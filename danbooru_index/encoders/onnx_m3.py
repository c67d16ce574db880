"""BGE-M3 in int8 on the CPU: one ONNX graph with all three outputs, made by `danbooru-index convert`.

Needs onnxruntime, tokenizers and numpy alone. Texts of one length share a batch, so nothing is ever padded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..arrays.types import IntArray
from ..errors import EncoderError, MissingDependencyError
from ..settings import Settings
from ..storage.files import write_json_atomically
from ..storage.foreign import JSON_FILE, at
from .m3 import M3Encoder, Outputs, open_tokenizer
from .model_files import FOLDER_NAMES, REPOSITORY, identity_of, model_parents
from .protocol import EncoderIdentity

ONNX_FOLDER = "onnx-int8"
GRAPH_FILE = "model.onnx"
WEIGHTS_FILE = "model.weights"
CARD_FILE = "model.json"
TOKENIZER_FILE = "tokenizer.json"
DENSE, WEIGHTS, VECTORS = "dense", "term_weights", "token_vectors"
_FORMAT = "danbooru-index onnx"
_BATCH_TOKENS = 2048
_CONVERT = "Make it again: danbooru-index convert"


@dataclass(frozen=True, slots=True)
class OnnxCard:
    """What a converted model says of itself: whose vectors it makes, its longest input, the cosine to fp32 of each output."""

    identity: EncoderIdentity
    max_tokens: int
    weight_bits: int
    cosine: dict[str, float]

    def write(self, folder: Path) -> None:
        """Write the card."""
        value = {"format": _FORMAT, "identity": self.identity.as_json(), "max_tokens": self.max_tokens}
        write_json_atomically(folder / CARD_FILE, {**value, "weight_bits": self.weight_bits, "cosine": self.cosine})


def is_card(path: Path) -> bool:
    """Whether a file is a card that this project wrote."""
    try:
        return bool(json.loads(path.read_text(encoding="utf-8"))["format"] == _FORMAT)
    except JSON_FILE.kinds:
        return False


def read_card(folder: Path) -> OnnxCard:
    """Read the card of a converted model; raises EncoderError when it is not a card, or files are missing."""
    with at(JSON_FILE, lambda why: EncoderError(f"{folder / CARD_FILE} cannot be read: {why}.", hint=f"{_CONVERT}.")):
        value = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        if value["format"] != _FORMAT:
            raise ValueError(f"its format is {value['format']!r}")
        card = OnnxCard(
            EncoderIdentity.from_json(value["identity"]),
            int(value["max_tokens"]),
            int(value["weight_bits"]),
            dict(value["cosine"]),
        )
    missing = [name for name in (GRAPH_FILE, WEIGHTS_FILE, TOKENIZER_FILE) if not (folder / name).is_file()]
    if missing:
        raise EncoderError(
            f"The converted model {folder} is incomplete: {', '.join(missing)} missing.", hint=f"{_CONVERT}."
        )
    return card


def find_converted(model: str, settings: Settings, packaged: Path | None = None) -> OnnxM3Encoder | None:
    """The int8 encoder of this name, None where there is none.

    It may have come with an index (`packaged`), lie under the model folders (BAAI/bge-m3), or in or beside the checkpoint
    folder that `model` names. One that was made from other weights than the folder now holds does not count.
    """
    folder = Path(model)
    if packaged is not None and (packaged / CARD_FILE).is_file():
        encoder = OnnxM3Encoder(packaged)
        if encoder.identity.name == model:
            return encoder
    if model == REPOSITORY:
        places = [parent / name / ONNX_FOLDER for parent in model_parents(settings) for name in FOLDER_NAMES]
        found = (OnnxM3Encoder(place) for place in places if (place / CARD_FILE).is_file())
        return next((encoder for encoder in found if encoder.identity.name == model), None)
    if (folder / CARD_FILE).is_file():
        return OnnxM3Encoder(folder)
    if (folder / ONNX_FOLDER / CARD_FILE).is_file():
        identity = identity_of(folder)
        encoder = OnnxM3Encoder(folder / ONNX_FOLDER, identity)
        return encoder if read_card(folder / ONNX_FOLDER).identity.revision == identity.revision else None
    return None


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(
            "BGE-M3 in int8 needs onnxruntime.", hint="Install it: pip install onnxruntime"
        ) from error
    return onnxruntime


def open_session(model: str | bytes) -> Any:
    """A session on the CPU for a graph's file or its bytes. The only place that opens one."""
    options = _onnxruntime().SessionOptions()
    options.log_severity_level = 3
    # Without these two it keeps the memory of the longest text for ever.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return _onnxruntime().InferenceSession(model, options, providers=["CPUExecutionProvider"])


class OnnxM3Encoder(M3Encoder):
    """The int8 graph of a folder that `convert` wrote."""

    on_gpu = False

    def __init__(self, folder: Path, identity: EncoderIdentity | None = None) -> None:
        """Prepare an encoder from a converted model; its graph is not loaded yet.

        :param identity: of the weights that were converted; by default what the card says, where they had another path.
        :raises EncoderError: the folder is not a converted model.
        """
        super().__init__(_BATCH_TOKENS)
        self.folder = folder
        self._card = read_card(folder)
        self._identity = identity or self._card.identity
        self._session: Any = None
        self._run_options: Any = None

    @property
    def identity(self) -> EncoderIdentity:
        """The identity of the model that was converted: its indexes are searched with this one."""
        return self._identity

    @property
    def description(self) -> str:
        """See Encoder.description."""
        return f"{self.identity.name} (CPU, int8 ONNX{self._budget_note()})"

    def close(self) -> None:
        """See M3Encoder.close."""
        super().close()
        self._session = None

    def _open(self) -> Any:
        try:
            self._session = open_session(str(self.folder / GRAPH_FILE))
        except MissingDependencyError:
            raise
        except Exception as error:
            raise EncoderError(
                f"The converted model {self.folder} cannot be opened: {error}.", hint=f"{_CONVERT}."
            ) from error
        # Outputs that nobody asked for are not computed.
        self._run_options = _onnxruntime().RunOptions()
        self._run_options.only_execute_path_to_fetches = True
        return open_tokenizer(self.folder / TOKENIZER_FILE, self._card.max_tokens)

    def _forward(self, ids: IntArray, lengths: IntArray, *, sparse: bool, tokens: bool) -> Outputs:
        names = [DENSE, *([WEIGHTS] if sparse else []), *([VECTORS] if tokens else [])]
        found = dict(zip(names, self._session.run(names, {"input_ids": ids}, self._run_options), strict=True))
        return Outputs(found[DENSE], found.get(WEIGHTS), found.get(VECTORS))
