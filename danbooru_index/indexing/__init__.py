"""Building an index: corpus -> texts -> vectors -> channels -> manifest -> pointer."""

from ..progress import Progress, Step
from .build import BuildOptions, BuildReport, build_index

__all__ = ["BuildOptions", "BuildReport", "Progress", "Step", "build_index"]
