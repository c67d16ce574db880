"""`DanbooruIndexTagSearch`: text in any language -> tags."""

from __future__ import annotations

from comfy_api.v0_0_2 import io, ui

from ..danbooru_index.records import SearchRequest
from . import host
from .inputs import category_input, chosen, index_input, limit_input, min_count_input, nsfw_input, spelling_inputs
from .service import IndexHandle, fingerprint, use_index


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
                io.String.Input("text", multiline=True, default="", tooltip="What you want to see, in any language."),
                limit_input(),
                category_input(),
                nsfw_input(),
                min_count_input(),
                *spelling_inputs(),
                index_input(),
            ],
            outputs=[
                io.String.Output("prompt", tooltip="The tags joined by commas, best first."),
                io.String.Output("tags", is_output_list=True, tooltip="The tags as a list, as Danbooru writes them."),
                io.String.Output(
                    "report", tooltip="A table of the tags with scores, posts and names, and which index was used."
                ),
            ],
        )

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
    ) -> io.NodeOutput:
        from ..danbooru_index.report import search_report
        from ..danbooru_index.search.engine import search
        from ..danbooru_index.text.fold import prompt_form

        with host.shown_errors():
            request = SearchRequest(text, limit, chosen(category), nsfw, min_count)  # type: ignore[arg-type]
            with use_index(index) as (opened, reason):
                result = search(opened, request)
        host.check_interrupted()
        report = search_report(result, reason)
        prompt = ", ".join(prompt_form(tag, spaces=spaces, escape=escape) for tag in result.tags)
        return io.NodeOutput(prompt, result.tags, report, ui=ui.PreviewText(report))
