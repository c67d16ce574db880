"""What a text leaves out: its words for that in every language, how far they reach, and what only looks like them."""

from __future__ import annotations

import pytest
from known_names import lookup, names_of

from danbooru_index.concepts.atoms import clauses
from danbooru_index.concepts.language import language_of
from danbooru_index.concepts.negation import stretches
from danbooru_index.concepts.reading import read


def cut(text: str) -> list[str]:
    """The stretches; what is excluded in brackets."""
    found = stretches(text, clauses(text), language_of(text))
    parts = [(text[s.start : s.end].strip(), s.excluded) for s in found]
    return [f"({part})" if excluded else part for part, excluded in parts if part]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("没有眼镜的短发女孩", ["(眼镜)", "的短发女孩"]),
        ("沒有眼鏡的短髮女孩", ["(眼鏡)", "的短髮女孩"]),
        ("看不见顶的电梯", ["(顶)", "的电梯"]),
        ("不是男生是女生", ["(男生)", "是女生"]),
        ("别总是穿裙子", ["(总是穿裙子)"]),
        ("除了猫没有别的", ["除了猫", "(别)", "的"]),
        ("ショートカットで眼鏡の女の子", ["ショートカットで眼鏡の女の子"]),
        ("消防士が火を消している", ["消防士が火を消している"]),
        ("ろうそくを吹き消してる", ["ろうそくを吹き消してる"]),
        ("une fille qui ne sourit pas", ["une fille qui", "(sourit)"]),
        ("der Junge lacht nicht, rotes Hemd", ["der Junge", "(lacht)", "rotes Hemd"]),
        ("topless girl", ["topless girl"]),
        ("instead of her usual dress the queen wears a black suit", ["(usual dress)", "the queen wears a black suit"]),
        ("skip the hat and add a scarf", ["(hat)", "and add a scarf"]),
        ("这不是狗,是一只狼", ["这", "(狗)", "是一只狼"]),
        ("这不是猫吗", ["这不是猫吗"]),
        ("她的眼睛不是蓝色而是金色", ["她的眼睛", "(蓝色)", "而是金色"]),
        ("帽子就免了吧，白裙子", ["(帽子)", "吧", "白裙子"]),
        ("眼鏡なし、黒髪ロング", ["(眼鏡)", "黒髪ロング"]),
        ("ポニテはやめて髪を下ろした女の子", ["(ポニテ)", "髪を下ろした女の子"]),
        ("人物は描かないで、湖だけ", ["(人物)", "湖だけ"]),
        ("안경 안 쓴 도서부원", ["(안경)", "도서부원"]),
        ("사람 없이 눈 덮인 산", ["(사람)", "눈 덮인 산"]),
        ("a girl with glasses but no hat", ["a girl with glasses", "(hat)"]),
        ("girl, not smiling, hair down", ["girl", "(smiling)", "hair down"]),
        ("no hats, scarves or gloves, snow", ["(hats)", "(scarves or gloves)", "snow"]),
        ("chica sin gafas con sombrero", ["chica", "(gafas)", "con sombrero"]),
        ("fille sans chapeau", ["fille", "(chapeau)"]),
        ("ein Ritter ohne Helm", ["ein Ritter", "(Helm)"]),
        ("рыцарь без шлема", ["рыцарь", "(шлема)"]),
        ("mulher sem gorro, cachecol e luvas", ["mulher", "(gorro)", "(cachecol e luvas)"]),
        ("шарф и варежки не надо", ["(шарф и варежки)"]),
        ("蕾丝、荷叶边通通免谈，黑西装", ["(蕾丝)", "(荷叶边)", "黑西装"]),
        ("蝴蝶结什么的就不要了，马尾", ["(蝴蝶结)", "马尾"]),
        ("bruxa sem chapéu no telhado", ["bruxa", "(chapéu)", "no telhado"]),
        ("眼镜、帽子、围巾都不要，冬天", ["(眼镜)", "(帽子)", "(围巾)", "冬天"]),
        ("no眼镜，短发", ["(眼镜)", "短发"]),
        ("笑わないで。本を読む少女", ["(笑わ)", "本を読む少女"]),
        ("不由得笑了", ["不由得笑了"]),
        ("not only a hat but glasses too", ["not only a hat but glasses too"]),
        ("猫耳だけじゃなくしっぽも", ["猫耳だけじゃなくしっぽも"]),
        ("an empty room except for a chair", ["an empty room except for a chair"]),
        ("everything red except the hat", ["everything red except the hat"]),
        ("any animal except the cat", ["any animal", "(cat)"]),
        ("moonless night", ["(moon)", "night"]),
        ("wolkenloser Himmel über dem See", ["(wolken)", "Himmel über dem See"]),
        ("-hat red scarf", ["(hat)", "red scarf"]),
        ("without her glasses but with a hat", ["(glasses)", "but with a hat"]),
        ("wings yes, horns no", ["wings yes", "(horns)"]),
        ("guns not allowed", ["(guns)"]),
        ("un mercado nocturno lleno de farolillos", ["un mercado nocturno lleno de farolillos"]),
        ("ein Mädchen auf dem Feldweg", ["ein Mädchen auf dem Feldweg"]),
        ("sie guckt genervt weg", ["sie guckt genervt weg"]),
        ("ein Mädchen, Brille weg", ["ein Mädchen", "(Brille)"]),
        ("女孩没穿鞋在沙滩上跑", ["女孩", "(鞋)", "在沙滩上跑"]),
        ("除了红色以外的连衣裙", ["(红色)", "的连衣裙"]),
        ("not looking at the camera", ["(looking at the camera)"]),
        ("사람은 그리지 말아줘, 교실", ["(사람은)", "교실"]),
        ("把翅膀去掉的天使", ["把", "(翅膀)", "的天使"]),
        ("不打领带、衬衫松开两颗扣子的上班族", ["(领带)", "衬衫松开两颗扣子的上班族"]),
        ("カメラ目線NG、横顔", ["(カメラ目線)", "横顔"]),
        ("бабушка без платка сидит на лавочке", ["бабушка", "(платка)", "сидит на лавочке"]),
        ("водолаз снял шлем и пьёт чай", ["водолаз", "(шлем)", "и пьёт чай"]),
        ("tree stripped of its blossom by the wind", ["tree", "(its blossom)", "by the wind"]),
        ("sombrero no, una chica", ["(sombrero)", "una chica"]),
        ("wiping blood off her katana", ["wiping blood off her katana"]),
        ("ramen, steam coming off it", ["ramen", "steam coming off it"]),
        ("hat off, sugar-free tea", ["(hat)", "(sugar)", "tea"]),
        ("口は笑ってないやつ", ["口は", "(笑っ)", "やつ"]),
        ("カーテンを閉めないで", ["カーテンを", "(閉め)"]),
        ("帽子をかぶらないで", ["(帽子)"]),
        ("犬も猫もいない部屋", ["(犬も猫)", "部屋"]),
        ("갑옷 기사인데 투구는 벗고", ["갑옷 기사인데", "(투구)"]),
        ("不系头巾不戴面具的男生", ["(头巾)", "(面具)", "的男生"]),
        ("猫耳禁止！女仆", ["(猫耳)", "女仆"]),
        ("1boy 執事の人 手袋無し 銀トレイ", ["1boy 執事の人", "(手袋)", "銀トレイ"]),
        ("노란 버스", ["노란 버스"]),
        ("no hat, hair down and a red coat", ["(hat)", "hair down and a red coat"]),
        ("nobody in sight", ["nobody in sight"]),
        ("nobody looking at the camera", ["(looking at the camera)"]),
        ("فتاة بدون نظارات", ["فتاة", "(نظارات)"]),
        ("red coat. Negative prompt: hat, scarf. snow", ["red coat", "(hat)", "(scarf)", "snow"]),
        ("侦探，不要：帽子、胡子", ["侦探", "(帽子)", "(胡子)"]),
        ("wings? nope. halo: yes", ["(wings)", "halo", "yes"]),
        ("眼镜：不要", ["(眼镜)"]),
        ("sans bonnet, écharpe ni gants", ["(bonnet)", "(écharpe)", "(gants)"]),
        ("a girl in a red dress", ["a girl in a red dress"]),
        ("头上别着发夹", ["头上别着发夹"]),
        ("没准会下雨，没带伞", ["没准会下雨", "(伞)"]),
        ("不戴眼镜的话看不清", ["不戴眼镜的话看不清"]),
        ("除了猫耳还有狐尾", ["除了猫耳还有狐尾"]),
        ("谁说女孩不能拿剑", ["谁说女孩不能拿剑"]),
        ("不再穿校服的她", ["(校服)", "的她"]),
        ("不需要翅膀也能飞的天使", ["(翅膀)", "也能飞的天使"]),
        ("“别走！”她哭着说", ["别走", "她哭着说"]),
        ("傘しか持っていない男の子", ["傘しか持っていない男の子"]),
        ("眼鏡をかけないと読めない", ["眼鏡をかけないと読めない"]),
        ("二人が手をつないで歩く", ["二人が手をつないで歩く"]),
        ("猫のいないところ", ["(猫)", "ところ"]),
        ("もう制服は着ない", ["(もう制服)"]),
        ("고양이밖에 없는 거리", ["고양이밖에 없는 거리"]),
        ("he never goes out without his guitar", ["he", "his guitar"]),
        ("not smiling and without a hat", ["(smiling and)", "(hat)"]),
        ("don't forget the red ribbon", ["the red ribbon"]),
        ("no other animal than an owl", ["no other animal than an owl"]),
        ('"no carrots", says the boy', ["no carrots", "says the boy"]),
        ("nobody, except for a fox", ["nobody", "except for a fox"]),
        ("un gato que no para de mirar la pecera", ["un gato que", "mirar la pecera"]),
        ("une ruelle sans lampadaire où dort un chien", ["une ruelle", "(lampadaire)", "où dort un chien"]),
        ("ein Mädchen ohne Schuhe läuft los", ["ein Mädchen", "(Schuhe)", "läuft los"]),
        ("nicht in die Kamera schauen", ["(in die Kamera schauen)"]),
        ("sie hält noch die Hand", ["sie hält noch die Hand"]),
        ("weder Hut noch Schal", ["(Hut noch Schal)"]),
        ("она не может не улыбаться", ["она не может не улыбаться"]),
        ("non solo un cappello", ["non solo un cappello"]),
        ("教室里除了一只猫谁都没有", ["教室里除了一只猫谁都没有"]),
        ("谁也没哭", ["谁也", "(哭)"]),
        ("天上一朵云也没有", ["天上一", "(朵云)"]),
        ("除了帽子以外全身黑色", ["除了帽子以外全身黑色"]),
        ("戒了烟改叼棒棒糖", ["(烟)", "改叼棒棒糖"]),
        ("sin quitarse la chaqueta ni las botas", ["la chaqueta ni las botas"]),
        ("nunca anda sem a espada nem o escudo", ["nunca anda sem a espada nem o escudo"]),
        ("sem chapéu nem luvas", ["(chapéu)", "(luvas)"]),
        ("без капюшона девочка стоит", ["(капюшона)", "девочка стоит"]),
        ("don't draw her smiling", ["(her smiling)"]),
        ("neither of them smiling", ["(of them smiling)"]),
        ("fuera hay tormenta", ["fuera hay tormenta"]),
        ("una ragazza senza l'ombrello corre", ["una ragazza", "(l'ombrello)", "corre"]),
        ("帽子とマフラーは絶対にかぶらないで", ["(帽子とマフラー)"]),
        ("夜空に星が一つもない", ["夜空に", "(星)"]),
        ("少女は絶対にかぶらない", ["少女は絶対に", "(かぶら)"]),
        ("彼女は何も着ていない、森の中", ["彼女は", "(何)", "森の中"]),
        ("少女が何も持たずに立っている", ["少女が", "(何)", "立っている"]),
        ("赤い髪の少女は絶対にかぶらない", ["赤い髪の少女は絶対に", "(かぶら)"]),
        ("部屋には家具が何もない", ["部屋には", "(家具)"]),
        ("モブは一人もいない", ["(モブ)"]),
        ("소녀는 절대 신지 않는다", ["소녀는 절대 신지 않는다"]),
        ("除了草莓，蓝莓也不要", ["(草莓)", "(蓝莓)"]),
        ("комната без фотографии девушки", ["комната", "(фотографии девушки)"]),
        ("사람은 한 명도 없는 골목", ["(사람)", "골목"]),
        ("una calle sin gente ni coches", ["una calle sin gente", "(coches)"]),
        ("sin sombrero y sin quitarse la chaqueta ni las botas", ["(sombrero y)", "la chaqueta ni las botas"]),
        ("ohne blonde Frau", ["(blonde Frau)"]),
        ("без другой девушки", ["(другой девушки)"]),
        ("除了帽子，女孩穿着红裙，狗也没有", ["(帽子)", "女孩穿着红裙", "(狗)"]),
        ("除了贝雷帽，她什么都不戴", ["除了贝雷帽", "她什么", "(都)"]),
        ("ein Wald ohne Menschen und Tiere", ["ein Wald", "(Menschen und Tiere)"]),
        ("彼は絶対に笑わない", ["彼は絶対に", "(笑わ)"]),
        ("고기는 한 점도 없고 채소만 가득한 식탁", ["(고기)", "채소만 가득한 식탁"]),
        ("하늘에 별이 하나도 없다", ["하늘에", "(별)"]),
        ("", []),
    ],
)
def test_what_a_text_excludes(text: str, parts: list[str]) -> None:
    assert cut(text) == parts


