"""What people read when they agreed: kept word for word, hashed, versioned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.admin.people.proofs import policy_of, proof, said_of
from slinga.kernel.clock import instant
from slinga.kernel.errors import Invalid
from slinga.locale import words
from slinga.onsite.choices import confirm
from slinga.onsite.model import Sent
from slinga.onsite.tokens import Token
from slinga.people.consent import Act, Consents, Permission, key_of
from slinga.people.wording import LONGEST, intact, kept, proven

NOW = instant("2026-03-01T10:00:00Z")


@given(st.text(max_size=300), st.text(max_size=50))
def test_words_are_kept_as_they_were_read_and_prove_themselves(text: str, version: str) -> None:
    found = kept(text, version)
    assert intact(found)
    assert found.get("wording", "") == text.strip()
    assert proven(dict(found)) == found, "keeping what was kept changes nothing"
    if text.strip():
        assert found["wording_id"] == (version.strip() or f"sha256:{found['wording_sha256'][:16]}")
        assert not intact(found | {"wording": text.strip() + "!"})


def test_the_same_words_have_the_same_version_and_too_many_are_refused() -> None:
    assert kept("Yes, write to me")["wording_id"] == kept(" Yes, write to me ")["wording_id"]
    assert kept("", "footer/3") == {"wording_id": "footer/3"} and kept() == {}
    with pytest.raises(Invalid, match="below 4000"):
        kept("a" * (LONGEST + 1))


def test_a_proof_tells_everything_in_the_readers_language() -> None:
    evidence = kept("Ja, skriv till mig", "footer/3") | {
        "page_url": "https://shop.test/join",
        "double_opt_in": {"message_id": "m1", "confirmed_at": NOW},
        "own": 7,
    }
    told = proof(evidence, words("sv"))
    assert told.words == "Ja, skriv till mig" and not told.changed
    assert dict(told.rows) == {
        "Ordens version": "footer/3",
        "Sida": "https://shop.test/join",
        "Meddelande": "m1",
        "Bekräftat": "2026-03-01T10:00:00.000Z",
        "own": "7",
    }
    assert proof(evidence | {"wording": "Nej"}, words("sv")).changed
    assert (
        proof({"wording_id": "policy/shop/2"}, words("en"), "News. Now and then").words
        == "News. Now and then"
    )


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("policy/shop/3", ("shop", 3)),
        ("policy/a/b/3", ("a/b", 3)),
        ("footer/3", None),
        (7, None),
        ("policy/x", None),
    ],
)
def test_a_version_of_the_policy_names_it(version: object, found: tuple[str, int] | None) -> None:
    assert policy_of(version) == found


def test_a_policy_says_a_topic_in_a_language() -> None:
    policy = {
        "topics": [{"key": "news", "name": "News", "description": "Weekly", "names": {"sv": "Nyheter"}}]
    }
    assert said_of(policy, "news") == "News. Weekly" and said_of(policy, "news", "sv") == "Nyheter. Weekly"
    assert said_of(policy, "other") == "" and said_of(None, "news") == ""


def test_who_confirms_confirms_the_words_they_asked_by() -> None:
    asked = Act(NOW, source="form", evidence="footer/3")
    held = Consents({key_of("email", "news"): Permission(asked=asked)})
    own = Token("m1", "p", "email", "news")
    (entry,) = confirm("p", own, Sent("m1", "p", "email", "news"), held, NOW + 5, {}).entries
    assert entry.evidence["wording_id"] == "footer/3"
    assert entry.evidence["double_opt_in"] == {"message_id": "m1", "confirmed_at": NOW + 5, "asked_at": NOW}
