"""The WebUI's door to danbooru-index. Thin: the WebUI runs this file again at every "Reload UI", packages stay."""

from __future__ import annotations

from typing import Any

import gradio as gr
from modules import script_callbacks, scripts

# Imported here, while the WebUI has this extension's folder on sys.path.
from danbooru_index_webui import box, expand_prompt, host, routes


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
                fields = {option.name: box.component(option, tab) for option in box.OPTIONS if not option.folded}
            with gr.Accordion("More options", open=False, elem_id=f"{tab}_danbooru_index_more"), gr.Row():
                fields |= {option.name: box.component(option, tab) for option in box.OPTIONS if option.folded}
        enabled.do_not_save_to_config = True
        self.infotext_fields = [
            (enabled, lambda params: expand_prompt.TEXT_KEY in params),
            *((fields[option.name], box.pasted(option, expand_prompt.TEXT_KEY)) for option in box.OPTIONS),
        ]
        self.paste_field_names = [option.key for option in box.OPTIONS]
        return [enabled, *(fields[option.name] for option in box.OPTIONS)]

    def before_process(self, p: Any, enabled: bool = False, *options: Any) -> None:
        """Runs before the checkpoint is loaded, with the prompt as it was written."""
        if enabled:
            expand_prompt.expand_job(p, box.settings_of(options))


script_callbacks.on_ui_settings(host.add_settings)
script_callbacks.on_app_started(routes.add_routes)
script_callbacks.on_infotext_pasted(expand_prompt.restore)
