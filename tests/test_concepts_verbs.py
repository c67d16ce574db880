"""What negated verbs exclude in languages that conjugate them, and what they leave in; sentences of reviewers who looked for errors."""

from __future__ import annotations

import pytest

from danbooru_index.concepts.atoms import clauses
from danbooru_index.concepts.language import language_of
from danbooru_index.concepts.negation import stretches


def out(text: str) -> list[str]:
    """What the text excludes; with ~ what is taken off or gone."""
    found = stretches(text, clauses(text), language_of(text))
    return [f"{'~' * one.removed}{text[one.start : one.end].strip()}" for one in found if one.excluded]


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        # Japanese
        ("ランドセルは背負ってなくて虫取り網持ってる", ["ランドセル"]),
        ("舟は一艘も浮かんでいない、朝もや", ["舟"]),
        ("アクセサリーは一切つけず髪は下ろして", ["アクセサリー"]),
        ("ネクタイ締めてない男子", ["ネクタイ"]),
        ("電気がついていない部屋", ["電気"]),
        ("車が走っていない道路", ["車"]),
        ("人が住んでいない家", ["人"]),
        ("傘を持ってこなかった少女", ["傘"]),
        ("帽子をかぶるのを嫌がる子供", ["帽子"]),
        ("マスクをつけ忘れた看護師", ["~マスク"]),
        ("翼をもがれて輪っかも失くした天使", ["~翼", "~輪っか"]),
        ("泣くまいと唇をかむ少女", ["泣く"]),
        ("上履きが見つからなくて靴下のまま", ["上履き"]),
        # Korean
        ("빨간 드레스를 입고 구두를 신지 않은 소녀", ["구두를"]),
        ("토끼는 모자를 안 썼다", ["모자를"]),
        ("남자는 절대 나오지 않게 해주세요", ["남자는"]),
        ("안경X 모자X", ["안경", "모자"]),
        ("달이 뜨지 않은 밤", ["달이"]),
        ("글씨가 쓰여 있지 않은 간판", ["글씨가"]),
        ("얼굴이 잘 안 보이는 소녀", ["얼굴이"]),
        ("강아지 말고 고양이", ["강아지"]),
        ("물 다 빠진 수영장", ["~물"]),
        ("우산 쓰는 걸 깜빡한 소녀", ["~우산"]),
        ("모자 쓰기 싫어하는 소녀", ["모자"]),
        # Chinese
        ("两个女孩都没有笑", ["笑"]),
        ("女孩连头发都没梳", ["头发"]),
        ("墙上画都没挂", ["画"]),
        ("伞都懒得打的少女", ["伞"]),
        ("看不见太阳也看不见船", ["太阳也", "船"]),
        ("素顏、沒戴任何飾品、短髮亂翹、剛睡醒", ["任何飾品"]),
        ("没有眼镜、帽子、围巾", ["眼镜", "帽子", "围巾"]),
        ("女孩牙齿掉光了", ["~牙齿"]),
        ("叶子掉光的老槐树", ["~叶子"]),
        ("嘴里叼着片吐司，书包也忘了背", ["~书包"]),
        ("手機找不到了", ["~手機"]),
        ("谁也看不到的妖精在跳舞", []),
        ("女孩一口气喝光了一杯牛奶", []),
        ("月光洒落空中", []),
        ("没关的窗户", []),
        ("差点没跌倒", []),
        # others
        ("office lady, tie-less, jacket", ["tie"]),
        ("she can't find her glasses", ["~glasses"]),
        ("a girl with less makeup", []),
        ("he is the only one not wearing a mask", []),
        ("árbol pelado, sin una sola hoja", ["hoja"]),
        ("trem nenhum à vista", ["trem"]),
        ("es regnet nämlich nicht mehr, überall Pfützen", ["regnet nämlich"]),
        ("di piccioni neanche l'ombra, una gondola", ["di piccioni"]),
        ("ha smesso di piovere", ["~piovere"]),
    ],
)
def test_what_is_not_there(text: str, excluded: list[str]) -> None:
    assert out(text) == excluded


@pytest.mark.parametrize(
    "text",
    [
        "猫を描いてくれない？",
        "背景に富士山を入れられませんか？",
        "リボンをつけてねー",
        "ご飯を残さず食べる子供",
        "帽子を脱いで胸に当てる紳士",
        "刀を抜いて構える侍",
        "本棚から本を取って読む少女",
        "手を使わずに自転車に乗る少年",
        "目が見えない少女と盲導犬",
        "髪が肩につかない長さの女の子",
        "髪をほどいた少女",
        "畑のとれたて野菜を持つ農家",
        "少女が脱いだコートを持つ執事",
        "傘が差せないほどの強風の中を歩く男",
        "桜がはかなく散る夕暮れ",
        "海を見たことがない少女",
        "エベレストに登る男",
        "見知らぬ街角",
        "大人には見えない友達",
        "帽子を脱がない紳士",
        "サメに気づかない少年",
        "五条先生と猫",
        "방 안 놓인 침대",
        "작업실 안 그림 그리는 화가",
        "귀엽고 못생긴 강아지",
        "고양이 x 강아지",
        "우산을 쓰지 않고 손에 들고 있는 소녀",
        "넥타이를 꽉 매지 않은 회사원",
        "광장에 꽃이 적지 않게 핀 정원",
        "모자를 쓰지 않으면 안 돼",
        "글씨를 못 쓰는 아이",
        "소녀는 절대 신지 않는다",
    ],
)
def test_what_leaves_everything_in(text: str) -> None:
    assert out(text) == []
