"""The flat function of a text gives what the walk over its nodes gives, or leaves it to the walk."""

import json
from pathlib import Path

import liquid
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.kernel.clock import instant
from slinga.messages import folding, markup
from slinga.messages.flat import flatten
from slinga.messages.liquid import MOST_WORK, RenderFailed, compile_text, fence, render

NOW = instant("2026-03-10T12:00:00Z")
CASES = Path(__file__).resolve().parents[3] / "../shared/data/liquid/golden_liquid/golden_liquid.json"
HTML, TEXT = fence(html=True), fence(html=False)
for tag in markup.TAGS:
    HTML.add_tag(tag)
    TEXT.add_tag(tag)

TEMPLATES = (
    "Hi {{ a }}, {{ b.c }} and {{ b.c.d }}",
    "{% if a %}yes {{ a }}{% elsif b.c > 1 %}{{ b.c }}{% else %}no{% endif %}",
    "{% unless b.size == 2 or a contains 'x' %}-{{ b.size }}{% endunless %}",
    "{% for x in list limit: 2 %}{{ x }}{% for y in b %}{{ y.c }}{% endfor %},{% else %}none{% endfor %}",
    "{% for x in list %}{% if x == blank %}{% continue %}{% endif %}{{ x.c | upcase }}{% endfor %}",
    "{{ a | default: 'friend' | append: b.c | date: '%Y' }}{{ list | join: ', ' }}{{ list | first }}",
    "{% link 0 %}{{ b.c }}{% endlink %}{% link 1 %}/a?b={{ a }}&c=1{% endlink %}",
    "{% image %}{{ b.d }}{% endimage %}{% if a == empty and b.c != nil %}{{ 1 | plus: b.c }}{% endif %}",
    "{% pixel %}{{ now }}{{ 'now' | date: '%H' }}",
    "{% assign z = a %}{{ z }}{% for x in list reversed %}{{ forloop.index }}{% endfor %}",
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False)
    | st.text("x<&'\"=é/. \n")
    | st.sampled_from(["https://a.b/?c=d&e='f'", "javascript:x", "/path", "2026-03-01"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["c", "d", "size", "first"]), inner, max_size=3)
    ),
    max_leaves=6,
)
data = st.dictionaries(st.sampled_from(["a", "b", "list"]), values)


def both(source: str, env, given_data: dict) -> tuple[object, object]:
    """What the walk says, and what is said where the flat function is tried first."""
    slots = {
        "link": lambda number, address: f"https://t.example/{number}?{address}",
        "pixel": "https://p.example/&",
    }
    slots["base"] = "https://base.example"
    out = []
    for flat in (False, True):
        template = compile_text(env, source, "body")
        folding.fold(template, source, {"brand": {"name": "A & B"}}, "https://base.example")
        template.flat = flatten(template) if flat else None
        out.append(render(template, given_data, NOW, slots, "html"))
    return out[0], out[1]


@given(st.sampled_from(TEMPLATES), st.booleans(), data)
def test_it_says_what_the_walk_says(source, escapes, given_data):
    walked, flat = both(source, HTML if escapes else TEXT, given_data)
    assert walked == flat


@pytest.mark.skipif(not CASES.exists(), reason="the golden Liquid cases are not beside the project")
def test_it_says_what_the_walk_says_on_the_golden_cases():
    made = 0
    for case in json.loads(CASES.read_text())["tests"]:
        options = {"undefined": liquid.Undefined, "loader": liquid.DictLoader(case.get("templates") or {})}
        for html in (False, True):
            env = fence(html=html, **options)
            try:
                template = env.from_string(case["template"])
            except liquid.exceptions.LiquidError:
                continue
            template.flat = None
            walked = render(template, case.get("data", {}), NOW)
            template.flat = flatten(template)
            made += template.flat is not None
            assert render(template, case.get("data", {}), NOW) == walked, case["name"]
    assert made > 1000


def test_most_of_the_language_is_flat_and_the_rest_is_left_to_the_walk():
    flat = [flatten(compile_text(HTML, source, "body")) is not None for source in TEMPLATES]
    assert flat == [True] * 4 + [False] + [True] * 4 + [False]


@pytest.mark.parametrize(
    "source",
    [
        "{% for x in list %}{% for y in list %}{{ y }}{% endfor %}{% endfor %}",
        "{% for x in list %}{{ long | upcase }}{% endfor %}",
        "{% if a %}" * 20 + "x" + "{% endif %}" * 20,
        "{% for x in list %}" + "{% if a %}.{% endif %}" * 2000 + "{% endfor %}",
        "{% for x in list %}" + "y" * 20_000 + "{% endfor %}",
    ],
)
@pytest.mark.parametrize("count", [1, 90, 100, 101, 120])
def test_its_limits_are_the_walks(source, count):
    walked, flat = both(source, TEXT, {"list": [1] * count, "long": "x" * 90_000, "a": 1})
    assert walked == flat and (isinstance(walked, RenderFailed) or len(walked) < 1_000_001)


def test_names_of_a_text_never_become_code():
    source = "{{ data }}{{ out['add'] }}{% for escape in list %}{{ escape }}{{ work }}{% endfor %}"
    walked, flat = both(source, HTML, {"data": "d", "out": {"add": "<"}, "list": [1, 2], "work": MOST_WORK})
    assert walked == flat == f"d&lt;1{MOST_WORK}2{MOST_WORK}"
