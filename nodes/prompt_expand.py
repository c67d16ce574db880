"""`DanbooruIndexPromptExpand`: text in any language -> a prompt, with the user's own parts where they were."""

from __future__ import annotations

from typing import Any

from comfy_api.v0_0_2 import io, ui

from ..danbooru_index.expand.request import IMPLIED_CHOICES, ExpandRequest
from ..danbooru_index.prompt import STYLES
from . import host
from .inputs import LABELS, chosen, defaults, index_input, min_count_input, nsfw_input
from .service import IndexHandle, fingerprint, use_index

AUTO, NONE = "auto", "none"
_DEFAULTS = defaults(ExpandRequest)


def _what_inputs() -> list[io.Input]:
    """Which tags, and how many."""
    return [
        io.Int.Input(
            "limit", default=_DEFAULTS["limit"], min=1, max=500, tooltip="How many tags are added at most, in all."
        ),
        io.Int.Input(
            "per_concept",
            default=_DEFAULTS["per_concept"],
            min=1,
            max=10,
            tooltip="How many tags at most for one thing that the text names.",
        ),
        io.Float.Input(
            "budget",
            default=_DEFAULTS["budget"],
            min=1.0,
            max=10.0,
            step=0.1,
            round=0.01,
            tooltip="How many tags for one thing on average: 1 is terse, more adds details.",
        ),
        io.Combo.Input(
            "category",
            options=[AUTO, *LABELS],
            default=AUTO,
            tooltip="auto: characters and series for names, general tags for all else. Otherwise only this category.",
        ),
        io.Combo.Input("exclude", options=[NONE, *LABELS], default=NONE, tooltip="A category that no tag may be of."),
        nsfw_input(),
        min_count_input(),
        io.Combo.Input(
            "implied",
            options=list(IMPLIED_CHOICES),
            default=_DEFAULTS["implied"],
            tooltip="Tags that another one implies, as cat_ears implies animal_ears: drop, keep, or add them.",
        ),
    ]


def _look_inputs() -> list[io.Input]:
    """How the prompt is written."""
    return [
        io.Boolean.Input(
            "weights", default=_DEFAULTS["weights"], tooltip="Weigh tags from 0.9 to 1.2 by how well they fit."
        ),
        io.Boolean.Input("quality", default=_DEFAULTS["quality"], tooltip="Add the quality tags of the style."),
        io.String.Input("prefix", default=_DEFAULTS["prefix"], tooltip="Text before the prompt, as it is."),
        io.String.Input("suffix", default=_DEFAULTS["suffix"], tooltip="Text after the prompt, as it is."),
    ]


class DanbooruIndexPromptExpand(io.ComfyNode):
    """Expand a text and give the prompt, the negative prompt, the tags as a list and a report."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DanbooruIndexPromptExpand",
            display_name="Danbooru Index: Prompt Expand",
            category=host.CATEGORY,
            description="Describe a picture in Chinese, Japanese, English or any language, and get a whole prompt of tags.",
            search_aliases=["danbooru", "tag", "tags", "prompt", "expand", "提示词", "扩写", "プロンプト"],
            is_output_node=True,
            inputs=[
                io.String.Input(
                    "text",
                    multiline=True,
                    default="",
                    tooltip="What you want to see, in any language. "
                    "Weights, LoRAs, wildcards and tags in it stay as they are; what it says is not there becomes negative.",
                ),
                io.Combo.Input(
                    "style",
                    options=list(STYLES),
                    default=_DEFAULTS["style"],
                    tooltip="The models that the prompt is for. sdxl: Illustrious, NoobAI and kin. "
                    "tags: as Danbooru writes them, long_hair.",
                ),
                *_what_inputs(),
                *_look_inputs(),
                index_input(),
            ],
            outputs=[
                io.String.Output("positive", tooltip="The prompt."),
                io.String.Output(
                    "negative", tooltip="What the text says is not there; empty where it says nothing such."
                ),
                io.String.Output(
                    "tags", is_output_list=True, tooltip="The prompt's tags as a list, as Danbooru writes them."
                ),
                io.String.Output("report", tooltip="Which tags each thing in the text got, and which index was used."),
            ],
        )

    @classmethod
    def fingerprint_inputs(cls, index: IndexHandle | None = None, **inputs: object) -> str:
        return f"{sorted(inputs.items())} {fingerprint(index)}"

    @classmethod
    def execute(
        cls, text: str, category: str, exclude: str, index: IndexHandle | None = None, **options: Any
    ) -> io.NodeOutput:
        from ..danbooru_index.expand.engine import expand
        from ..danbooru_index.report import expand_report

        with host.shown_errors():
            request = ExpandRequest(text, categories=chosen(category), exclude=chosen(exclude), **options)
            with use_index(index) as (opened, reason):
                result = expand(opened, request)
        host.check_interrupted()
        report = expand_report(result, reason)
        return io.NodeOutput(result.prompt, result.negative, list(result.tags), report, ui=ui.PreviewText(report))
