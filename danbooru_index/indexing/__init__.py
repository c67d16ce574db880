"""Building an index: corpus -> texts -> vectors -> channels -> manifest -> pointer."""

from ..progress import Progress, Step
from .build import build_index
from .job import BuildOptions, BuildReport

__all__ = ["BuildOptions", "BuildReport", "Progress", "Step", "build_index"]
