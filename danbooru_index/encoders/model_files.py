"""BGE-M3's files: where they are, whether they are whole, whose they are, and how they are fetched.

A checkpoint without its heads is refused here, because FlagEmbedding would fill them with random numbers in silence.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import EncoderError
from ..progress import Progress, silent
from ..settings import Settings
from ..storage.files import sha256_of
from ..storage.foreign import JSON_FILE, at
from ..storage.paths import true_path
from .protocol import EncoderIdentity

REPOSITORY = "BAAI/bge-m3"
REVISION = "5617a9f61b028005a4858fdac845db406aefb181"
BGE_M3_IDENTITY = EncoderIdentity(REPOSITORY, REVISION, 1024)
# Size and SHA-256 of the files of the pinned revision; the config is last, since a folder counts from it on.
UPSTREAM = {
    "pytorch_model.bin": (2_271_145_830, "b5e0ce3470abf5ef3831aa1bd5553b486803e83251590ab7ff35a117cf6aad38"),
    "colbert_linear.pt": (2_100_674, "19bfbae397c2b7524158c919d0e9b19393c5639d098f0a66932c91ed8f5f9abb"),
    "sparse_linear.pt": (3_516, "45c93804d2142b8f6d7ec6914ae23a1eee9c6a1d27d83d908a20d2afb3595ad9"),
    "tokenizer.json": (17_098_108, "21106b6d7dab2952c1d496fb21d5dc9db75c28ed361a05f5020bbba27810dd08"),
    "tokenizer_config.json": (444, "a62b2b6784f990259fddef5f16388693a8043be4f69179e6a5257eeb3f9abac4"),
    "special_tokens_map.json": (964, "8c785abebea9ae3257b61681b4e6fd8365ceafde980c21970d001e834cf10835"),
    "sentencepiece.bpe.model": (5_069_051, "cfc8146abe2a0488e9e2a0c56de7952f7c11ab059eca145a0a727afce0db2865"),
    "config.json": (687, "26159e7ad065073448460117eb24b7a4572f6f4e78eadff65dc0a11c052449fa"),
}
CONFIG, TOKENIZER = "config.json", "tokenizer.json"
HEADS = ("colbert_linear.pt", "sparse_linear.pt")
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
FOLDER_NAMES = ("bge-m3", "BAAI/bge-m3", "BAAI--bge-m3", "BAAI_bge-m3")
MODELS = "models"
_FETCH_AGAIN = f"Fetch {REPOSITORY} again, or name a folder that holds {CONFIG}, {TOKENIZER}, {' and '.join(HEADS)} and the weights."
_SAMPLE = 1 << 20


@dataclass(frozen=True, slots=True)
class M3Config:
    """What the engine needs of a checkpoint's config.json."""

    hidden: int
    layers: int
    heads: int
    max_tokens: int


def read_config(folder: Path) -> M3Config:
    """Read a checkpoint's config; raises EncoderError when it is missing or not XLM-RoBERTa's."""
    path = folder / CONFIG
    with at(JSON_FILE, lambda why: EncoderError(f"{path} is not a configuration of BGE-M3: {why}.", hint=_FETCH_AGAIN)):
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if value.get("model_type") != "xlm-roberta":
            raise ValueError(f"its model type is {value.get('model_type')!r}, not 'xlm-roberta'")
        # Positions begin after the padding id, so two of them are never used.
        limit = int(value["max_position_embeddings"]) - 2
        return M3Config(
            int(value["hidden_size"]),
            int(value["num_hidden_layers"]),
            int(value["num_attention_heads"]),
            min(8192, limit),
        )


def weights_file(folder: Path) -> Path:
    """The checkpoint's weights; raises EncoderError when there are none."""
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    raise EncoderError(f"{folder} has no weights: neither {' nor '.join(WEIGHTS)} is there.", hint=_FETCH_AGAIN)


def check_folder(folder: Path) -> M3Config:
    """Check that a checkpoint is complete, without loading it.

    :raises EncoderError: files are missing, cut short, or not of BGE-M3.
    """
    missing = [name for name in (CONFIG, TOKENIZER, *HEADS) if not (folder / name).is_file()]
    if missing:
        heads = (
            " Without its heads the sparse and token vectors would be random numbers."
            if set(missing) & set(HEADS)
            else ""
        )
        raise EncoderError(
            f"The model folder {folder} is incomplete: {', '.join(missing)} missing.{heads}", hint=_FETCH_AGAIN
        )
    config = read_config(folder)
    path = weights_file(folder)
    if path.suffix == ".safetensors":
        _check_safetensors(path, config)
    elif _is_upstream(folder) and path.stat().st_size != UPSTREAM[path.name][0]:
        raise EncoderError(
            f"{path} has {path.stat().st_size:,} bytes instead of {UPSTREAM[path.name][0]:,}.", hint=_FETCH_AGAIN
        )
    return config