def test_a_word_inside_a_name_excludes_nothing() -> None:
    spans = read("面无表情的短发", names_of).spans
    assert [(s.text, s.excluded) for s in spans if s.named] == [("面无表情", False), ("短发", False)]
    assert [s.text for s in read("no shoes, short hair", names_of).spans if s.named] == ["no shoes", "short hair"]


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("棋盘一样的水田", "棋盘"),
        ("借りてきた猫みたいに縮こまる", "猫"),
        ("산처럼 나온 배", "산"),
        ("a mirror-like lake", "mirror"),
        ("wrapped up like a burrito watching tv", "burrito"),
        ("拿大葱当话筒", "话筒"),
        ("ein Junge schläft wie ein Stein", "Stein"),
    ],
)
def test_what_something_is_likened_to_is_not_in_the_picture(text: str, gone: str) -> None:
    assert [span.text for span in read(text, lookup()).spans if gone in span.text] == []


@pytest.mark.parametrize(
    "text", ["dressed like a clown", "it looks like a clown", "curling like a snake and a clown", "i'd like a clown"]
)
def test_what_somebody_is_dressed_as_is_in_the_picture(text: str) -> None:
    assert any(span.text == "clown" for span in read(text, lookup()).spans)


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("蛋糕上除了蓝莓什么水果都别放", ["水果"]),
        ("夏だけど水着にしないで、麦わら帽子もなし", ["水着にし", "麦わら帽子"]),
        ("안경은 벗기고 자는 남학생", ["안경"]),
        ("画面中没有文字，只有一只猫", ["文字"]),
    ],
)
def test_how_far_an_exclusion_reaches(text: str, excluded: list[str]) -> None:
    reading = read(text, lookup())
    assert [text[one.start : one.end].strip() for one in reading.stretches if one.excluded] == excluded


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("雨の中、傘もささずに走る", ["傘"]),
        ("雨の中を傘もささずに走る", ["傘"]),
        ("猫、犬、鳥もなし", ["猫", "犬", "鳥"]),
        ("鎧は脱いでない女騎士", []),
        ("女孩把帽子摘下来", ["帽子"]),
    ],
)
def test_where_something_is_is_not_left_out_with_it(text: str, excluded: list[str]) -> None:
    assert [part[1:-1] for part in cut(text) if part.startswith("(")] == excluded


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("소녀는 모자를 쓰지 않는다", ["모자를"]),
        ("소녀는 모자를 안 썼다", ["모자를"]),
        ("남자는 수염이 없다", ["수염이"]),
    ],
)
def test_korean_sentences_that_end_with_the_exclusion(text: str, excluded: list[str]) -> None:
    assert [part[1:-1].strip() for part in cut(text) if part.startswith("(")] == excluded


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a girl not afraid of the wolf", ["a girl", "the wolf"]),
        ("he hasn't noticed the shark", ["he", "the shark"]),
        ("she is not wearing a hat and not afraid of the wolf", ["she", "(hat and)", "the wolf"]),
        ("she's not unhappy about the snow", ["she's", "about the snow"]),
        ("nobody around and skip the hat", ["nobody around and", "(hat)"]),
        ("小红帽一点都不怕狼", ["小红帽一点都", "狼"]),
        ("他不肯穿外套", ["他", "(肯穿外套)"]),
        ("マイク離さず熱唱", ["マイク", "熱唱"]),
        ("늑대를 무서워하지 않고", ["늑대를"]),
        ("케이크에 딸기 빼고", ["케이크에", "(딸기)"]),
        ("el niño no tiene miedo del lobo", ["el niño", "del lobo"]),
        ("le gamin n'a pas peur du loup", ["le gamin n'a", "du loup"]),
        ("das Mädchen hat keine Angst vor dem Wolf", ["das Mädchen hat", "dem Wolf"]),
        ("девочка не боится волка", ["девочка", "волка"]),
        ("non ha paura del lupo", ["del lupo"]),
        ("não tem medo do lobo", ["do lobo"]),
    ],
)
def test_what_a_negated_verb_of_the_mind_is_about_stays(text: str, parts: list[str]) -> None:
    assert cut(text) == parts


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("a cyclist who forgot to put on her helmet", ["her helmet"]),
        ("swap the parrot for a monkey", ["parrot"]),
        ("die Schuhe hat sie ausgezogen", ["die Schuhe"]),
        ("mario ha perso il cappello", ["cappello"]),
        ("он сбрил бороду", ["бороду"]),
        ("se quitó el sombrero", ["sombrero"]),
        ("新郎忘了戴领结", ["领结"]),
        ("冇戴帽嘅老人", ["帽"]),
        ("帽子をなくした少年", ["帽子"]),
    ],
)
def test_what_is_taken_off_lost_or_exchanged_is_left_out(text: str, excluded: list[str]) -> None:
    assert [part[1:-1] for part in cut(text) if part.startswith("(")] == excluded


def test_what_is_taken_off_may_lie_in_the_picture_and_what_is_refused_may_not() -> None:
    text = "he lost his hat and refuses to wear a coat"
    found = stretches(text, clauses(text), language_of(text))
    assert [(text[s.start : s.end].strip(), s.removed) for s in found if s.excluded] == [
        ("hat and", True),
        ("a coat", False),
    ]
