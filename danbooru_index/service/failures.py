"""Errors as answers: {"error", "hint", "code"} with a status. No path, token or traceback of this machine gets out.

What somebody asked may be quoted back to them, so the texts of errors about a request are answered as they are. Other
errors of the engine name folders and addresses; these go to the log, and the answer says what kind of thing is wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from ..errors import (
    BuildError,
    CorpusError,
    DanbooruIndexError,
    EncoderError,
    HubError,
    IndexDamagedError,
    IndexFolderError,
    IndexMismatchError,
    IndexNotFoundError,
    InputError,
    MissingDependencyError,
    OfflineError,
    UnfinishedBuildError,
)
from .message import Answer, json_answer

logger = logging.getLogger("danbooru-index")


class RequestError(InputError):
    """A request that no handler takes: its status, a word for programs, and both texts for people."""

    def __init__(
        self, status: int, code: str, message: str, hint: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status, self.code, self.headers = status, code, dict(headers or {})


class NotReadyError(Exception):
    """The index could not be opened; the cause is the engine's own error."""


_LOG = "The log of the server says more."
# The first class that fits decides.
_KINDS: tuple[tuple[type[Exception], int, str, str, str], ...] = (
    (MissingDependencyError, 503, "missing_package", "A package that the server needs is not installed.", _LOG),
    (EncoderError, 503, "encoder", "The encoder of the index cannot be used.", _LOG),
    (IndexNotFoundError, 503, "no_index", "There is no index yet.", "Build one or fetch one; then ask again."),
    (IndexDamagedError, 503, "index_damaged", "The index is damaged.", "Build it or fetch it again. " + _LOG),
    (IndexMismatchError, 503, "index_mismatch", "The index belongs to another version or encoder.", _LOG),
    (IndexFolderError, 503, "index", "The index cannot be used.", _LOG),
    (UnfinishedBuildError, 503, "unfinished", "An unfinished build of something else is in the way.", _LOG),
    (BuildError, 503, "build", "The index could not be built.", _LOG),
    (CorpusError, 503, "corpus", "The corpus cannot be read.", _LOG),
    (OfflineError, 503, "offline", "The server is told to stay offline, and something is missing.", _LOG),
    (HubError, 503, "hub", "The index could not be fetched.", "Try again later. " + _LOG),
    (DanbooruIndexError, 503, "settings", "The settings of the server cannot be used.", _LOG),
)


def code_of(error: Exception) -> str:
    """The word for programs that an answer with this error carries."""
    if isinstance(error, InputError):
        return "input"
    return next((code for kind, _, code, _, _ in _KINDS if isinstance(error, kind)), "internal")


def error_answer(status: int, code: str, message: str, hint: str, headers: Mapping[str, str] | None = None) -> Answer:
    """The documented form of every error."""
    return json_answer({"error": message, "hint": hint, "code": code}, status, headers)


def failure(error: Exception) -> Answer:
    """The answer for an error that a handler raised; what is not the asker's fault is logged."""
    if isinstance(error, RequestError):
        return error_answer(error.status, error.code, str(error), error.hint, error.headers)
    if isinstance(error, InputError):
        return error_answer(400, "input", str(error), error.hint)
    cause = error.__cause__ if isinstance(error, NotReadyError) and error.__cause__ else error
    logger.error("%s: %s", type(cause).__name__, cause, exc_info=not isinstance(cause, DanbooruIndexError))
    for kind, status, code, message, hint in _KINDS:
        if isinstance(cause, kind):
            return error_answer(status, code, message, hint, {"retry-after": "10"})
    return error_answer(500, "internal", "The server met an error that it did not expect.", _LOG)
