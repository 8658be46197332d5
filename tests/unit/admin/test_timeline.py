from slinga.admin.people.timeline import LIFE_KINDS_TOLD, pairs, text, timeline
from slinga.kernel.words import ENGLISH

NAMES = {
    ("model", "bow-tie"): "Bow-tie",
    ("stage", "bow-tie/interest"): "Interest",
    ("segment", "vips"): "Best customers",
    ("journey", "winback"): "Come back",
}


def test_a_value_is_never_a_pattern():
    facts = [(1, "segment_entered", "{reason} {name}", {"reason": "secret"})]
    assert timeline((), facts)[0].title == "Entered the segment “{reason} {name}”"


def test_newest_first():
    inputs = [(at, "event", f"E{at}", {}) for at in (1, 3, 2)]
    assert [line.title for line in timeline(inputs, ())] == ["E3", "E2", "E1"]


def test_names_stand_where_keys_were():
    facts = [
        (4, "stage_moved", "bow-tie", {"from_stage": None, "to_stage": "interest", "cause": "first"}),
        (3, "segment_entered", "vips", {}),
        (2, "run_ended", "winback", {"reason": "too_many_runs"}),
        (
            1,
            "stage_moved",
            "bow-tie",
            {"from_stage": "interest", "to_stage": "gone-since", "because": "a month"},
        ),
    ]
    lines = timeline((), facts, (), ENGLISH.naming(NAMES))
    assert [f"{line.title} | {line.detail}" for line in lines] == [
        "Bow-tie: came to Interest | ",
        "Entered the segment “Best customers” | ",
        "The journey “Come back” ended | too many runs",
        "Bow-tie: Interest → gone since | a month",
    ]


def test_an_unknown_kind_still_shows():
    lines = timeline([(2, "odd", "y", {})], [(1, "brand_new", "x", {"a": 1})])
    assert [line.title for line in lines] == ["Odd", "Brand new"]


def test_a_fact_without_its_fields_is_still_a_line():
    facts = [(n, kind, "n", {}) for n, kind in enumerate(LIFE_KINDS_TOLD)]
    lines = timeline((), facts)
    assert len(lines) == len(LIFE_KINDS_TOLD) and all(line.title for line in lines)


def test_values_are_short_text():
    assert text(True) == "yes" and text({"a": [1.0, 2.5]}) == "a: 1, 2.5" and len(text("x" * 500)) == 160
    assert len(pairs({str(n): n for n in range(50)})) == 6 and pairs("no document") == ()


def test_products_are_told_by_name():
    goods = [{"sku": "T1", "name": "Tea", "quantity": 2, "price": 9}, {"product_id": "C7", "quantity": 1}]
    assert text(goods) == "Tea × 2, C7"
