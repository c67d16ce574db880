"""Every error that a user can meet, as one tree.

DanbooruIndexError
├── InputError (ValueError)          a query, flag or node input that cannot be used
│   └── SourceNotAllowedError        a workflow names a source that the settings do not
├── CorpusError (ValueError)         a JSONL line or file that cannot be read
├── EncoderError                     an encoder cannot be opened or run
│   └── MissingDependencyError       a package is absent or has the wrong version
├── IndexFolderError                 an index folder cannot be used
│   ├── IndexNotFoundError           nothing there
│   ├── IndexDamagedError            files missing, truncated or changed
│   └── IndexMismatchError           another schema or another encoder
├── BuildError                       a build could not finish; the old index is untouched
│   ├── BuildCancelledError          stopped by the user; the same command goes on
│   └── UnfinishedBuildError         an unfinished build of something else is in the way
├── ChromaServerError                a Chroma server does not answer, or holds another index
└── HubError                         the Hub or a mirror did not deliver
    └── OfflineError                 it was not asked, since the user said to stay offline

Each carries `hint`: what the user can do now, an exact command or setting. Adapters show both texts: a node raises both
in ComfyUI's words, the command line prints two lines, a route answers with both.
"""

from __future__ import annotations

from typing import Any


class DanbooruIndexError(Exception):
    """Base class: `str(error)` says what happened, to what and why; `error.hint` says what to do now."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """So that an error of a child process comes back whole: an exception is made again from what stands in `args` alone."""
        return _made_again, (type(self), self.args, self.__dict__)

    def full_text(self) -> str:
        """Both texts, for hosts that show a single string."""
        return f"{self}\n{self.hint}"


def _made_again(kind: type[DanbooruIndexError], args: tuple[Any, ...], state: dict[str, Any]) -> DanbooruIndexError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InputError(DanbooruIndexError, ValueError):
    """A query, flag or node input that cannot be used."""


class SourceNotAllowedError(InputError):
    """A workflow names a source that the user's settings do not; `kind` and `value` are what a person may allow."""

    def __init__(self, message: str, *, hint: str, kind: str, value: str) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.value = value


class CorpusError(DanbooruIndexError, ValueError):
    """A corpus file that cannot be read, or in strict mode its first bad line."""


class EncoderError(DanbooruIndexError):
    """An encoder cannot be opened, or failed while encoding."""


class MissingDependencyError(EncoderError):
    """A package that this function needs is absent or has the wrong version."""


class IndexFolderError(DanbooruIndexError):
    """An index folder cannot be used."""


class IndexNotFoundError(IndexFolderError, FileNotFoundError):
    """There is no index at the place that was named."""


class IndexDamagedError(IndexFolderError):
    """Files of the index are missing, truncated or changed."""


class IndexMismatchError(IndexFolderError):
    """The index has another schema version, or was built by another encoder."""


class BuildError(DanbooruIndexError):
    """A build could not finish. The index that was there before is untouched."""


class BuildCancelledError(BuildError):
    """The user stopped the build; the same command goes on from its last checkpoint."""


class UnfinishedBuildError(BuildError):
    """The folder holds encoded texts of a build of something else, which a restart would throw away."""


class ChromaServerError(DanbooruIndexError):
    """A Chroma server does not answer, or does not hold this index."""


class HubError(DanbooruIndexError):
    """The Hub, or a mirror of it, did not deliver what was asked."""


class OfflineError(HubError):
    """Something would have to be downloaded, and the user said to stay offline."""
