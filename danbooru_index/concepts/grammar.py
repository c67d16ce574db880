"""Function words of the four languages. Only words of the language's own grammar and the carrier phrases of describing a
picture stand here; what names a tag comes from the index.

All words are in the folded form of text.fold (Simplified Han, hiragana, lower case).
"""

from __future__ import annotations

from .roles import Role

_COLOURS_ZH = (
    "红 蓝 绿 黑 白 黄 紫 粉 灰 金 银 棕 橙 青 褐 红色 蓝色 绿色 黑色 白色 黄色 紫色 粉色 粉红 粉红色 "
    "灰色 金色 银色 棕色 橙色 青色 褐色 彩色 深色 浅色"
)
_SIZES_ZH = (
    "大 小 长 短 高 矮 大大 小小 长长 短短 巨大 很长 很短 很大 很小 长长的 大大的 可爱 漂亮 美丽 好看 细 粗 厚 薄 新 旧"
)


def _words(role: Role, text: str) -> dict[str, Role]:
    return dict.fromkeys(text.split(), role)


ENGLISH = {
    **_words(Role.LINK, "a an the her his their its my your this that these those some very really quite so"),
    **_words(
        Role.BREAK,
        "with wearing wears wear wore dressed has have having is are was were be being been in at of on by "
        "from to into inside under near next beside behind above below over through during while as for who "
        "which whose where when she he they it there i want shows showing depicting featuring features "
        "please draw paint generate picture image photo illustration drawing against around upon onto out "
        "about like it's she's he's there's looks look seems also then can see",
    ),
    **_words(Role.ENUMERATION, "and or nor plus & , 、"),
    **_words(Role.COMMA, "but however"),
    **_words(
        Role.TOPIC,
        "expression pose setting background scene place location outfit clothes clothing appearance action "
        "style view face",
    ),
    **_words(
        Role.NEGATION, "no without not never lacking minus excluding doesn't don't isn't aren't wasn't didn't hasn't"
    ),
    **_words(
        Role.MODIFIER,
        "red blue green black white yellow purple violet pink grey gray brown orange aqua silver golden "
        "gold blonde blond dark light pale bright big large huge small little tiny long short tall medium "
        "cute beautiful pretty young lovely old new nice",
    ),
    **_words(
        Role.VERB,
        "holding carrying eating drinking reading riding playing hugging touching grabbing wielding "
        "gripping clutching holds carries eats drinks reads rides plays hugs touches",
    ),
}

CHINESE = {
    **_words(
        Role.BREAK,
        "想 想画 想看 我想画 想要 要 画 生成 其中 另 另外 一个是 手里 手中 手上 手里面 然后 最后 "
        "一边 一面 正 正在 下面 窗外正",
    ),
    **_words(
        Role.LINK,
        "的 地 得 着 了 过 之 很 非常 十分 特别 有点 有些 正 正在 把 副 条 件 双 顶 只 张 朵 些 她 他 她的 "
        "他的 自己 自己的 那 这 该",
    ),
    **_words(
        Role.BREAK,
        "是 在 有 有着 穿 穿着 戴 戴着 穿戴 穿戴着 身穿 身着 头戴 佩戴 佩戴着 带着 带有 留着 长着 拥有 具有 "
        "为 以及 于 从 被 对 将 而 并 并且 同时 还 也 都 又 里 中 上 下 里面 上面 下面 之中 位于 处于 我 "
        "想要 我想要 请 画 画面 画一个 图片 图 图中 一幅 一张 以 用 把 让 给 往 正在 显得 看起来 身上 头上 "
        "脚上 手上 身旁 旁边 身后 周围 四周 远处 时候 时 们 她们 他们",
    ),
    **_words(Role.ENUMERATION, "和 与 及 以及 跟 、 或 或者 还有"),
    **_words(Role.TOPIC, "表情 动作 姿势 场景 地点 背景 脸上 服装 衣着 环境 风格 外貌 画风 神情 神态 视角 构图 姿态"),
    **_words(Role.NEGATION, "没有 没 无 不 不要 不戴 不穿 没戴 没穿 别 除了 去掉 并没有 没带 不带 未"),
    **_words(Role.MODIFIER, f"{_COLOURS_ZH} {_SIZES_ZH}"),
    **_words(Role.POSTURE, "站在 坐在 躺在 跪在 趴在 蹲在 走在 跑在 靠在 站着 坐着 躺着 跪着 趴着 蹲着"),
    **_words(
        Role.VERB,
        "看向 望向 望着 面向 凝视 注视 拿着 拿 手持 手拿 抱着 抱 握着 握 举着 举 撑着 撑 骑着 骑 吃着 吃 喝着 喝 看着 读着 弹着 提着 背着 "
        "拿起 抓着 打着 牵着 靠着 唱着 唱",
    ),
}

