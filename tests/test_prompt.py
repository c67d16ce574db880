"""The rules of a prompt, without an index: which tags contradict each other, their order, and what others imply."""

from __future__ import annotations

from danbooru_index.prompt import Choice, ordered, own_contradictions, resolve, without_implied


def test_contradictions_are_resolved_by_score():
    red, blue = Choice("red_eyes", 0.9, 0), Choice("blue_eyes", 0.6, 0)
    assert resolve([blue, red]) == ([red], [("blue_eyes", "red_eyes", "eye_color")])
    both = [blue, red, Choice("heterochromia", 0.5, 0)]
    assert resolve(both) == (both, [])
    persons = [blue, red, Choice("2girls", 1.0, 0)]
    assert resolve(persons) == (persons, [])
    own = Choice("blue_eyes", 0.1, 0, own=True)
    assert resolve([own, red])[0] == [own]
    assert resolve([Choice("1girl", 1, 0), Choice("2girls", 0.5, 0)])[0] == [Choice("1girl", 1, 0)]


def test_one_hue_one_person_and_nobody_contradict_a_whole_kind_of_tags():
    def left(*choices):
        stays, gone = resolve(choices)
        return [choice.tag for choice in stays], gone

    def of(tag, score=0.9, own=False):
        return Choice(tag, score, 0, own=own)

    mono, red, blue = of("monochrome", 0.9), of("red_hair", 0.7), of("blue_eyes", 0.6)
    assert left(mono, red, blue) == (
        ["monochrome"],
        [("red_hair", "monochrome", "conflict"), ("blue_eyes", "monochrome", "conflict")],
    )
    assert left(of("greyscale", 0.5), red) == (["red_hair"], [("greyscale", "red_hair", "conflict")])
    assert left(of("monochrome", 0.1, own=True), red)[0] == ["monochrome"]
    assert left(mono, of("red_hair", 0.1, own=True))[0] == ["red_hair"]
    assert left(of("monochrome", 1, own=True), of("red_hair", 1, own=True))[1] == []
    assert left(mono, of("spot_color"), red)[1] == []
    assert left(mono, of("black_hair"), of("white_background"), of("dark_skin"))[1] == []
    assert left(of("solo", 0.4), of("2girls", 1.0))[0] == ["2girls"]
    assert left(of("no_humans", 1.0), of("1girl", 0.4), of("scenery"))[0] == ["no_humans", "scenery"]
    assert left(of("solo"), of("1girl"))[1] == []
    assert left(of("smile", 0.8), of("frown", 0.3))[0] == ["smile"]
    assert left(of("smile", 0.8), of("frown", 0.3), of("2girls", 1))[1] == []
    assert left(mono, red, of("2girls", 1))[0] == ["monochrome", "2girls"]


def test_contradictions_of_the_users_own_are_flagged_and_stay():
    own = [Choice(tag, 1, 0, own=True) for tag in ("solo", "2girls", "red_eyes")]
    assert resolve(own) == (own, [])
    assert own_contradictions(own) == [("2girls", "solo", "conflict")]
    assert own_contradictions([own[0], Choice("2girls", 1, 0)]) == []


def test_order_and_implications_are_pure():
    hair, place = Choice("long_hair", 1, 0, kind="发型"), Choice("forest", 1, 0, kind="场景")
    girl, miku = Choice("1girl", 1, 0, "count"), Choice("hatsune_miku", 1, 0, "character")
    assert ordered([place, hair, miku, girl], ("count", "character", "general")) == [girl, miku, hair, place]
    cat = Choice("cat_ears", 1, 0, implies=("animal_ears",))
    own = Choice("animal_ears", 1, 0, own=True)
    assert without_implied([cat, Choice("animal_ears", 1, 0)]) == [cat]
    assert without_implied([cat, own]) == [cat, own]
    guess, surer = Choice("cat_ears", 0.4, 0, implies=("animal_ears",)), Choice("animal_ears", 0.9, 0)
    assert without_implied([guess, surer]) == [guess, surer]
    assert without_implied([guess, surer, cat]) == [guess, cat]
