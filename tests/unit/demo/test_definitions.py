"""Every definition of the demo is one that a team could have written and published."""

from slinga.demo.definitions import documents
from slinga.segments.grammar import describe
from slinga.segments.model import order_of, parse_segment


def test_the_demos_segments_parse_say_what_they_mean_and_stand_in_no_circle():
    segments = [
        parse_segment(document)
        for kind, _, document in documents("https://shop.example")
        if kind == "segment"
    ]
    assert len(segments) >= 8
    assert all(describe(segment.condition) for segment in segments)
    assert len(order_of(segments)) == len(segments)


def test_a_documents_name_is_its_key():
    for kind, key, document in documents("https://shop.example"):
        assert kind in {"segment", "score", "model", "template", "journey", "policy", "brand"}
        assert document.get("key", key) == key