JAPANESE = {
    **_words(Role.LINK, "の な とても すごく その この あの"),
    **_words(
        Role.BREAK,
        "を が は で に へ も から まで より には では とは です である だ をして している している います "
        "いる ている て して します する みにつけている 身につけている 身につけた 身につけて 着ている 着た "
        "着て 着けている 着けた 着けて かぶっている かぶった かぶって 被っている 被った 被って はいている "
        "はいた はいて 履いている 履いた 履いて かけている かけて つけている つけた つけて している した "
        "持った姿 ある あり あって いて をした をしている 着用している 着用した まとった 纏った 付けた "
        "付けている 描いて ください ほしい 欲しい 絵 イラスト いらすと 画像 にいる の中 のなか 中 中で 中に "
        "上 上に 上で 前 前で 下 下で そして また さらに",
    ),
    **_words(Role.ENUMERATION, "と や ・ 、"),
    **_words(Role.TOPIC, "表情 ぽーず 場所 背景 服装 動作 構図 姿勢 場面 しーん 画風"),
    **_words(
        Role.POSTNEGATION,
        "なし 無し のない がない はない ない 抜き いない ていない をつけていない なしで なしの つけていない "
        "かぶっていない 被っていない 着ていない かけていない 履いていない はいていない",
    ),
    **_words(
        Role.MODIFIER,
        "赤い 青い 緑の 黒い 白い 黄色い 紫の 茶色い ぴんくの 灰色の 金色の 銀色の 大きな 大きい 小さな "
        "小さい 長い 短い 可愛い かわいい 美しい 赤 青 緑 黒 白 黄色 紫 茶色 ぴんく 灰色 金色 銀色 水色",
    ),
}

KOREAN_PARTICLES = (
    "에서는",
    "에서",
    "에게",
    "으로",
    "이랑",
    "하고",
    "까지",
    "부터",
    "처럼",
    "이며",
    "이고",
    "과",
    "와",
    "을",
    "를",
    "이",
    "가",
    "은",
    "는",
    "에",
    "의",
    "로",
    "도",
    "랑",
)
# Nouns that end like a particle.
KOREAN_WHOLE = frozenset(
    _words(Role.CONTENT, "고양이 호랑이 원숭이 어린이 아이 목걸이 귀걸이 종이 지팡이 거북이 놀이 사이 높이 길이")
)
KOREAN_AND = frozenset({"과", "와", "이랑", "하고", "랑"})
KOREAN_OBJECT = frozenset({"을", "를"})
KOREAN_LINK = frozenset({"의"})
KOREAN = {
    **_words(
        Role.BREAK,
        "입은 입고 입고있는 쓴 쓰고 신은 신고 착용한 착용하고 한 하고 있는 있다 있고 있으며 있습니다 낀 "
        "끼고 차고 찬 맨 걸친 가진 지닌 위 위에 안 안에 속 속에 앞 앞에 아래 뒤 옆 하는 그리고 또한 그림 "
        "그려줘 그려 이미지 달린",
    ),
    **_words(Role.ENUMERATION, "및 또는 그리고"),
    **_words(Role.TOPIC, "표정 포즈 장소 배경 복장 동작 장면 의상"),
    **_words(Role.POSTNEGATION, "없는 없이 없음 없고 없다 안쓴 안입은 않은 않고"),
    **_words(Role.LINK, "매우 아주 그 이"),
    **_words(
        Role.MODIFIER,
        "빨간 파란 초록 검은 하얀 흰 노란 보라색 분홍색 회색 갈색 은색 금색 빨간색 파란색 초록색 검은색 "
        "흰색 노란색 큰 작은 긴 짧은 예쁜 귀여운",
    ),
    **_words(Role.VERB, "들고 든 들고있는 안고 타고 먹고 마시고 읽고 잡고"),
}
