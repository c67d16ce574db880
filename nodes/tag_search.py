"""`DanbooruIndexTagSearch`: text in any language -> tags."""

from __future__ import annotations

from comfy_api.v0_0_2 import io

from ..danbooru_index.records import SearchRequest
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


class DanbooruIndexTagSearch(io.ComfyNode):
    """Search the index and give the tags as a prompt, as a list and as a report."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DanbooruIndexTagSearch",
            display_name="Danbooru Index: Tag Search",
            category=host.CATEGORY,
            description="Say what you want to see, in Chinese, Japanese, English or any language, and get Danbooru tags.",
            search_aliases=["danbooru", "tag", "tags", "标签", "タグ", "prompt"],
            is_output_node=True,
            inputs=[
                text_input(
                    "text", "What you want to see, in any language.", "双马尾 / ツインテール / girl with cat ears"
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
                    "prompt",
                    tooltip="The tags that fit, joined by commas, best first. Weaker ones are in the list and the report.",
                ),
                io.String.Output("tags", is_output_list=True, tooltip="The tags as a list, as Danbooru writes them."),
                io.String.Output(
                    "report", tooltip="A table of the tags with scores, posts and names, and which index was used."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, text: str | None = None) -> bool | str:
        return empty_text("text", text)

    @classmethod
    def fingerprint_inputs(cls, index: IndexHandle | None = None, **inputs: object) -> str:
        return f"{sorted(inputs.items())} {fingerprint(index)}"

    @classmethod
    def execute(
        cls,
        text: str,
        limit: int,
        category: str,
        nsfw: str,
        min_count: int,
        spaces: bool,
        escape: bool,
        index: IndexHandle | None = None,
        without: str = "",
    ) -> io.NodeOutput:
        from ..danbooru_index.report import search_report
        from ..danbooru_index.search.engine import search
        from ..danbooru_index.text.fold import match_key, prompt_form

        off = {match_key(name) for name in names_in(without)}
        with host.shown_errors():
            request = SearchRequest(without_comments(text), limit, chosen(category), nsfw, min_count)  # type: ignore[arg-type]
            with use_index(index) as (opened, reason):
                result = search(opened, request)
                report = search_report(result, reason)
                fit = [hit for hit in result.hits if hit.fits]
                shown = hits_shown(opened, "search", request.text, result.hits, fit, report, result.warnings)
        host.check_interrupted()
        tags = [tag for tag in result.tags if match_key(tag) not in off]
        fits = [hit.tag for hit in fit if match_key(hit.tag) not in off]
        prompt = ", ".join(prompt_form(tag, spaces=spaces, escape=escape) for tag in fits)
        return io.NodeOutput(prompt, tags, report, ui={"text": (report,), KEY: (shown,)})
