"""A real ComfyUI with this pack and a home of its own for the engine: what most tests, pictures and benchmarks start.

with HomeServer(tmp_path, index=small_folder) as server:
assert server.ask("search", text="猫耳", limit=1)["hits"][0]["tag"] == "cat_ears"
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from comfyui import ComfyUIServer, prepare
from comfyui_server import Json

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements.txt"
NEW, OLD = "0.30.0", "0.18.2"
V1 = "/danbooru-index/v1"


class HomeServer(ComfyUIServer):
    """A ComfyUI whose base directory holds `home`, with a copy of the folder `index` as its index if there is one.

    It is offline. `environment` comes on top of that and of the home; `pack` is another copy of this pack, and `requirements`
    are more than the pack's own.
    """

    def __init__(
        self,
        base: Path,
        *,
        version: str = NEW,
        index: Path | None = None,
        environment: Mapping[str, str] | None = None,
        pack: Path = ROOT,
        requirements: Path = REQUIREMENTS,
    ) -> None:
        self.home = base.resolve() / "home"
        if index is not None:
            shutil.copytree(index, self.home / "index")
        settings = {"DANBOORU_INDEX_HOME": str(self.home), "HF_HUB_OFFLINE": "1", **(environment or {})}
        super().__init__(prepare(version, requirements), pack=pack, base_directory=base, environment=settings)

    def ask(self, route: str, **body: Json) -> Json:
        """The answer of one of the pack's routes to a POST. Raises HostError as `post` does."""
        return self.post(f"{V1}/{route}", body)

    def about(self) -> Json:
        """What the route `index` says of the index that is searched."""
        return self.get(f"{V1}/index")

    def state(self) -> Json:
        """What the page shows: the index, and the job that runs or ran last."""
        return self.get(f"{V1}/comfyui/state")

    def job(self) -> Json:
        """The job that runs or ran last; None if there was none."""
        return self.state()["job"]
