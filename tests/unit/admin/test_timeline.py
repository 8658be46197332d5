from slinga.admin.people.timeline import LIFE_KINDS_TOLD, pairs, text, timeline


def life(**parts):
    return {"facts": [], "inputs": [], "messages": []} | parts


def test_a_value_is_never_a_pattern():
    facts = [(1, "segment_entered", "{reason} {name}", {"reason": "secret"})]
    assert timeline(life(facts=facts), 10)[0].title == "Entered the segment {reason} {name}"


def test_newest_first_and_no_more_than_asked():
    inputs = [(at, "event", f"E{at}", {}) for at in (1, 3, 2)]
    assert [line.title for line in timeline(life(inputs=inputs), 2)] == ["E3", "E2"]


def test_an_unknown_kind_still_shows():
    lines = timeline(life(facts=[(1, "brand_new", "x", {"a": 1})], inputs=[(2, "odd", "y", {})]), 10)
    assert [line.title for line in lines] == ["Odd", "Brand new"]


def test_a_fact_without_its_fields_is_still_a_line():
    facts = [(n, kind, "n", {}) for n, kind in enumerate(LIFE_KINDS_TOLD)]
    lines = timeline(life(facts=facts), 100)
    assert len(lines) == len(LIFE_KINDS_TOLD) and all(line.title for line in lines)


def test_values_are_short_text():
    assert text(True) == "yes" and text({"a": [1]}) == '{"a":[1]}' and len(text("x" * 500)) == 160
    assert len(pairs({str(n): n for n in range(50)})) == 6 and pairs("no document") == ()
