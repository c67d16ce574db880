"""An index version on disk as one validated object.

DIR/versions/NAME/   manifest.json, tags/, dense/, chroma/, lexical/, words/ (see versions.py), and sparse/, late/,
                     encoder/ and cooccurrence/ where there are such
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..arrays.types import FloatArray, IntArray, UInt8Array
from ..channels.channel import Channel
from ..channels.cooccurrence import Cooccurrence
from ..channels.dense import DenseChannel
from ..channels.late import LateChannel
from ..channels.lexical import LexicalChannel
from ..channels.shape import read_shapes
from ..channels.sparse import SparseChannel
from ..channels.vectors import similarity_floor
from ..channels.words import WordsChannel
from ..concepts.counts import all_count_tags
from ..corpus.texts import late_text
from ..encoders import Encoder, check_encoder_name, open_encoder
from ..errors import IndexDamagedError, IndexMismatchError
from ..lazy import once
from ..progress import Progress, silent
from ..ranking import DEFAULT_WEIGHTS, FusionWeights, read_weights
from ..settings import Settings, load_settings
from .collection import open_store
from .damage import check_contents
from .layout import CHANNELS, COOCCURRENCE, DENSE, LATE, LEXICAL, REQUIRED, SPARSE, STORE, WORDS, channels_among
from .manifest import ENCODER_FOLDER, FLOOR_OPTION, PACKAGE_OPTION, Manifest, check_files, read_manifest
from .tags import Store
from .versions import mark_current, tidy

_REBUILD = "Build it (danbooru-index build --input CORPUS --db DIR) or fetch it (danbooru-index fetch)."


class Index:
    """Read-only access to one version: its manifest, tag table, channels and encoder.

    Channels open at their first use. Safe to use from several threads. Sizes of all files are checked on opening; their
    hashes by `verify`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        encoder: Encoder | None = None,
        settings: Settings | None = None,
        weights: FusionWeights | None = None,
        progress: Progress = silent,
    ) -> None:
        """Open an index.

        :param folder: an index folder or a version folder.
        :param encoder: the encoder for queries; by default the one that the manifest names.
        :param settings: where its model files are, on which device it runs (on the CPU unless they name one), and the
            file of fusion weights, if they name one.
        :param weights: fusion weights instead of those.
        :param progress: told of the download, where the encoder has to be fetched.
        :raises IndexNotFoundError, IndexDamagedError: see current_version and read_manifest.
        :raises InputError: the file of fusion weights is not one.
        :raises IndexMismatchError: another schema version, or `encoder` is not the one that built the index.
        """
        self.folder, self._mark = mark_current(folder)
        try:
            self._progress = progress
            self._open(encoder, settings, weights)
        except BaseException:
            self._mark.release()
            raise
        tidy(folder)

    def _open(self, encoder: Encoder | None, settings: Settings | None, weights: FusionWeights | None) -> None:
        self.manifest: Manifest = read_manifest(self.folder)
        problems = check_files(self.folder, self.manifest)
        problems += [f"its manifest lists no files of {name}/" for name in REQUIRED if name not in self.channel_names]
        if problems:
            more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
            raise IndexDamagedError(
                f"The index {self.folder} is damaged: {'; '.join(problems[:3])}{more}.", hint=_REBUILD
            )
        if encoder is not None and encoder.identity != self.manifest.encoder:
            raise IndexMismatchError(
                f"The index {self.folder} was built by {self.manifest.encoder}, not by {encoder.identity}.",
                hint="Choose that encoder, or build the index again with this one.",
            )
        self._encoder = encoder
        self._settings = settings
        chosen = settings.weights if settings is not None else None
        self.weights = weights or (DEFAULT_WEIGHTS if chosen is None else read_weights(chosen))
        check_contents(self.folder, self.manifest, (settings or load_settings()).home)
        self.store = Store(self.folder / STORE)

    @property
    def channel_names(self) -> tuple[str, ...]:
        """The names of the channels that this index has."""
        return channels_among(self.manifest.files)

    @once
    def encoder(self) -> Encoder:
        """The encoder of this index, not loaded before its first use.

        :raises IndexMismatchError: the installed encoder of that name has another identity.
        """
        if self._encoder is not None:
            return self._encoder
        settings = self._settings or load_settings()
        # One line of text is quick on a CPU, and leaves the accelerator to the image model.
        device = "cpu" if settings.device == "auto" else settings.device
        name = self.manifest.encoder.name
        check_encoder_name(name, settings.model)
        # What lies there without having been fetched as an encoder is not one.
        packaged = self.folder / ENCODER_FOLDER if PACKAGE_OPTION in self.manifest.options else None
        encoder = open_encoder(name, device=device, settings=settings, packaged=packaged, progress=self._progress)
        if encoder.identity != self.manifest.encoder:
            raise IndexMismatchError(
                f"The index {self.folder} was built by {self.manifest.encoder}; this program has {encoder.identity}.",
                hint="Build the index again, or fetch the one for this version.",
            )
        return encoder

    @once
    def dense(self) -> DenseChannel:
        """The dense channel."""
        channel = DenseChannel(self.folder / DENSE, self.manifest.encoder.dimensions)
        settings = self._settings or load_settings()
        channel.store = open_store(self.folder, self.manifest, self.store, channel, settings)
        return channel

    @once
    def lexical(self) -> LexicalChannel:
        """The lexical channel."""
        return LexicalChannel(self.folder / LEXICAL)

    @once
    def count_rows(self) -> frozenset[int]:
        """The rows of the tags that count heads, which come by rule and not by meaning."""
        rows = (self.store.row_of(tag) for tag in (*all_count_tags(), "solo"))
        return frozenset(row for row in rows if row is not None)

    @once
    def shapes(self) -> UInt8Array:
        """The shape of every tag; see channels/shape.py."""
        return read_shapes(self.folder / LEXICAL)

    @once
    def sparse(self) -> SparseChannel | None:
        """The channel of learned term weights, None where the encoder has none."""
        return SparseChannel(self.folder / SPARSE) if SPARSE in self.channel_names else None

    @once
    def late(self) -> LateChannel | None:
        """The channel of late interaction, None where the encoder has no token vectors."""
        if LATE not in self.channel_names:
            return None
        return LateChannel(self.folder / LATE, self.manifest.encoder.dimensions, self._tokens)

    def _tokens(self, rows: IntArray) -> Sequence[FloatArray]:
        """The token vectors of tags, computed where an accelerator makes that fast, else none."""
        if not self.encoder.on_gpu:
            return ()
        return self.encoder.encode([late_text(self.store.record(int(row))) for row in rows], tokens=True).tokens or ()

    @once
    def words(self) -> WordsChannel:
        """The words channel."""
        return WordsChannel(self.folder / WORDS)

    @once
    def channels(self) -> tuple[Channel, ...]:
        """Every channel that this index has; each is the attribute of its name."""
        return tuple(getattr(self, name) for name in self.channel_names)

    @once
    def similarity_floor(self) -> float:
        """The encoder's mean inner product of two unrelated texts; an index of an older schema lacks it."""
        stored = self.manifest.options.get(FLOOR_OPTION)
        return similarity_floor(self.dense.vectors) if stored is None else float(stored)

    @once
    def cooccurrence(self) -> Cooccurrence | None:
        """How often two tags co-occur, None where the index was built without."""
        return Cooccurrence(self.folder / COOCCURRENCE) if f"{COOCCURRENCE}/starts.npy" in self.manifest.files else None

    def close(self) -> None:
        """Close the files, so that the folder can be removed (Windows)."""
        held = vars(self)
        for name in ("store", "dense"):
            if name in held:
                held[name].close()
        # Mappings keep their files open, and so their folder in its place on Windows, as long as anybody refers to them.
        for name in ("channels", *CHANNELS, "shapes", "cooccurrence"):
            held.pop(name, None)
        self._mark.release()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
