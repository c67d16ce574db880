"""The help pages of the nodes, made from their translated names and tooltips: ``python tests/hosts/help_pages.py`` writes them.

What a tooltip cannot say stands here, once a language; a test compares the files with what this makes.
"""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "zh", "zh-TW", "ja", "ko")
_HEADINGS = {
    "en": ("Inputs", "Outputs"),
    "zh": ("输入", "输出"),
    "zh-TW": ("輸入", "輸出"),
    "ja": ("入力", "出力"),
    "ko": ("입력", "출력"),
}
_CHIPS = {
    "en": "After a run the node shows its tags as chips. Click a chip to switch that tag off or on: it stays so in the next run, "
    "in the saved workflow and in the API export. A dashed chip fits weakly and is not in the prompt.",
    "zh": "运行后，节点会把标签显示为小块。点击小块可以关闭或打开该标签：下次运行、保存的工作流和 API 导出都保持不变。虚线小块不够合适，没有写入提示词。",
    "zh-TW": "執行後，節點會把標籤顯示為小塊。點擊小塊可以關閉或開啟該標籤：下次執行、保存的工作流程和 API 匯出都保持不變。虛線小塊不夠合適，沒有寫入提示詞。",
    "ja": "実行するとタグがチップで表示されます。チップをクリックするとそのタグをオフ・オンにでき、次の実行、保存したワークフロー、API 書き出しでも保たれます。"
    "破線のチップは合い方が弱く、プロンプトには入りません。",
    "ko": "실행하면 태그가 칩으로 보입니다. 칩을 클릭하면 그 태그를 끄거나 켤 수 있고, 다음 실행, 저장한 워크플로, API 내보내기에서도 그대로입니다. "
    "점선 칩은 잘 맞지 않아 프롬프트에 넣지 않습니다.",
}
_MORE = {
    "DanbooruIndexTagSearch": {
        "en": "`双马尾`, `ツインテール` or a whole sentence. An exact name of a tag always comes first. "
        "The first run of all builds the starter index, which takes a while.",
        "zh": "可以是 `双马尾`、`ツインテール`，也可以是整句话。与标签名称完全一致的结果总在最前。第一次运行会先构建入门索引，需要一些时间。",
        "zh-TW": "可以是 `雙馬尾`、`ツインテール`，也可以是整句話。與標籤名稱完全一致的結果總在最前。第一次執行會先建立入門索引，需要一些時間。",
        "ja": "`双马尾`、`ツインテール`、または文でも。タグの名前と一致するものが必ず先頭に来ます。初回はスターターインデックスを作るので少し時間がかかります。",
        "ko": "`双马尾`, `ツインテール`, 또는 문장도 됩니다. 태그 이름과 정확히 같은 것이 항상 먼저 나옵니다. 처음 실행할 때는 기본 색인을 만드느라 시간이 걸립니다.",
    },
    "DanbooruIndexPromptExpand": {
        "en": "For example `夜空下，一个穿着水手服的女孩，没有雨伞`. Weights `(tag:1.2)`, `<lora:name:0.8>`, `__wildcards__` and `BREAK` stay where "
        "they are; `{a|b}` and `// comments` work as in CLIP Text Encode. Connect positive and negative to one CLIP Text Encode each.",
        "zh": "例如 `夜空下，一个穿着水手服的女孩，没有雨伞`。权重 `(tag:1.2)`、`<lora:name:0.8>`、`__通配符__` 和 `BREAK` 原位保留；`{a|b}` 与 `// 注释` "
        "的用法和 CLIP 文本编码相同。把正面与负面提示词分别接到 CLIP 文本编码。",
        "zh-TW": "例如 `夜空下，一個穿著水手服的女孩，沒有雨傘`。權重 `(tag:1.2)`、`<lora:name:0.8>`、`__萬用字元__` 和 `BREAK` 原位保留；`{a|b}` 與 `// 註解` "
        "的用法和 CLIP 文字編碼相同。把正面與負面提示詞分別接到 CLIP 文字編碼。",
        "ja": "例：`雨の中で傘をさすセーラー服の女の子、眼鏡なし`。重み `(tag:1.2)`、`<lora:name:0.8>`、`__ワイルドカード__`、`BREAK` はその場所に残り、"
        "`{a|b}` と `// コメント` は CLIP Text Encode と同じように使えます。ポジティブとネガティブをそれぞれ CLIP Text Encode につなぎます。",
        "ko": "예: `비 오는 밤에 우산을 든 세일러복 소녀`. 가중치 `(tag:1.2)`, `<lora:name:0.8>`, `__와일드카드__`, `BREAK` 는 제자리에 남고, `{a|b}` 와 "
        "`// 주석` 은 CLIP Text Encode 처럼 동작합니다. 긍정과 부정을 각각 CLIP Text Encode 에 연결하세요.",
    },
    "DanbooruIndexRelatedTags": {
        "en": "Tags are related if they stand on the same posts, where the index has such counts, else if they mean something near.",
        "zh": "索引中有共现次数时，按同一张图上一起出现的次数；否则按含义的相近程度。",
        "zh-TW": "索引中有共現次數時，按同一張圖上一起出現的次數；否則按含義的相近程度。",
        "ja": "インデックスに共起数があれば同じ投稿に付くかどうか、なければ意味の近さで関連を決めます。",
        "ko": "색인에 함께 쓰인 횟수가 있으면 그것으로, 없으면 뜻이 가까운 정도로 정합니다.",
    },
    "DanbooruIndexLoad": {
        "en": "Only needed to choose another index, device or download. Equal settings share one open index.",
        "zh": "只有要选择其他索引、设备或下载方式时才需要。含义相同的设置共用同一个已打开的索引。",
        "zh-TW": "只有要選擇其他索引、裝置或下載方式時才需要。含義相同的設定共用同一個已開啟的索引。",
        "ja": "別のインデックス、デバイス、ダウンロードを選ぶときだけ必要です。同じ意味の設定は一つのインデックスを共有します。",
        "ko": "다른 색인, 장치, 내려받기를 고를 때만 필요합니다. 뜻이 같은 설정은 열린 색인 하나를 함께 씁니다.",
    },
    "DanbooruIndexRebuild": {
        "en": "An edited corpus is built again at the next run. Stop it at any time: what was done is kept, and the next run goes on. "
        "The sidebar tab Danbooru builds from an uploaded file beside running prompts.",
        "zh": "语料文件改动后，下次运行会重新构建。可以随时停止：已完成的部分会保留，下次从那里继续。侧边栏的 Danbooru 标签页可以用上传的文件构建，不影响正在运行的任务。",
        "zh-TW": "語料檔案改動後，下次執行會重新建立。可以隨時停止：已完成的部分會保留，下次從那裡繼續。側邊欄的 Danbooru 分頁可以用上傳的檔案建立，不影響執行中的任務。",
        "ja": "コーパスを編集すると次の実行で作り直します。いつでも止められ、済んだ分は残り、次は続きから始まります。"
        "サイドバーの Danbooru タブなら、アップロードしたファイルから、実行中のプロンプトと並行して作れます。",
        "ko": "코퍼스를 고치면 다음 실행에서 다시 만듭니다. 언제든 멈출 수 있고 한 일은 남아 다음에 이어집니다. "
        "사이드바의 Danbooru 탭은 올린 파일로, 실행 중인 프롬프트와 함께 만듭니다.",
    },
}
_SHOW_CHIPS = ("DanbooruIndexTagSearch", "DanbooruIndexPromptExpand", "DanbooruIndexRelatedTags")


