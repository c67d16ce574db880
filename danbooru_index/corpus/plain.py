"""The plain text of a tag, `【label】tag - name，name。 definition`: its labels, and how it is written. line.py reads it."""

from __future__ import annotations

from ..records import Category

_GENERAL = [
    "通用",
    "服装",
    "姿势",
    "构图",
    "食物",
    "场景",
    "物品",
    "身体",
    "动物",
    "发型",
    "眼睛",
    "表情",
    "植物",
    "动作",
    "general",
]
# Chinese labels of the plain format -> (category, NSFW). A label that is not here is a kind of general tag.
LABELS: dict[str, tuple[Category, bool]] = {
    **dict.fromkeys(_GENERAL, (Category.GENERAL, False)),
    **dict.fromkeys(("NSFW", "nsfw"), (Category.GENERAL, True)),
    **dict.fromkeys(("角色", "人物", "character"), (Category.CHARACTER, False)),
    **dict.fromkeys(("作品", "版权", "系列", "copyright"), (Category.COPYRIGHT, False)),
    **dict.fromkeys(("画师", "艺术家", "作者", "artist"), (Category.ARTIST, False)),
    **dict.fromkeys(("元数据", "元", "meta"), (Category.META, False)),
}
_LABEL_OF_CATEGORY = {
    Category.GENERAL: "通用",
    Category.ARTIST: "画师",
    Category.COPYRIGHT: "作品",
    Category.CHARACTER: "角色",
    Category.META: "元数据",
}


def plain_text(tag: str, category: Category, nsfw: bool, names: list[str], definition: str, label: str = "") -> str:
    """The plain text of a tag: `【label】tag - name，name。 definition`."""
    shown = label or ("NSFW" if nsfw else _LABEL_OF_CATEGORY[category])
    return f"【{shown}】{tag} - {'，'.join(names) or tag.replace('_', ' ')}。{' ' + definition if definition else ''}"
