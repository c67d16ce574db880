"""The torch module under a real ComfyUI's memory management, in a subprocess with its interpreter."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from comfyui_install import RELEASES, prepare

HOSTS = Path(__file__).with_name("hosts")

REPOSITORY = Path(__file__).parents[1]
SCRIPT = """
import gc, runpy, sys
tree, file, hosts = sys.argv[1:]
sys.path.insert(0, tree)
sys.argv = ["main.py", "--cpu"]
sys.path.insert(0, hosts)
from comfyui_launcher import declare_missing_operators
operators = declare_missing_operators()
import comfy.options
comfy.options.enable_args_parsing()
import comfy.model_management as management
import torch

placement = runpy.run_path(file)["ComfyPlacement"]()
module = torch.nn.Sequential(torch.nn.Embedding(50, 16), torch.nn.LayerNorm(16), torch.nn.Linear(16, 4)).eval()
ids = torch.tensor([[0, 7, 2]])
before = module(ids)
loaded = lambda: [m.model.model is module for m in management.current_loaded_models]
print(placement.device, loaded())
placement(module); gc.collect(); print(loaded())
placement(module); print(loaded(), torch.equal(module(ids), before))
management.unload_all_models(); print(loaded())
placement(module); print(loaded(), torch.equal(module(ids), before))
placement.release(); gc.collect(); print(loaded())
"""


@pytest.mark.comfyui
@pytest.mark.parametrize("version", RELEASES)
def test_module_takes_its_turn_in_memory(version, tmp_path):
    installation = prepare(version, REPOSITORY / "requirements.txt")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [installation.python, script, installation.tree, REPOSITORY / "nodes" / "torch_memory.py", HOSTS],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["cpu []", "[True]", "[True] True", "[]", "[True] True", "[]"]
