"""The tab of consents: every act with what was read, whoever took it."""

from typing import Any

from selectolax.lexbor import LexborHTMLParser

from slinga.people.log import Consent, record
from slinga.people.wording import kept

CANARY = "<script>alert('c4nary')</script>"
POLICY = {"key": "shop", "topics": [{"key": "news", "name": "News", "description": "Once a week"}]}


def shown(world: Any, key: str) -> str:
    return world.get(f"/admin/people/{key}?tab=consents")


def test_words_of_a_form_and_of_a_version_of_the_policy_are_shown(world: Any) -> None:
    anna = world.person("anna@shop.test")
    world.publish("policy", "shop", POLICY)
    record(
        world.db,
        [
            Consent(
                anna, "email", "news", "granted", source="form", evidence=kept(f"Yes! {CANARY}", "footer/3")
            ),
            Consent(anna, "email", "news", "withdrawn", evidence={"wording_id": "policy/shop/1"}),
        ],
    )
    page = shown(world, anna)
    quotes = [each.text() for each in LexborHTMLParser(page).css("blockquote q")]
    assert quotes == ["News. Once a week", f"Yes! {CANARY}"] and CANARY not in page
    assert "footer/3" in page and "not the words that were kept" not in page
    world.db.execute("UPDATE member SET locale = 'pl'")
    assert "Wersja słów" in shown(world, anna)


def test_a_member_writes_down_what_was_said(world: Any) -> None:
    anna = world.person("anna@shop.test")
    fields = {
        "do": "consent",
        "action": "granted",
        "channel": "sms",
        "how": "by phone",
        "wording": "May we text you?",
    }
    answer = world.web.post(f"/admin/people/{anna}/act", data={"csrf": world.csrf(), **fields})
    assert answer.status_code == 303
    page = LexborHTMLParser(shown(world, anna))
    assert page.css_first("blockquote q").text() == "May we text you?"
    assert "sha256:" in page.text() and "by phone" in page.text()


def test_words_that_were_changed_by_hand_are_said_aloud(world: Any) -> None:
    anna = world.person("anna@shop.test")
    record(world.db, [Consent(anna, "email", "", "granted", source="form", evidence=kept("Yes"))])
    world.db.execute("""UPDATE consent SET evidence = evidence || '{"wording": "Everything"}'""")
    assert "not the words that were kept at first" in shown(world, anna)
