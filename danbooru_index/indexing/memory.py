"""Memory of this process and of the machine. The only file that imports psutil."""

from __future__ import annotations

import psutil


def process_memory() -> int:
    """Resident memory of this process in bytes."""
    return int(psutil.Process().memory_info().rss)


def free_memory() -> int:
    """Memory of the machine in bytes that can be had without swapping."""
    return int(psutil.virtual_memory().available)
