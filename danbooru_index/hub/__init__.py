"""The Hub: prebuilt indexes and model files from any mirror, resumable and verified; and publishing one.

A repository holds the content of one index version at its top level: `manifest.json`, the files that it lists, a
README, and optionally an encoder (`encoder.json` and `encoder/`). Only client.py imports httpx, and only publish.py
huggingface_hub.
"""

from ..transport.models import ModelSource, download_model_files
from .fetch import CheckReport, FetchOptions, FetchReport, check_index, ensure_index, fetch_index, with_flags
from .installed import built_here

__all__ = [
    "CheckReport",
    "FetchOptions",
    "FetchReport",
    "ModelSource",
    "built_here",
    "check_index",
    "download_model_files",
    "ensure_index",
    "fetch_index",
    "with_flags",
]
