"""The WebUI's door to danbooru-index. Thin: the WebUI runs this file again at every "Reload UI", packages stay."""

from __future__ import annotations

from typing import Any

import gradio as gr
from modules import script_callbacks, scripts

# Imported here, while the WebUI has this extension's folder on sys.path.
from danbooru_index_webui import expand_prompt, host, routes


class DanbooruIndexScript(scripts.Script):
    """The panel in txt2img and img2img, and the mode that expands the prompt on generate."""

    def title(self) -> str:
        """Part of the API (alwayson_scripts): never changes."""
        return "Danbooru Index"

    def show(self, is_img2img: bool) -> Any:
        return scripts.AlwaysVisible

    def ui(self, is_img2img: bool) -> list[Any]:
        """The order of what is returned is part of the API: new inputs go to the end."""
        tab = "img2img" if is_img2img else "txt2img"
        with gr.Accordion("Danbooru Index", open=False, elem_id=f"{tab}_danbooru_index"):
            gr.HTML(f'<div class="danbooru-index" data-tab="{tab}"></div>', elem_id=f"{tab}_danbooru_index_panel")
            with gr.Row():
                enabled = gr.Checkbox(
                    False, label="Expand the prompt on generate", elem_id=f"{tab}_danbooru_index_enabled"
                )
                style = gr.Dropdown(
                    list(host.STYLES),
                    value=host.option("danbooru_index_style"),
                    label="Style",
                    elem_id=f"{tab}_danbooru_index_style",
                )
                nsfw = gr.Dropdown(
                    list(host.NSFW),
                    value=host.option("danbooru_index_nsfw"),
                    label="NSFW tags",
                    elem_id=f"{tab}_danbooru_index_nsfw",
                )
                budget = gr.Slider(
                    1, 10, value=2.0, step=0.5, label="Tags a concept", elem_id=f"{tab}_danbooru_index_budget"
                )
        for component in (enabled, style, nsfw, budget):
            component.do_not_save_to_config = True
        self.infotext_fields = [
            (enabled, lambda params: expand_prompt.TEXT_KEY in params),
            (style, expand_prompt.STYLE_KEY),
            (nsfw, expand_prompt.NSFW_KEY),
            (budget, expand_prompt.BUDGET_KEY),
        ]
        self.paste_field_names = [expand_prompt.STYLE_KEY, expand_prompt.NSFW_KEY, expand_prompt.BUDGET_KEY]
        return [enabled, style, nsfw, budget]

    def before_process(
        self, p: Any, enabled: bool = False, style: str = "sdxl", nsfw: str = "exclude", budget: float = 2.0, *_: Any
    ) -> None:
        """Runs before the checkpoint is loaded, with the prompt as it was written."""
        if enabled:
            expand_prompt.expand_job(p, style, nsfw, budget)


script_callbacks.on_ui_settings(host.add_settings)
script_callbacks.on_app_started(routes.add_routes)
script_callbacks.on_infotext_pasted(expand_prompt.restore)
