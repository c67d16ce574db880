"""Graphs of the nodes in ComfyUI's API form, and what comes out of them."""

from __future__ import annotations

from node_inputs import FROZEN


def message(entry: dict, kind: str) -> dict | None:
    return next((m[1] for m in entry["status"]["messages"] if m[0] == kind), None)


def search_graph(text: str, **inputs: object) -> dict:
    """Tag Search with each of its outputs shown."""
    return node_graph("DanbooruIndexTagSearch", text=text, **{"limit": 3, **inputs})


def node_graph(node_id: str, **inputs: object) -> dict:
    """A node, with its defaults where nothing else is given, and each of its outputs shown."""
    frozen, outputs = FROZEN[node_id]
    values = {name: default for name, default in frozen if default is not None}
    graph = {"1": {"class_type": node_id, "inputs": {**values, **inputs}}}
    for slot in range(len(outputs)):
        graph[str(2 + slot)] = {"class_type": "PreviewAny", "inputs": {"source": ["1", slot]}}
    return graph


def load_node(**inputs: object) -> dict:
    """A Load node with its defaults."""
    values = {
        "encoder": "auto",
        "device": "auto",
        "precision": "auto",
        "download": "never",
        "repository": "",
        "endpoint": "",
    }
    return {"class_type": "DanbooruIndexLoad", "inputs": {"folder": "", **values, **inputs}}


def rebuild_graph(corpus: str, **inputs: object) -> dict:
    """Rebuild, and a search in the index that it gives."""
    values = {"encoder": "auto", "device": "auto", "batch_size": 0, "unfinished": "resume", "tolerant": True}
    graph = search_graph("a new tag", index=["8", 0], limit=1)
    graph["8"] = {"class_type": "DanbooruIndexRebuild", "inputs": {"corpus": corpus, **values, **inputs}}
    return graph


def texts(entry: dict, node: str) -> list[str]:
    """What a preview shows."""
    assert entry["status"]["status_str"] == "success", entry["status"]
    return entry["outputs"][node]["text"]


def inputs_of(info: dict) -> dict:
    kinds = [kind for kind in ("required", "optional") if kind in info["input_order"]]
    return {name: info["input"][kind][name] for kind in kinds for name in info["input_order"][kind]}


def chips(entry: dict, node: str = "1") -> list[dict]:
    """The chips that the page draws on a node."""
    (shown,) = entry["outputs"][node]["danbooru_index"]
    return [chip for concept in shown["concepts"] for chip in concept["chips"]]
