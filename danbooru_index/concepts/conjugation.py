"""Negated Japanese and Korean verbs, as patterns: negation in these languages is an ending of the verb.

negated_verbs.tsv.gz has the verbs by what it says of a thing that they are negated: `absent`, it is not there (かぶる, to wear on the
head); `stays`, it is there all the same (眺める, to look at). Those of `off` say by themselves that it is left out, and
those of `gone` that it is lost: it may lie in the picture. So do those of `ended`, of which it is the subject.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("negated_verbs.tsv.gz")

# The stems of a godan verb by the last letter of its dictionary form: irrealis, continuative, potential, volitional, te-form.
_GODAN = {
    "う": "わいえおって",
    "く": "かきけこいて",
    "ぐ": "がぎげごいで",
    "す": "さしせそして",
    "つ": "たちてとって",
    "ぬ": "なにねのんで",
    "ぶ": "ばびべぼんで",
    "む": "まみめもんで",
    "る": "らりれろって",
}
_TE = "(?:は)?(?:い(?!か)|も|こ|来|き(?:てい?)?|いか|行か)?"  # what may stand between the te-form and what negates: かぶってはいない
_FORMS = {
    "1": f"(?:(?:られ|させ)?(?:て{_TE}|ちゃい?)?|ようと[はも]?(?:し|せ)|たがら|[はも](?:し|せ)|切れ|きれ|る)",
    "s": (
        f"(?:して{_TE}|しちゃい?|[しせ]|さ(?:れ|せ)(?:て{_TE})?|でき(?:て{_TE})?|しようと[はも]?(?:し|せ)|したがら|し[はも](?:し|せ)|"
        "しきれ|する)"
    ),
}


@cache
def negated_verbs(language: str, kind: str) -> tuple[str, ...]:
    """The verbs of a language by kind: `absent`, `stays`, `off`, `gone` or `ended`."""
    return tuple(verb for of, said, verb in _lines() if (of, said) == (language, kind))


@cache
def _lines() -> list[list[str]]:
    return [line.split("\t", 2) for line in gzip.decompress(_FILE.read_bytes()).decode().splitlines()]


def _parts(verb: str) -> tuple[str, str, str]:
    """The stem that no form changes, the last letter of the dictionary form, and the kind.

    >>> _parts("かぶる5"), _parts("着用する")
    (('かぶ', 'る', '5'), ('着用', 'る', 's'))
    """
    kind = verb[-1] if verb[-1] in "15" else "s"
    return verb[:-2], verb.rstrip("15")[-1], kind


def _godan_forms(last: str) -> str:
    irrealis, continuative, potential, volitional, te = *_GODAN[last][:4], _GODAN[last][4:]
    contracted = te[:-1] + ("ちゃ" if te[-1] == "て" else "じゃ")  # かぶっちゃいない
    return (
        f"(?:{te}{_TE}|{contracted}い?|{irrealis}(?:れ|せ|され)(?:て{_TE})?|{irrealis}|{continuative}|{potential}|"
        f"{volitional}うと[はも]?(?:し|せ)|{continuative}(?:たがら|[はも](?:し|せ)|切れ|きれ)|{last})"
    )


def japanese_forms(verbs: Sequence[str]) -> str:
    """The forms of verbs that a negating word may follow; each verb is its dictionary form with 5 (godan), 1 (ichidan) or s (する).

    >>> import re
    >>> forms = re.compile(japanese_forms(["かぶる5", "着る1", "着用する"]))
    >>> [form for form in ("かぶら", "かぶってはい", "かぶろうとし", "かぶれば", "着", "着せ", "着用して") if forms.fullmatch(form)]
    ['かぶら', 'かぶってはい', 'かぶろうとし', '着', '着用して']
    """
    stems: dict[str, list[str]] = {}
    for verb in sorted(verbs, key=len, reverse=True):
        stem, last, kind = _parts(verb)
        stems.setdefault(_godan_forms(last) if kind == "5" else _FORMS[kind], []).append(stem)
    return "|".join(f"(?:{'|'.join(found)}){forms}" for forms, found in stems.items())


def japanese_forgotten(verbs: Sequence[str]) -> str:
    """Forms that say that what the verbs mean was forgotten: かぶるのを忘れ, かぶり忘れ."""
    named, continuative = _named(verbs), "|".join(_continuative(verb) for verb in verbs)
    how = "(?:すっかり|うっかり|つい)?"
    forgotten = f"(?:{named})(?:の|こと)?[をもは]?{how}忘れ|(?:{continuative})(?:忘れ|損ね|そこね|そびれ)"
    return f"(?:{forgotten})(?:て(?:き[てた])?|た|ちゃっ[たて])?"


def japanese_refused(verbs: Sequence[str]) -> str:
    """Forms that say that somebody does not want to do what the verbs mean: かぶるのを嫌が, かぶることを拒."""
    return f"(?:{_named(verbs)})(?:の|こと)[をがはも]?(?:嫌|いや|拒|やめ|断|勘弁)"


def _named(verbs: Sequence[str]) -> str:
    return "|".join(verb.rstrip("15") for verb in verbs)


def _continuative(verb: str) -> str:
    stem, last, kind = _parts(verb)
    return stem + {"5": _GODAN[last][1], "1": "", "s": "し"}[kind]


def japanese_done(verbs: Sequence[str]) -> str:
    """Forms that say that what the verbs mean is done: 外した, 外して, 外されている.

    >>> import re
    >>> done = re.compile(japanese_done(["外す5", "取れる1"]))
    >>> [bool(done.match(text)) for text in ("外した", "外された", "取れてる", "外していない", "外してください")]
    [True, True, True, False, False]
    """
    stems: dict[str, list[str]] = {}
    for verb in verbs:
        stem, last, kind = _parts(verb)
        if kind == "5":
            irrealis, te = _GODAN[last][0], _GODAN[last][4:]
            form = f"(?:{te[:-1]}[{'てた' if te[-1] == 'て' else 'でだ'}]|{irrealis}れ[てた])"
        else:
            form = "[てた]" if kind == "1" else "(?:し|され)[てた]"
        stems.setdefault(form, []).append(stem)
    listed = "|".join(f"(?:{'|'.join(found)}){form}" for form, found in stems.items())
    return f"(?:{listed})(?:しまっ[たて]|い[るた]|る)?(?!(?<=た)て|い?な|い?ま|は|も|お[らり]|欲し|ほし|くだ|下さ|くれ|よ|ね)"


def korean_forgotten(verbs: Sequence[str]) -> str:
    """Forms that say that what the verbs mean was forgotten: 쓰는 걸 깜빡."""
    stems = "|".join(sorted({verb.split(" ", 1)[0][:-1] for verb in verbs}, key=len, reverse=True))
    return rf"(?<![가-힣])(?:{stems})는 ?(?:걸|거|것[을도은]?|것마저)? ?(?:잊|깜빡|깜박|까먹)[가-힣]{{0,9}}"


def korean_negated(verbs: Sequence[str]) -> str:
    """Negated forms of verbs, each given as its dictionary form and, behind a space, its forms behind 안 or 못 as a pattern.

    >>> import re
    >>> negated = re.compile(korean_negated(["쓰다 쓰|쓴|쓸|써|썼"]))
    >>> [bool(negated.search(text)) for text in ("모자를 안 쓴", "모자를 쓰지 않았", "모자를 쓰려고 하지 않", "모자를 쓴")]
    [True, True, True, False]
    """
    pairs = [verb.split(" ", 1) for verb in verbs]
    behind = "|".join(sorted({form for _, forms in pairs for form in forms.split("|")}, key=len, reverse=True))
    stems = "|".join(sorted({said[:-1] for said, _ in pairs}, key=len, reverse=True))
    ending = r"지(?:도|는|를|조차)? ?(?:않|못|안(?=[았는은고으])|말|마(?=$|[^가-힣]|[세라시셔요]))"
    return (
        rf"(?<![가-힣])(?:(?:안|못) ?(?:{behind})|"
        rf"(?:{stems})(?:(?:고 있|으?려(?:고)? ?(?:하|들)|어? ?있)?{ending}|기(?:를|도|가)? ?(?:거부|싫|꺼려|꺼리)))[가-힣]{{0,9}}"
    )