def words_of(language: str) -> dict:
    """The names and tooltips of all nodes in a language."""
    return json.loads((ROOT / "locales" / language / "nodeDefs.json").read_text(encoding="utf-8"))


def page_path(node: str, language: str) -> Path:
    """Where ComfyUI looks for a node's page."""
    docs = ROOT / "web" / "docs"
    return docs / f"{node}.md" if language == "en" else docs / node / f"{language}.md"


def page(node: str, language: str) -> str:
    """One help page."""
    words = words_of(language)[node]
    inputs, outputs = _HEADINGS[language]
    colon = ": " if language in ("en", "ko") else "："

    def listed(entries: dict) -> str:
        return "\n".join(f"- **{entry['name']}**{colon}{entry['tooltip']}" for entry in entries.values())

    parts = [
        f"# {words['display_name']}",
        words["description"],
        f"![{words['display_name']}](images/{node}.png)",
        _MORE[node][language],
        *([_CHIPS[language]] if node in _SHOW_CHIPS else []),
        f"## {inputs}",
        listed(words["inputs"]),
        f"## {outputs}",
        listed(words["outputs"]),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write every page."""
    for node in _MORE:
        for language in LANGUAGES:
            path = page_path(node, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(node, language), encoding="utf-8")


if __name__ == "__main__":
    main()
