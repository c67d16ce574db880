"""`DanbooruIndexPromptExpand`: text in any language -> a prompt, with the user's own parts where they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from comfy_api.v0_0_2 import io

from ..danbooru_index.expand.request import IMPLIED_CHOICES, ExpandRequest
from ..danbooru_index.prompt import STYLE_TABLE, STYLES, surround
from . import host
from .inputs import (
    LABELS,
    chosen,
    defaults,
    index_input,
    min_count_input,
    names_in,
    nsfw_input,
    text_input,
    without_comments,
    without_input,
)
from .service import IndexHandle, fingerprint, use_index
from .shown import KEY, expansion_shown
from .words import plain

AUTO, NONE = "auto", "none"
_DEFAULTS = defaults(ExpandRequest)


def _what_inputs() -> list[io.Input]:
    """Which tags, and how many."""
    return [
        io.Int.Input(
            "limit",
            advanced=True,
            default=_DEFAULTS["limit"],
            min=1,
            max=500,
            tooltip="How many tags are added at most, in all.",
        ),
        io.Int.Input(
            "per_concept",
            advanced=True,
            default=_DEFAULTS["per_concept"],
            min=1,
            max=10,
            tooltip="How many tags at most for one thing that the text names.",
        ),
        io.Float.Input(
            "budget",
            advanced=True,
            default=_DEFAULTS["budget"],
            min=1.0,
            max=10.0,
            step=0.1,
            round=0.01,
            tooltip="How many tags for one thing on average: 1 is terse, more adds details.",
        ),
        io.Combo.Input(
            "category",
            advanced=True,
            options=[AUTO, *LABELS],
            default=AUTO,
            tooltip="auto: characters and series for names, general tags for all else. Otherwise only this category.",
        ),
        io.Combo.Input(
            "exclude", advanced=True, options=[NONE, *LABELS], default=NONE, tooltip="A category that no tag may be of."
        ),
        nsfw_input(),
        min_count_input(),
        io.Combo.Input(
            "implied",
            advanced=True,
            options=list(IMPLIED_CHOICES),
            default=_DEFAULTS["implied"],
            tooltip="Tags that another one implies, as cat_ears implies animal_ears: drop, keep, or add them.",
        ),
    ]


def _look_inputs() -> list[io.Input]:
    """How the prompt is written."""
    return [
        io.Boolean.Input(
            "weights",
            advanced=True,
            default=_DEFAULTS["weights"],
            tooltip="Weigh tags from 0.9 to 1.2 by how well they fit.",
        ),
        io.Boolean.Input(
            "quality",
            default=_DEFAULTS["quality"],
            tooltip="Add the quality tags of the style, to the negative prompt too.",
        ),
        io.String.Input(
            "prefix", advanced=True, default=_DEFAULTS["prefix"], tooltip="Text before the prompt, as it is."
        ),
        io.String.Input(
            "suffix", advanced=True, default=_DEFAULTS["suffix"], tooltip="Text after the prompt, as it is."
        ),
    ]


def _further_inputs() -> list[io.Input]:
    """What came after `without`: saved workflows go by place, so these stay behind it."""
    return [
        io.Int.Input(
            "enrich",
            optional=True,
            advanced=True,
            default=_DEFAULTS["enrich"],
            min=0,
            max=50,
            tooltip="Up to so many further tags that often stand on the same pictures as these; the node shows them as "
            "added. Needs an index with co-occurrence counts. 0 adds none.",
        ),
        io.Boolean.Input(
            "keep_text",
            optional=True,
            advanced=True,
            default=_DEFAULTS["keep_text"],
            tooltip="What found no tag stays in the prompt as words.",
        ),
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
                text_input(
                    "text",
                    "What you want to see, in any language. "
                    "Weights, LoRAs, wildcards and tags in it stay as they are; what it says is not there becomes negative.",
                    "一个穿水手服的女孩，没有眼镜 / 雨の中で傘をさす女の子 / a girl with silver hair holding a sword",
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
                io.String.Input(
                    "negative",
                    multiline=True,
                    default="",
                    optional=True,
                    dynamic_prompts=True,
                    advanced=True,
                    placeholder="Negative prompt of your own",
                    tooltip="Your own negative prompt. What the text says is not there is added to it.",
                ),
                without_input(),
                *_further_inputs(),
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
        cls,
        text: str,
        category: str,
        exclude: str,
        index: IndexHandle | None = None,
        negative: str = "",
        without: str = "",
        **options: Any,
    ) -> io.NodeOutput:
        from ..danbooru_index.expand.engine import expand
        from ..danbooru_index.report import expand_report

        own = without_comments(negative).strip().strip(",")
        quality = STYLE_TABLE[options["style"]].negative if options["quality"] else ""
        text = without_comments(text)
        if not text.strip():
            return _nothing_to_expand(options, own, quality)
        with host.shown_errors():
            request = ExpandRequest(
                text, categories=chosen(category), exclude=chosen(exclude), without=names_in(without), **options
            )
            with use_index(index) as (opened, reason):
                result = expand(opened, request)
                in_comfyui = replace(result, warnings=tuple(plain(warning) for warning in result.warnings))
                report = expand_report(in_comfyui, reason)
                against = surround(own, (), (result.negative, quality), request.separator)
                shown = expansion_shown(opened, result, against, report)
        host.check_interrupted()
        return io.NodeOutput(result.prompt, against, list(result.tags), report, ui={"text": (report,), KEY: (shown,)})


def _nothing_to_expand(options: dict[str, Any], own: str, quality: str) -> io.NodeOutput:
    """An empty text is no reason to stop the whole prompt: what stands around it is passed on."""
    style = STYLE_TABLE[options["style"]]
    around = (style.prefix, style.suffix) if options["quality"] else ("", "")
    prompt = surround("", (options["prefix"], around[0]), (around[1], options["suffix"]), ", ")
    report = "The text is empty: only what stands around it is passed on."
    return io.NodeOutput(prompt, surround(own, (), (quality,), ", "), [], report, ui={"text": (report,)})
