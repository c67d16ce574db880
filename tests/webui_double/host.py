"""A WebUI's page with the extension in it: prompt boxes, the script's panel, Generate, Paste and Reload UI.

Run by a Python that has gradio 3.41 or 4.40 (and nothing of ours): prints the address, serves until its input closes.
"""

import importlib.util
import json
import socket
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve().parent
EXTENSION = HERE.parent.parent
sys.path.insert(0, str(HERE))

import gradio as gr
import gradio.routes
from modules import script_callbacks, scripts, shared

SHIM = """
const uiLoaded = [];
function gradioApp() { return document; }
function onUiLoaded(callback) { uiLoaded.push(callback); }
function onAfterUiUpdate() {}
function updateInput(target) { target.dispatchEvent(new Event("input", { bubbles: true })); }
const opts = %s;
const waiting = setInterval(() => {
  if (!document.querySelector("#txt2img_prompt textarea")) return;
  clearInterval(waiting);
  uiLoaded.forEach((callback) => callback());
}, 50);
"""


def load():
    """Execute the script as A1111 does: extension folder on sys.path meanwhile only, the module in no sys.modules."""
    path = EXTENSION / "scripts" / "danbooru_index_webui.py"
    sys.path.insert(0, str(EXTENSION))
    try:
        spec = importlib.util.spec_from_file_location(path.name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(EXTENSION))
    return next(
        value for value in vars(module).values() if isinstance(value, type) and issubclass(value, scripts.Script)
    )


def cast(value, component):
    """Pasting casts a value to the type of the component's default (infotext_utils.connect_paste)."""
    kind = type(component.value)
    return value in (True, "True") if kind is bool else kind(value)


def build():
    """The page of one load, and the script's components."""
    script_callbacks.clear()
    kind = load()
    for callback in script_callbacks.ui_settings:
        callback()
    with gr.Blocks() as demo:
        for tab in ("txt2img", "img2img"):
            prompt = gr.Textbox(elem_id=f"{tab}_prompt", label="Prompt", lines=3)
            negative = gr.Textbox(elem_id=f"{tab}_neg_prompt", label="Negative prompt", lines=2)
            script = kind()
            assert script.show(tab == "img2img") is scripts.AlwaysVisible
            inputs = script.ui(tab == "img2img")
            button = gr.Button("Generate", elem_id=f"{tab}_generate")
            infotext = gr.Textbox(elem_id=f"{tab}_infotext", label="Infotext")

            def generate(prompt, negative, *values, script=script):
                job = SimpleNamespace(prompt=prompt, negative_prompt=negative, extra_generation_params={})
                job.comment = lambda text: job.extra_generation_params.update(comment=text)
                script.before_process(job, *values)
                params = {"Prompt": job.prompt, "Negative prompt": job.negative_prompt, **job.extra_generation_params}
                return json.dumps(params, ensure_ascii=False)

            button.click(fn=generate, inputs=[prompt, negative, *inputs], outputs=[infotext])
            paste = gr.Button("Paste", elem_id=f"{tab}_paste")

            def restore(text, script=script):
                params = {key: str(value) for key, value in json.loads(text).items()}
                for callback in script_callbacks.infotext_pasted:
                    callback(text, params)
                updates = [params.get("Prompt", ""), params.get("Negative prompt", "")]
                for component, key in script.infotext_fields:
                    value = key(params) if callable(key) else params.get(key)
                    updates.append(gr.update() if value is None else gr.update(value=cast(value, component)))
                return updates

            fields = [component for component, _ in script.infotext_fields]
            paste.click(fn=restore, inputs=[infotext], outputs=[prompt, negative, *fields])
    return demo


def add_to_head(text):
    original = gradio.routes.templates.TemplateResponse

    def respond(*args, **kwargs):
        answer = original(*args, **kwargs)
        answer.body = answer.body.replace(b"</head>", text.encode() + b"</head>")
        answer.init_headers()
        return answer

    gradio.routes.templates.TemplateResponse = respond


def without_ui():
    """--nowebui: the settings of scripts are never read, on_app_started has no page, and the API runs the scripts."""
    import uvicorn
    from fastapi import FastAPI

    script_callbacks.clear()
    script = load()()
    app = FastAPI()
    for callback in script_callbacks.app_started:
        callback(None, app)
    with gr.Blocks():
        defaults = [component.value for component in script.ui(script.show(False) is not scripts.AlwaysVisible)]

    @app.post("/sdapi/v1/txt2img")
    def txt2img(body: dict):
        given = body.get("alwayson_scripts", {}).get(script.title().lower(), {}).get("args", [])
        job = SimpleNamespace(prompt=body["prompt"], negative_prompt="", extra_generation_params={})
        script.before_process(job, *given, *defaults[len(given) :])
        return {"prompt": job.prompt, "negative_prompt": job.negative_prompt, **job.extra_generation_params}

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    serving.start()
    print(f"at http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
    sys.stdin.readline()
    server.should_exit = True
    serving.join()


def main():
    if sys.argv[1:] == ["--nowebui"]:
        return without_ui()
    started = time.perf_counter()
    demo = build()
    ours = json.dumps({key: value for key, value in shared.opts.data.items()})
    # As the WebUI does it: every file of the folder, by name, each a script of its own.
    files = sorted((EXTENSION / "javascript").glob("*.js"))
    own = "".join(f"<script>{path.read_text(encoding='utf-8')}</script>" for path in files)
    style = (EXTENSION / "style.css").read_text(encoding="utf-8")
    add_to_head(f"<script>{SHIM % ours}</script>{own}<style>{style}</style>")
    login = json.loads(sys.argv[1]) if len(sys.argv) > 1 else None
    for round_number in range(2):
        auth = tuple(login) if login else None
        app, *_ = demo.launch(prevent_thread_lock=True, show_api=False, quiet=True, auth=auth)
        for callback in script_callbacks.app_started:
            callback(demo, app)
        print(f"at {demo.local_url} gradio {gr.__version__} after {time.perf_counter() - started:.1f} s", flush=True)
        line = sys.stdin.readline()
        if round_number or not line:
            break
        # "Reload UI": the page is closed, scripts run again, packages stay.
        demo.close()
        demo = build()


if __name__ == "__main__":
    main()