def required_weights(config: M3Config) -> set[str]:
    """The names without which transformers would make up weights: the embeddings and both ends of every layer."""
    names = {
        "embeddings.word_embeddings.weight",
        "embeddings.position_embeddings.weight",
        "embeddings.LayerNorm.weight",
    }
    for layer in range(config.layers):
        parts = (
            "attention.self.query.weight",
            "attention.self.key.weight",
            "attention.self.value.weight",
            "attention.output.dense.weight",
        )
        names |= {
            f"encoder.layer.{layer}.{part}"
            for part in (*parts, "intermediate.dense.weight", "output.dense.weight", "output.LayerNorm.weight")
        }
    return names


def check_names(path: Path, names: set[str], config: M3Config) -> None:
    """Raise EncoderError when weights of the architecture are missing from a file."""
    missing = required_weights(config) - {name.removeprefix("roberta.") for name in names}
    if missing:
        raise EncoderError(
            f"{path} lacks {len(missing)} of the model's weights, for example {min(missing)}.", hint=_FETCH_AGAIN
        )


def _check_safetensors(path: Path, config: M3Config) -> None:
    """The header names every tensor with its place, so a cut file and missing tensors show without reading them."""
    with at(JSON_FILE, lambda why: EncoderError(f"The weights {path} cannot be read: {why}.", hint=_FETCH_AGAIN)):
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > path.stat().st_size:
                raise ValueError("its header is cut short")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        end = 8 + length + max(entry["data_offsets"][1] for entry in header.values())
    if path.stat().st_size != end:
        raise EncoderError(
            f"The weights {path} have {path.stat().st_size:,} bytes instead of {end:,}.", hint=_FETCH_AGAIN
        )
    check_names(path, set(header), config)


def _is_upstream(folder: Path) -> bool:
    """Whether heads and tokenizer are those of the pinned revision; sizes first, so that it costs 2 MB at most."""
    for name in (*HEADS, TOKENIZER):
        size, digest = UPSTREAM[name]
        path = folder / name
        if not path.is_file() or path.stat().st_size != size or sha256_of(path) != digest:
            return False
    return True


def identity_of(folder: Path) -> EncoderIdentity:
    """Whose vectors a checkpoint makes.

    The pinned revision's own files are BAAI/bge-m3 wherever they lie. Any other folder is named by its path, and its revision
    is a digest of config, tokenizer, heads and samples of the weights.
    """
    if _is_upstream(folder):
        return BGE_M3_IDENTITY
    config = check_folder(folder)
    digest = hashlib.sha256()
    for name in (CONFIG, TOKENIZER, *HEADS):
        digest.update((folder / name).read_bytes())
    path = weights_file(folder)
    size = path.stat().st_size
    with path.open("rb") as file:
        for place in range(8):
            file.seek(max(0, (size - _SAMPLE) * place // 7))
            digest.update(file.read(_SAMPLE))
    digest.update(str(size).encode())
    return EncoderIdentity(true_path(folder).as_posix(), digest.hexdigest()[:12], config.hidden)


def model_parents(settings: Settings) -> list[Path]:
    """Folders that may hold a folder of BGE-M3: the home's, then the host's model folders."""
    return [settings.home / MODELS, *settings.model_folders]


def find_folder(settings: Settings) -> Path | None:
    """A local folder of BAAI/bge-m3: the one in the settings, under the model folders, or in the Hub's cache."""
    explicit = [Path(settings.model)] if Path(settings.model).is_dir() and _is_upstream(Path(settings.model)) else []
    named = [parent / name for parent in model_parents(settings) for name in FOLDER_NAMES]
    own = settings.home / MODELS / FOLDER_NAMES[0]
    for folder in [*explicit, *named, *_cached()]:
        # Our own folder may hold an interrupted fetch; another one without its heads is reported.
        needed = (CONFIG, TOKENIZER, *HEADS) if folder == own else (CONFIG,)
        if all((folder / name).is_file() for name in needed) and any((folder / name).is_file() for name in WEIGHTS):
            return folder
    return None


def _cached() -> list[Path]:
    try:
        from huggingface_hub.constants import HF_HUB_CACHE
    except ImportError:
        return []
    return [Path(HF_HUB_CACHE) / f"models--{REPOSITORY.replace('/', '--')}" / "snapshots" / REVISION]


def ensure_folder(settings: Settings, progress: Progress = silent) -> Path:
    """The folder of BAAI/bge-m3, fetched at the pinned revision into the home's models folder when it is nowhere.

    :raises HubError: it has to be fetched and cannot be.
    """
    from ..transport.listing import ExpectedFile
    from ..transport.models import ModelSource, download_model_files

    files = {name: ExpectedFile(size, digest) for name, (size, digest) in UPSTREAM.items()}
    source = ModelSource(f"models/{REPOSITORY}", REVISION, files)
    return find_folder(settings) or download_model_files(
        settings, source, settings.home / MODELS / FOLDER_NAMES[0], progress
    )
