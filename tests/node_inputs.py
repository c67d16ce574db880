"""The inputs of every ComfyUI node with their defaults, and its outputs, in order, as saved workflows depend on them."""

TAG_FILTERS = [
    ("limit", 20),
    ("category", "all"),
    ("nsfw", "exclude"),
    ("min_count", 0),
    ("spaces", True),
    ("escape", True),
]
# Saved workflows keep the values of widgets by their places, and links by the names and places of slots: only ever append.
FROZEN = {
    "DanbooruIndexTagSearch": (
        [("text", ""), *TAG_FILTERS, ("index", None), ("without", "")],
        ["prompt", "tags", "report"],
    ),
    "DanbooruIndexPromptExpand": (
        [
            *[
                ("text", ""),
                ("style", "sdxl"),
                ("limit", 60),
                ("per_concept", 6),
                ("budget", 2.0),
                ("category", "auto"),
            ],
            *[("exclude", "none"), ("nsfw", "exclude"), ("min_count", 0), ("implied", "drop"), ("weights", False)],
            *[("quality", False), ("prefix", ""), ("suffix", ""), ("index", None)],
            *[("negative", ""), ("without", ""), ("enrich", 0), ("keep_text", False)],
        ],
        ["positive", "negative", "tags", "report"],
    ),
    "DanbooruIndexRelatedTags": (
        [("tags", ""), *TAG_FILTERS, ("index", None), ("without", "")],
        ["prompt", "tags", "report"],
    ),
    "DanbooruIndexLoad": (
        [
            *[("folder", ""), ("encoder", "auto"), ("device", "auto"), ("precision", "auto"), ("download", "never")],
            *[("repository", ""), ("endpoint", ""), ("dense", "auto"), ("chroma", "")],
        ],
        ["index", "info"],
    ),
    "DanbooruIndexRebuild": (
        [
            *[("corpus", ""), ("encoder", "auto"), ("device", "auto"), ("batch_size", 0), ("unfinished", "resume")],
            ("tolerant", True),
        ],
        ["index", "report"],
    ),
}
