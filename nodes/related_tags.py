"""`DanbooruIndexRelatedTags`: tags -> tags that go with them."""

from __future__ import annotations

import re

from comfy_api.v0_0_2 import io, ui

from . import host
from .inputs import category_input, chosen, index_input, limit_input, min_count_input, nsfw_input, spelling_inputs
from .service import IndexHandle, fingerprint, use_index

_SEPARATOR = re.compile(r"[,，\n]")


class DanbooruIndexRelatedTags(io.ComfyNode):
    """Find what stands on pictures with some tags, or is near them, as a prompt, as a list and as a report."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DanbooruIndexRelatedTags",
            display_name="Danbooru Index: Related Tags",
            category=host.CATEGORY,
            description="Give one tag or several, and get the tags that go with all of them.",
            search_aliases=["danbooru", "tag", "tags", "related", "相关标签", "関連タグ"],
            is_output_node=True,
            inputs=[
                io.String.Input(
                    "tags",
                    multiline=True,
                    default="",
                    tooltip="Tags or their names, separated by commas or lines: serafuku, school bag.",
                ),
                limit_input(),
                category_input(),
                nsfw_input(),
                min_count_input(),
                *spelling_inputs(),
                index_input(),
            ],
            outputs=[
                io.String.Output(
                    "prompt", tooltip="The related tags joined by commas, best first, without the given ones."
                ),
                io.String.Output("tags", is_output_list=True, tooltip="The tags as a list, as Danbooru writes them."),
                io.String.Output(
                    "report", tooltip="A table of the tags with scores, posts and names, and how they were found."
                ),
            ],
        )

    @classmethod
    def fingerprint_inputs(cls, index: IndexHandle | None = None, **inputs: object) -> str:
        return f"{sorted(inputs.items())} {fingerprint(index)}"

    @classmethod
    def execute(
        cls,
        tags: str,
        limit: int,
        category: str,
        nsfw: str,
        min_count: int,
        spaces: bool,
        escape: bool,
        index: IndexHandle | None = None,
    ) -> io.NodeOutput:
        from ..danbooru_index.report import related_report
        from ..danbooru_index.search.related import RelatedRequest, related
        from ..danbooru_index.text.fold import prompt_form

        with host.shown_errors():
            given = tuple(_SEPARATOR.split(tags))
            request = RelatedRequest(given, limit, chosen(category), nsfw, min_count)  # type: ignore[arg-type]
            with use_index(index) as (opened, reason):
                result = related(opened, request)
        host.check_interrupted()
        report = related_report(result, reason)
        found = [hit.tag for hit in result.hits]
        prompt = ", ".join(prompt_form(tag, spaces=spaces, escape=escape) for tag in found)
        return io.NodeOutput(prompt, found, report, ui=ui.PreviewText(report))
