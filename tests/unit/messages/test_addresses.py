"""Two hundred addresses and the one answer each gets, on a form, in the API and in an import."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.messages.addresses import Address, BadAddress, read, read_named

PLAIN = [
    "anna@example.org",
    "a@b.co",
    "anna.berg@example.org",
    "anna+news@example.org",
    "anna_berg@example.org",
    "a-b@example.org",
    "1234567890@example.org",
    "anna@sub.example.org",
    "anna@sub.sub.example.org",
    "x@example.museum",
    "o'neil@example.ie",
    "!#$%&'*+/=?^_`{|}~-@example.org",
    "a.b.c.d.e@example.org",
    "anna@123.example.org",
    "anna@example-shop.org",
    "anna@xn--przykad-rjb.pl",
    "ANNA@example.org",
    "Anna.Berg@Example.ORG",
    "anna@EXAMPLE.org",
    "_@example.org",
    "+@example.org",
    "a{b}@example.org",
    "a|b@example.org",
    "a=b@example.org",
    "a?b@example.org",
    "a/b@example.org",
    "a*b@example.org",
    "a^b@example.org",
    "~@example.org",
    "`a@example.org",
    "&a@example.org",
    "%a@example.org",
    "$a@example.org",
    "#a@example.org",
    "!a@example.org",
    "user%host@example.org",
    "a--b@example.org",
    "a-@example.org",
    "a+b+c@example.org",
    "0@example.org",
    "anna@a.b.c.d.example.org",
    "anna@exa-mple.org",
    "anna@e.org",
    "anna@1a.org",
    "anna@a1.org",
    "root@example.net",
    "postmaster@example.org",
    "no-reply@example.org",
    "bounce+abc=def@example.org",
    "a.b+c.d@example.org",
    "firstname-lastname@example.org",
    "email@subdomain.example.org",
    "anna@shop.example",
    "anna@mail.invalid-name.org",
    "x.y.z@example.travel",
    "long.name.with.many.dots.in.it@example.org",
    "very.common@example.org",
    "disposable.style.email.with+symbol@example.org",
    "other.email-with-hyphen@example.org",
    "fully-qualified-domain@example.org",
    "user.name+tag+sorting@example.org",
    "name/surname@example.org",
    "admin@strange-example.org",
    "user-@example.org",
    "mailhost!username@example.org",
    "{anna}@example.org",
    "'@example.org",
    "a@example.co.uk",
    "a@example.com.au",
    "a@example.info",
    "a@example.io",
    "a@example.se",
    "a@example.pl",
    "a@example.de",
    "a@example.fr",
]
UNICODE = [
    "zażółć@example.pl",
    "用户@例子.广告",
    "ånna@example.se",
    "иван@example.org",
    "δοκιμή@παράδειγμα.ελ",
]
UNICODE_DOMAIN = ["anna@przykład.pl", "anna@bücher.example", "anna@räksmörgås.se", "anna@例子.广告"]
TRIMMED = [" anna@example.org", "anna@example.org ", "\tanna@example.org\r\n", "\n anna@example.org"]
LONG_LOCAL = ["a" * 64 + "@example.org", "a" * 63 + "b@example.org"]
REFUSED = [
    *[
        "",
        " ",
        "@",
        "a",
        "a@",
        "@b.co",
        "a@b",
        "a@@b.co",
        "a@b@c.co",
        "anna",
        "example.org",
        "anna@localhost",
    ],
    *[
        "a@b..com",
        "a..b@c.com",
        ".a@b.com",
        "a.@b.com",
        "a@.com",
        "a@com.",
        "a@b.com.",
        "a@-b.com",
        "a@b-.com",
    ],
    *[
        "a@b_c.com",
        "a@b c.com",
        "a b@c.com",
        "a@b,c.com",
        "a@b;c.com",
        "a@b:25",
        "user@example.com:2525",
        "u@h:25",
    ],
    *["-x@y.com", "-@y.com", "--help@example.org", "-oQ/tmp@example.org", "-rf@example.org"],
    *['"a b"@example.org', '"a"@example.org', '"a@b"@example.org', '""@example.org', '"\\""@example.org'],
    *[
        '"very.unusual.@.unusual.com"@example.com',
        '" "@example.org',
        'a"b@example.org',
        'a."b".c@example.org',
    ],
    *["a@[127.0.0.1]", "a@[IPv6:::1]", "a@127.0.0.1", "a@1.2.3.4", "a@[example.org]", "a@::1", "a@1234"],
    *[
        "alice@example.org <bob@evil.com>",
        "<a@b.co>",
        "Anna <a@b.co>",
        "a@b.co,c@d.co",
        "a@b.co;c@d.co",
        "a@b.co c@d.co",
    ],
    *[
        "a(comment)@example.org",
        "(c)a@example.org",
        "a@(c)example.org",
        "a@example.org(c)",
        "a@example(c).org",
    ],
    *[
        "a\r\nBcc:b@c.co",
        "a@b.co\r\nBcc: c@d.co",
        "a@b.co\nX",
        "a\x00@b.co",
        "a@b\x00.co",
        "a@b.co\x00",
        "a\x1f@b.co",
    ],
    *[
        "a\u2028@b.co",
        "a@b\u2029.co",
        "a\u200b@b.co",
        "a@b.co\u200b",
        "\ufeffa@b.co",
        "a\u202e@b.co",
        "a\u00a0@b.co",
    ],
    *[
        "a" * 65 + "@example.org",
        "å" * 33 + "@example.org",
        "a@" + "b" * 64 + ".com",
        "a@" + ".".join(["b" * 60] * 5),
    ],
    *["a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".example.org", "a@" + "b." * 130 + "com"],
    *[
        "a@b.c",
        "a@example.1",
        "a@example.c-",
        "a@ex!ample.org",
        "a@ex#ample.org",
        "a@ex$ample.org",
        "a@ex+ample.org",
    ],
    *[
        "a\\b@example.org",
        "a<b@example.org",
        "a>b@example.org",
        "a[b@example.org",
        "a]b@example.org",
        "mailto:a@b.co",
    ],
    *[
        "http://a@b.co",
        "a@http://b.co",
        "a@b.co/path",
        "a@b.co?subject=x",
        "a@b.co#x",
        "a at b.co",
        "a@b dot co",
    ],
    *[
        "a@xn--.com",
        "a@xn--a.com",
        "undefined",
        "null",
        "none",
        "N/A",
        "a@example..org",
        "..@example.org",
        "a@..",
        "a,b@c.co",
    ],
]
CORPUS = [*PLAIN, *UNICODE, *UNICODE_DOMAIN, *TRIMMED, *LONG_LOCAL, *REFUSED]


def test_there_are_two_hundred():
    assert len(set(CORPUS)) >= 200


@pytest.mark.parametrize("text", [*PLAIN, *UNICODE, *UNICODE_DOMAIN, *TRIMMED, *LONG_LOCAL])
def test_accepted(text):
    found = read(text)
    assert isinstance(found, Address), found
    assert read(str(found)) == found
    assert found.domain == found.domain.lower() and found.domain.isascii()
    assert found.ascii is (text not in UNICODE)


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text):
    found = read(text)
    assert isinstance(found, BadAddress) and found.reason


def test_case_and_tags_are_kept_and_the_key_folds_only_case():
    found = read("Anna.Berg+News@Example.ORG")
    assert found == Address("Anna.Berg+News", "example.org")
    assert found.key == "anna.berg+news@example.org"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Kafé Å <hello@shop.example>", "Kafé Å"),
        ('"Berg, Anna" <hello@shop.example>', "Berg, Anna"),
        ("hello@shop.example", ""),
        ("<hello@shop.example>", ""),
    ],
)
def test_a_sender_has_a_name(text, name):
    assert read_named(text) == (name, Address("hello", "shop.example"))


@pytest.mark.parametrize("text", ["Anna <a@b.co> <c@d.co>", "a@b.co <c@d.co> x", "Anna", "Anna <>"])
def test_a_wrong_sender(text):
    assert isinstance(read_named(text), BadAddress)


@given(
    st.text(max_size=60) | st.builds(lambda a, b: f"{a}@{b}.com", st.text(max_size=20), st.text(max_size=20))
)
def test_no_text_breaks_it_and_what_passes_is_safe(text):
    found = read(text)
    if isinstance(found, Address):
        assert str(found).count("@") == 1
        assert not set(str(found)) & set(' \r\n\t<>,;:"()[]\\\x00')
        assert read(str(found)) == found
