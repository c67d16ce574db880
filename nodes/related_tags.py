"""`DanbooruIndexRelatedTags`: tags -> tags that go with them."""

from __future__ import annotations

from comfy_api.v0_0_2 import io

from . import host
from .inputs import (
    category_input,
    chosen,
    empty_text,
    index_input,
    limit_input,
    min_count_input,
    names_in,
    nsfw_input,
    spelling_inputs,
    text_input,
    without_comments,
    without_input,
)
from .service import IndexHandle, fingerprint, use_index
from .shown import KEY, hits_shown


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
                text_input(
                    "tags",
                    "Tags or their names, separated by commas or lines: serafuku, school bag.",
                    "serafuku, school bag",
                ),
                limit_input(),
                category_input(),
                nsfw_input(),
                min_count_input(),
                *spelling_inputs(),
                index_input(),
                without_input(),
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
    def validate_inputs(cls, tags: str | None = None) -> bool | str:
        return empty_text("list of tags", tags)

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
        without: str = "",
    ) -> io.NodeOutput:
        from ..danbooru_index.report import related_report
        from ..danbooru_index.search.related import RelatedRequest, related
        from ..danbooru_index.text.fold import match_key, prompt_form

        given = names_in(without_comments(tags))
        off = {match_key(name) for name in names_in(without)}
        with host.shown_errors():
            request = RelatedRequest(given, limit, chosen(category), nsfw, min_count)  # type: ignore[arg-type]
            with use_index(index) as (opened, reason):
                result = related(opened, request)
                report = related_report(result, reason)
                shown = hits_shown(opened, "related", ", ".join(given), result.hits, result.hits, report)
        host.check_interrupted()
        found = [hit.tag for hit in result.hits if match_key(hit.tag) not in off]
        prompt = ", ".join(prompt_form(tag, spaces=spaces, escape=escape) for tag in found)
        return io.NodeOutput(prompt, found, report, ui={"text": (report,), KEY: (shown,)})
