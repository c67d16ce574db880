"""A checkpoint in BGE-M3's layout with random weights: config, weights, tokenizer and both heads.

The parity tests make a tiny one in seconds; benchmarks/bge_m3.py makes one of the full size.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>")
SENTENCES = [
    "【通用】1girl - 一个女孩。画面中只有一名女性角色",
    "【发型】long_hair - 长发。头发超过肩膀，直到腰部",
    "【服装】serafuku - 水手服。日本女学生的制服，带有水手领",
    "【角色】hatsune_miku - 初音未来。绿色双马尾的虚拟歌手",
    "長い黒髪の少女がセーラー服を着て桜の下に立っている",
    "ツインテールの女の子、青い目、制服",
    "a girl with long black hair standing under cherry blossoms, looking at the viewer",
    "twintails, blue eyes, school uniform, smile, outdoors, night sky with stars",
    "긴 검은 머리의 소녀가 벚꽃 아래에 서 있다",
    "девушка с длинными чёрными волосами в школьной форме",
    "une fille aux cheveux longs sous les cerisiers en fleurs",
    "夜空、星、満月、雪、雨、海、山、森、街、教室",
]


@dataclass(frozen=True)
class Shape:
    """The sizes of a checkpoint."""

    layers: int = 2
    hidden: int = 32
    heads: int = 4
    intermediate: int = 64
    vocabulary: int = 600
    positions: int = 8194


TINY = Shape()
LONGEST_PIECE = 8
FULL = Shape(layers=24, hidden=1024, heads=16, intermediate=4096, vocabulary=250_002)


def pieces_of(texts: Iterable[str], size: int) -> list[tuple[str, float]]:
    """At most so many pieces of words with their log frequencies: every character, then what covers most of the texts.

    The trainer of `tokenizers` finds others in every run, and thresholds that hold for one checkpoint fail for the next.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        for word in text.split():
            marked = f"\u2581{word}"
            ends = range(1, min(len(marked), LONGEST_PIECE) + 1)
            counts.update(marked[start : start + n] for n in ends for start in range(len(marked) - n + 1))
    characters = sorted(piece for piece in counts if len(piece) == 1)
    longer = [piece for piece, count in counts.items() if len(piece) > 1 and count > 1]
    longer.sort(key=lambda piece: (-counts[piece] * len(piece), piece))
    kept = [*characters, *longer][:size]
    total = sum(counts[piece] for piece in kept)
    return [(piece, math.log(counts[piece] / total)) for piece in kept]


def make_tokenizer(folder: Path, texts: Iterable[str], size: int) -> int:
    """Write a Unigram tokenizer in XLM-RoBERTa's layout; returns the size of its vocabulary."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    special = [(token, 0.0) for token in SPECIAL_TOKENS]
    vocabulary = [*special, *pieces_of(texts, size - len(special))]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=SPECIAL_TOKENS.index("<unk>")))
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 8192, **names}), encoding="utf-8"
    )
    (folder / "special_tokens_map.json").write_text(json.dumps(names), encoding="utf-8")
    return tokenizer.get_vocab_size()


def make_checkpoint(
    folder: Path, shape: Shape = TINY, *, seed: int = 7, texts: Iterable[str] = SENTENCES, tokens: int = 500
) -> Path:
    """Write a checkpoint with random weights: no two seeds give the same vectors."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    folder.mkdir(parents=True, exist_ok=True)
    size = make_tokenizer(folder, texts, tokens)
    assert size <= shape.vocabulary
    torch.manual_seed(seed)
    config = XLMRobertaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=shape.positions,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    model = XLMRobertaModel(config, add_pooling_layer=True)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() == 2:
                # Wide enough that different texts get different vectors.
                weights.normal_(0.0, 2.0 / weights.shape[1] ** 0.5)
            elif weights.dim() == 1:
                # Trained norms and biases are no identities; an ignored one must not go unseen.
                weights.add_(torch.randn_like(weights) * 0.05)
    model.save_pretrained(folder)
    for name, width in (("colbert_linear", shape.hidden), ("sparse_linear", 1)):
        torch.save(torch.nn.Linear(shape.hidden, width).state_dict(), folder / f"{name}.pt")
    return folder
