"""Identifiers in normal form, and whom a call is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.identity.identifiers import REFUSED, email, key_of, phone, plain, refer
from slinga.identity.merge import direct
from slinga.ingest.model import Call
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import rank_of
from slinga.messages import addresses

A, U, E, P = (
    key_of("anonymous", "a"),
    key_of("user", "u"),
    key_of("email", "x@example.com"),
    key_of("phone", "+46701234567"),
)


@pytest.mark.parametrize(
    "value", [*REFUSED, "NULL", ' "null" ', "'Guest'", "NaN", "x" * 201, "a\0b", "a\nb", "a\x7fb", " "]
)
def test_values_that_name_nobody(value):
    with pytest.raises(Invalid):
        plain(value)


def test_normal_forms():
    assert plain("  e\u0301  ") == "é"
    assert plain("0001") == "0001" and plain("Guest42") == "Guest42"
    assert email(" Jo.Doe@EXÄMPLE.com") == "jo.doe@xn--exmple-cua.com"
    assert email("zażółć@przykład.pl") == "zażółć@xn--przykad-rjb.pl"
    assert email("a@shop.test") == "a@shop.test"
    assert phone("+46 (0)70-123".replace("(0)", "") + " 45 67") == phone("0046701234567") == "+46701234567"
    for bad in ("", "a@", "@b.c", "a@b", "a b@c.de", "a@b..com", "a@-b.de", "null", "x" * 70 + "@b.de"):
        with pytest.raises(Invalid):
            email(bad)
    for bad in ("0701234567", "+", "+12", "abc", "+0123456789"):
        with pytest.raises(Invalid):
            phone(bad)


ADDRESSES = r"""
a@b.de A.B+c@Example.COM o'x@sub.example.org zażółć@przykład.pl STRASSE@straße.de ß@x.de 1@2.example
user@shop.test -x@y.de a@b a..b@c.de .a@c.de a.@c.de "a"@b.de a@b..com u@h:25 a@[127.0.0.1] @b.de a@ a@@b.de
a@b.de,c@d.de <a@b.de> a@-b.de a@b-.de a@b_c.de x@localhost a\b@c.de
""".split()  # noqa: SIM905
ADDRESSES += ["x" * 65 + "@b.de", "x" * 64 + "@b.de", "a@" + "b" * 64 + ".de", "a b@c.de", "a@b.de\u2028"]


@pytest.mark.parametrize("text", ADDRESSES)
def test_identity_and_delivery_agree_on_addresses(text):
    there = addresses.read(text)
    try:
        here = email(text)
    except Invalid:
        here = ""
    assert here == (there.key if isinstance(there, addresses.Address) else "")


def identify(**more):
    return Call("identify", **more)


@pytest.mark.parametrize(
    "call,key,linked",
    [
        (Call("track", anonymous_id="a"), A, set()),
        (Call("track", user_id="u"), U, set()),
        (Call("track", user_id="u", anonymous_id="a"), U, {(A, U)}),
        (Call("track", anonymous_id="a", traits={"email": "x@example.com"}), A, set()),
        (identify(anonymous_id="a", traits={"email": "X@Example.com"}), E, {(A, E)}),
        (identify(anonymous_id="a", traits={"phone": "+46701234567"}), P, {(A, P)}),
        (identify(traits={"email": "x@example.com"}), E, set()),
        (identify(user_id="u", traits={"email": "x@example.com"}), U, {(E, U)}),
        (identify(user_id="u", anonymous_id="a", traits={"email": "x@example.com"}), U, {(E, U), (A, U)}),
        (identify(user_id="guest", anonymous_id="a"), A, set()),
        (identify(user_id="guest", traits={"email": "x@example.com"}), E, set()),
        (identify(anonymous_id="a", traits={"email": "nonsense"}), A, set()),
        # The address of a group is the company's.
        (Call("group", group_id="g", user_id="u", traits={"email": "x@example.com"}), U, set()),
        (Call("alias", user_id="u", previous_id="a", anonymous_id="a"), U, {(A, U)}),
    ],
)
def test_whom_a_call_is_about(call, key, linked):
    found = refer(call)
    assert found.key == key
    assert {(link.person, link.other) for link in found.links} == linked


def test_an_alias_may_mean_any_kind_of_identifier():
    found = refer(Call("alias", user_id="u", previous_id="jen@email.com"))
    others = {key_of(kind, "jen@email.com") for kind in ("anonymous", "email", "user")}
    assert {(link.person, link.other) for link in found.links} == {direct(U, other) for other in others}
    assert {link.why for link in found.links} == {"alias"}
    assert refer(Call("alias", user_id="u", previous_id="u")).links == (
        *refer(Call("alias", user_id="u", previous_id="u", anonymous_id="u")).links,
    )


def test_external_ids():
    context = {
        "externalIds": [{"type": "shopify", "id": "77"}, {"type": "email", "id": "z"}, "x", {"id": None}]
    }
    found = refer(Call("track", anonymous_id="a", context=context))
    assert found.key == key_of("external", "shopify:77")
    assert [(link.person, link.other) for link in found.links] == [(A, found.key)]
    assert found.warnings


def test_unnamed_calls_meet_nobody():
    found = refer(Call("track", user_id="null"), "shop")
    assert found.key and not found.links and not found.identifiers and found.warnings
    assert (
        found.key
        == refer(Call("track", user_id="null"), "shop").key
        != refer(Call("track", user_id="null"), "app").key
    )
    assert refer(Call("track")).key == ""


@given(
    st.sampled_from(["track", "identify", "page", "group", "alias"]),
    st.none() | st.text(),
    st.none() | st.text(),
    st.none() | st.text(),
    st.dictionaries(
        st.sampled_from(["email", "phone"]), st.text() | st.integers() | st.none() | st.lists(st.text())
    ),
)
def test_merges_go_to_the_lower_rank_and_nothing_raises(kind, user, anonymous, previous, traits):
    call = Call(kind, user_id=user, anonymous_id=anonymous, previous_id=previous, traits=traits)
    found = refer(call)
    assert found == refer(call)
    for link in found.links:
        assert rank_of(link.person) < rank_of(link.other)
        assert found.key in (link.person, link.other)
    if user is None and anonymous is None and not traits:
        assert found.key == ""
