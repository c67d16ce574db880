"""XLM-RoBERTa with BGE-M3's heads as one ONNX graph in int8, written node by node.

Every linear layer is onnxruntime's DynamicQuantizeMatMul: int8 weights with one scale per output channel, activations
quantised at run time. The second layer of each feed-forward block first divides every row by its largest value: a few
tokens of such models have activations hundreds of times above the rest, and would take the whole 8-bit range from them.
The embedding table is int8 with one scale per row. Attention has no mask, because texts of different lengths are never put
into one batch. The only file that imports onnx.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from ..arrays.types import FloatArray, Int8Array
from ..errors import MissingDependencyError
from .model_files import M3Config
from .onnx_m3 import DENSE, GRAPH_FILE, VECTORS, WEIGHTS, WEIGHTS_FILE, open_session

_CONTRIB = "com.microsoft"
_OPSET, _IR_VERSION = 18, 9
_ALIGN = 65_536  # Windows maps files at multiples of this
_INLINE = 1024  # bytes: smaller constants stay in the graph file


def import_onnx() -> Any:
    """The package onnx, needed for converting alone."""
    try:
        import onnx
    except ImportError as error:
        raise MissingDependencyError(
            "Converting needs the package onnx.", hint='Install it: pip install "onnx>=1.16"'
        ) from error
    return onnx


def quantise_columns(weights: FloatArray, bits: int) -> tuple[Int8Array, FloatArray]:
    """(k, n) float32 -> (k, n) int8 and (n,) scales, symmetric, in so many bits."""
    peak = np.abs(weights).max(axis=0)
    scales = np.where(peak > 0, peak / (2 ** (bits - 1) - 1), 1.0).astype(np.float32)
    return np.rint(weights / scales).astype(np.int8), scales


class _Graph:
    """Nodes and constants; large constants go straight to the weights file."""

    def __init__(self, data: IO[bytes], bits: int) -> None:
        self.onnx = import_onnx()
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._data, self._bits = data, bits

    def constant(self, name: str, array: npt.NDArray[Any]) -> str:
        """Add a constant under this name."""
        tensor = self.onnx.TensorProto(
            name=name, data_type=self.onnx.helper.np_dtype_to_tensor_dtype(array.dtype), dims=array.shape
        )
        raw = np.ascontiguousarray(array).tobytes()
        if len(raw) < _INLINE:
            tensor.raw_data = raw
        else:
            self._data.write(b"\0" * (-self._data.tell() % _ALIGN))
            tensor.data_location = self.onnx.TensorProto.EXTERNAL
            for key, value in (("location", WEIGHTS_FILE), ("offset", self._data.tell()), ("length", len(raw))):
                tensor.external_data.add(key=key, value=str(value))
            self._data.write(raw)
        self.constants.append(tensor)
        return name

    def node(self, kind: str, inputs: list[str], output: str | list[str], **attributes: Any) -> str:
        """Add a node and return its (first) output."""
        outputs = [output] if isinstance(output, str) else output
        domain = (
            _CONTRIB
            if kind in ("DynamicQuantizeMatMul", "MultiHeadAttention", "SkipLayerNormalization", "Gelu")
            else ""
        )
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def linear(self, x: str, weights: FloatArray, bias: FloatArray, name: str, *, by_row: bool = False) -> str:
        """A linear layer of torch's (out, in) weights; `by_row` first scales every row of x to a peak of 1."""
        codes, scales = quantise_columns(weights.T, self._bits)
        parameters = [self.constant(f"{name}.codes", codes), self.constant(f"{name}.scales", scales), ""]
        b = self.constant(f"{name}.bias", bias)
        if not by_row:
            return self.node("DynamicQuantizeMatMul", [x, *parameters, b], name)
        size = self.node("Abs", [x], f"{name}.size")
        # A row of zeros is divided by something, too.
        peak = self.node(
            "Max", [self.node("ReduceMax", [size, "last_axis"], f"{name}.largest"), "tiny"], f"{name}.peak"
        )
        product = self.node(
            "DynamicQuantizeMatMul", [self.node("Div", [x, peak], f"{name}.scaled"), *parameters], f"{name}.product"
        )
        return self.node("Add", [self.node("Mul", [product, peak], f"{name}.unscaled"), b], name)


def write_graph(folder: Path, weights: Mapping[str, FloatArray], config: M3Config, bits: int) -> None:
    """Write model.onnx and its weights.

    :param weights: XLMRobertaModel's parameters by name, and `colbert.weight`, `colbert.bias`, `sparse.weight`, `sparse.bias`.
    :param bits: of the linear layers' weights, at most 8.
    """
    with (folder / WEIGHTS_FILE).open("wb") as data:
        graph = _Graph(data, bits)
        helper, types = graph.onnx.helper, graph.onnx.TensorProto
        graph.constant("last_axis", np.array([-1]))
        graph.constant("tiny", np.array(1e-12, np.float32))
        x = _embeddings(graph, weights)
        for layer in range(config.layers):
            x = _layer(graph, x, weights, f"encoder.layer.{layer}.", config.heads)
        _heads(graph, x, weights)
    sizes: dict[str, list[Any]] = {
        DENSE: ["b", config.hidden],
        WEIGHTS: ["b", "s"],
        VECTORS: ["b", "s - 1", config.hidden],
    }
    outputs = [helper.make_tensor_value_info(name, types.FLOAT, shape) for name, shape in sizes.items()]
    inputs = [helper.make_tensor_value_info("input_ids", types.INT64, ["b", "s"])]
    (folder / GRAPH_FILE).write_bytes(_model(graph, inputs, outputs))


