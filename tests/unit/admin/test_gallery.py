"""Beginnings: each compiles, has nothing to mend, and renders for somebody of whom nothing is known."""

import pytest

from slinga.admin.writing import gallery, thumbs
from slinga.messages import checks
from slinga.messages.lint import lint
from slinga.messages.model import Brand, Intent, parse
from slinga.messages.render import Links, Rendered, compile, render

BRAND = Brand("The Shop", "Storgatan 1, Lund", "https://shop.example", sender="The Shop <hello@shop.example>")
LINKS = Links(unsubscribe="https://m.example/u/1", preferences="https://m.example/p/1")


@pytest.mark.parametrize("one", gallery.SHELF, ids=lambda one: one.key)
def test_a_beginning_has_nothing_to_mend(one):
    compiled = compile(parse(one.document), BRAND)
    assert lint(compiled) == []
    for locale in ("", *compiled.template.locales):
        template = compiled.template
        about = Intent("k", "p", template.message_class, template.channel, variables={"person": {}})
        made = render(compiled, about, LINKS, locale=locale)
        assert isinstance(made, Rendered), made
        assert checks.check(template, made) == []


def test_the_shelf_serves_the_whole_loop():
    assert len(gallery.SHELF) == 12
    assert {one.stage for one in gallery.SHELF} >= {"interest", "conversion", "reassurance", "loyalty"}
    assert all(thumbs.shapes(one.document) for one in gallery.SHELF)


def test_blocks_turned_into_mjml_render_the_same():
    for one in gallery.SHELF:
        if one.channel != "email":
            continue
        turned = gallery.as_mjml(one.document, BRAND)
        about = Intent("k", "p", "marketing", "email", variables={"person": {"first_name": "Ada"}})
        for locale in ("", "sv"):
            before, after = (
                render(compile(parse(each), BRAND), about, LINKS, locale=locale)
                for each in (one.document, turned)
            )
            assert isinstance(before, Rendered) and isinstance(after, Rendered)
            assert before.html == after.html
