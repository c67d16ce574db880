"""Building an index: corpus -> texts -> vectors -> channels -> manifest -> pointer."""

from .pipeline import BuildOptions, BuildReport, build_index
from .progress import Progress, Step

__all__ = ["BuildOptions", "BuildReport", "Progress", "Step", "build_index"]