def _norm(graph: _Graph, inputs: list[str], weights: Mapping[str, FloatArray], prefix: str) -> str:
    gain, bias = (graph.constant(f"{prefix}.{part}", weights[f"{prefix}.{part}"]) for part in ("weight", "bias"))
    if len(inputs) == 2:
        return graph.node("SkipLayerNormalization", [*inputs, gain, bias], f"{prefix}.out", epsilon=1e-5)
    return graph.node("LayerNormalization", [*inputs, gain, bias], f"{prefix}.out", axis=-1, epsilon=1e-5)


def _embeddings(graph: _Graph, weights: Mapping[str, FloatArray]) -> str:
    codes, scales = quantise_columns(weights["embeddings.word_embeddings.weight"].T, 8)
    table = graph.constant("words.codes", np.ascontiguousarray(codes.T))
    row = graph.node(
        "Cast",
        [graph.node("Gather", [table, "input_ids"], "words.int8")],
        "words.float",
        to=graph.onnx.TensorProto.FLOAT,
    )
    scale = graph.node("Gather", [graph.constant("words.scales", scales[:, None]), "input_ids"], "words.scale")
    words = graph.node("Mul", [row, scale], "words")
    # Positions count from 2, after the padding id; all tokens are of type 0.
    places = (
        weights["embeddings.position_embeddings.weight"][2:] + weights["embeddings.token_type_embeddings.weight"][0]
    )
    graph.constant("places", places)
    graph.constant("zero", np.array([0]))
    length = graph.node("Shape", ["input_ids"], "length", start=1, end=2)
    return _norm(
        graph,
        [graph.node("Add", [words, graph.node("Slice", ["places", "zero", length], "places.used")], "embedded")],
        weights,
        "embeddings.LayerNorm",
    )


def _layer(graph: _Graph, x: str, weights: Mapping[str, FloatArray], prefix: str, heads: int) -> str:
    projections = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
    merged, bias = (np.concatenate([weights[f"{name}.{part}"] for name in projections]) for part in ("weight", "bias"))
    qkv = graph.linear(x, merged, bias, f"{prefix}qkv")
    graph.node("Split", [qkv], projections, axis=-1, num_outputs=3)
    mixed = graph.node("MultiHeadAttention", projections, f"{prefix}mixed", num_heads=heads)
    out = f"{prefix}attention.output"
    mixed = graph.linear(mixed, weights[f"{out}.dense.weight"], weights[f"{out}.dense.bias"], f"{out}.dense")
    x = _norm(graph, [mixed, x], weights, f"{out}.LayerNorm")
    wide = graph.linear(
        x,
        weights[f"{prefix}intermediate.dense.weight"],
        weights[f"{prefix}intermediate.dense.bias"],
        f"{prefix}intermediate",
    )
    wide = graph.node("Gelu", [wide], f"{prefix}gelu")
    narrow = graph.linear(
        wide,
        weights[f"{prefix}output.dense.weight"],
        weights[f"{prefix}output.dense.bias"],
        f"{prefix}output",
        by_row=True,
    )
    return _norm(graph, [narrow, x], weights, f"{prefix}output.LayerNorm")


def _heads(graph: _Graph, x: str, weights: Mapping[str, FloatArray]) -> None:
    graph.constant("first", np.array(0))
    graph.node("LpNormalization", [graph.node("Gather", [x, "first"], "first_token", axis=1)], DENSE, axis=-1, p=2)
    product = graph.node("MatMul", [x, graph.constant("sparse.weight", weights["sparse.weight"].T)], "sparse.product")
    wide = graph.node(
        "Relu",
        [graph.node("Add", [product, graph.constant("sparse.bias", weights["sparse.bias"])], "sparse.sum")],
        "sparse.relu",
    )
    graph.node("Squeeze", [wide, "last_axis"], WEIGHTS)
    graph.constant("one", np.array([1]))
    graph.constant("end", np.array([np.iinfo(np.int64).max]))
    rest = graph.node("Slice", [x, "one", "end", "one"], "rest")
    graph.node(
        "LpNormalization",
        [graph.linear(rest, weights["colbert.weight"], weights["colbert.bias"], "colbert")],
        VECTORS,
        axis=-1,
        p=2,
    )


def saturates() -> bool:
    """Whether this CPU's 8-bit products overflow 16 bits (AVX2 and AVX-512 without VNNI); then weights get 7 bits.

    A graph of one node sums products of 255 and 127.
    """
    graph = _Graph(io.BytesIO(), 8)
    helper, types = graph.onnx.helper, graph.onnx.TensorProto
    size = 16
    graph.constant("w", np.full((size, size), 127, np.int8))
    graph.node("MatMulInteger", ["x", "w"], "y")
    inputs = [helper.make_tensor_value_info("x", types.UINT8, ["m", size])]
    outputs = [helper.make_tensor_value_info("y", types.INT32, ["m", size])]
    product = open_session(_model(graph, inputs, outputs)).run(None, {"x": np.full((4, size), 255, np.uint8)})[0]
    return bool((product != 255 * 127 * size).any())


def _model(graph: _Graph, inputs: list[Any], outputs: list[Any]) -> bytes:
    helper = graph.onnx.helper
    model = helper.make_model(
        helper.make_graph(graph.nodes, "bge-m3", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)],
        ir_version=_IR_VERSION,
    )
    return bytes(model.SerializeToString())
