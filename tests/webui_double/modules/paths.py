import os

models_path = os.environ["WEBUI_DOUBLE_MODELS"]
