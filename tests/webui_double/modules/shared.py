import json
import os


class OptionInfo:
    def __init__(self, default=None, label="", component=None, component_args=None, section=None):
        self.default, self.label, self.component, self.component_args = default, label, component, component_args
        self.section = section
        self.comment_after = ""

    def info(self, text):
        self.comment_after += f"({text})"
        return self


class Options:
    """Settings as attributes; one that nobody added raises AttributeError, as with --nowebui."""

    def __init__(self):
        self.data = json.loads(os.environ.get("WEBUI_DOUBLE_OPTIONS", "{}"))
        self.data_labels = {}

    def add_option(self, key, info):
        self.data_labels[key] = info
        self.data.setdefault(key, info.default)

    def __getattr__(self, item):
        if "data" in self.__dict__ and item in self.data:
            return self.data[item]
        raise AttributeError(item)


opts = Options()
