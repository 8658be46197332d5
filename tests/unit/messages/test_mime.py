"""Mails are read back by the standard library and by a reader of our own that shares no code with either."""

import base64
import email
import email.policy
import quopri
import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.kernel.clock import instant
from slinga.messages.addresses import Address, BadAddress, read
from slinga.messages.mime import Attachment, BadMail, Mail, build, message_id
from slinga.messages.pieces import Constant

NOW = instant("2026-03-10T12:00:00Z")
SHOP = Address("hello", "shop.example")
ANNA = Address("anna", "example.org")
SINGLE = ("From", "Date", "Message-ID", "Subject", "To", "MIME-Version")


def mail(**changes) -> Mail:
    fields = {
        "message_id": message_id("m1", "shop.example"),
        "sender": SHOP,
        "to": ANNA,
        "subject": "Hello",
        "date": NOW,
        "text": "Hello there",
        "html": "<html><body>Hello there</body></html>",
    }
    return Mail(**{**fields, **changes})


def built(**changes) -> bytes:
    data = build(mail(**changes))
    assert isinstance(data, bytes), data
    check_form(data)
    return data


def check_form(data: bytes) -> None:
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data), "CRLF only"
    assert b"\x00" not in data
    head = data.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    for word in re.findall(rb"=\?[^?]+\?[^?]\?[^?]*\?=", head):
        assert len(word) <= 75
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    for name in SINGLE:
        assert names.count(name) == 1


def parsed(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)


def old_style(data: bytes, name: str) -> str:
    """A mailbox's name as the standard library's older reader gives it."""
    raw = email.message_from_bytes(data, policy=email.policy.compat32)[name]
    return str(make_header(decode_header(parseaddr(raw.replace("\r\n", ""))[0])))


def by_hand(data: bytes) -> dict[str, str]:
    """Header fields by name: unfold, then decode encoded-words, nothing else."""
    head = data.partition(b"\r\n\r\n")[0].decode()
    fields = {}
    for field in re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n"):
        name, _, value = field.partition(":")
        value = re.sub(r"\?=\s+=\?", "?==?", value.strip())
        fields[name] = re.sub(
            r"=\?utf-8\?B\?([^?]*)\?=",
            lambda m: base64.b64decode(m[1]).decode("utf-8", "surrogateescape"),
            value,
        )
    return fields


def bodies(data: bytes) -> dict[str, bytes]:
    """The decoded parts by content type, cut by hand at the boundary."""
    boundary = re.search(rb'boundary="([^"]+)"', data)
    assert boundary
    found = {}
    for part in data.split(b"--" + boundary[1])[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        kind = re.search(rb"Content-Type: ([^;\r]+)", head)
        assert kind
        body = body.removesuffix(b"\r\n") if body.endswith(b"\r\n\r\n") else body
        quoted = b"quoted-printable" in head
        found[kind[1].decode()] = quopri.decodestring(body) if quoted else base64.b64decode(body)
    return found


SUBJECTS = [
    "Zażółć gęślą jaźń – nowa oferta dla Ciebie",
    "Grattis på födelsedagen 🎂🎉 " * 4,
    "שלום עולם، مرحبا بالعالم",
    "x" * 200,
    "ż" * 200,
    "plain words that go on for quite a while, longer than one line may be, and then some more of them",
    "=?utf-8?Q?not_an_encoded_word?=",
    "two  blanks   and    more",
    '"quoted", (with) <brackets> @ and: colons; \\ too',
]


@pytest.mark.parametrize("value", SUBJECTS)
def test_subject_and_names_read_back_the_same(value):
    data = built(subject=value, sender_name=value, to_name=value[:60])
    message = parsed(data)
    assert message["Subject"] == value.strip()
    assert by_hand(data)["Subject"] == value.strip()
    # The newer reader of the standard library adds a blank between encoded-words of a name, against RFC 2047
    # section 6.2; the older one, which shares no code with it, does not.
    assert old_style(data, "From") == value.strip()
    assert message["From"].addresses[0].addr_spec == "hello@shop.example"
    assert message["To"].addresses[0].addr_spec == "anna@example.org"
    assert len(message["To"].addresses) == 1


SAFE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=250).filter(
    lambda text: text.strip() == text and text.strip("\u3000\u00a0 ") == text
)


@given(SAFE)
def test_any_subject_reads_back_the_same(value):
    assert by_hand(built(subject=value))["Subject"] == value


@pytest.mark.parametrize("length", [40, 74, 75, 76, 77, 200, 800])
def test_unsubscribe_addresses_are_never_encoded(length):
    url = "https://shop.example/u/".ljust(length, "a")
    data = built(unsubscribe=url, unsubscribe_mailto="unsub+abc@shop.example")
    assert b"\r\nList-Unsubscribe: <https://" in data
    line = re.search(rb"\r\nList-Unsubscribe: .*?(?=\r\n[^ ])", data, re.DOTALL)
    assert line and b"=?" not in line[0]
    assert by_hand(data)["List-Unsubscribe"] == f"<{url}>, <mailto:unsub+abc@shop.example>"
    assert by_hand(data)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("bad", ["x\r\nBcc: a@b.c", "x\nBcc: a@b.c", "x\u2028y", "x\x00y", "x\x85y", "x\ry"])
@pytest.mark.parametrize(
    "field", ["subject", "sender_name", "to_name", "list_name", "message_id", "list_id", "feedback_id"]
)
def test_nothing_can_add_a_header(field, bad):
    found = build(mail(**{field: bad}, **({"list_id": "news.shop.example"} if field == "list_name" else {})))
    assert isinstance(found, BadMail) and found.field == field


@pytest.mark.parametrize(
    "name",
    ["X-A\r\nBcc", "Bcc", "From", "X Space", "X:", "x-ü", "List-Id", "DKIM-Signature", "X-" + "a" * 70],
)
def test_only_extra_headers_are_taken(name):
    found = build(mail(headers={name: "v"}))
    assert isinstance(found, BadMail) and found.field == "headers"


def test_an_extra_headers_value_is_checked_and_folded():
    assert isinstance(build(mail(headers={"X-A": "a\r\nBcc: b"})), BadMail)
    data = built(headers={"X-Campaign": "Vår 2026 " * 20})
    assert by_hand(data)["X-Campaign"] == ("Vår 2026 " * 20).strip()


@pytest.mark.parametrize("name", ["a\r\nb.pdf", "a\x00.pdf"])
def test_an_attachments_name_is_checked(name):
    assert isinstance(build(mail(attachments=(Attachment(name, "application/pdf", b"x"),))), BadMail)


@pytest.mark.parametrize(
    "name",
    ["manual.pdf", 'a "b" c.pdf', "Bruksanvisning för cykel – årsmodell 2026 Zażółć.pdf", "ż" * 120 + ".pdf"],
)
def test_attachments_arrive(name):
    content = bytes(range(256)) * 20
    message = parsed(built(attachments=(Attachment(name, "application/pdf", content),)))
    found = list(message.iter_attachments())
    assert [one.get_filename() for one in found] == [name]
    assert found[0].get_content() == content
    body = message.get_body(("plain",))
    assert body is not None and body.get_content().strip() == "Hello there"


BODIES = {
    "dots": ".\n..\n.x\n\n.\n",
    "long": "a" * 5_000 + "\nå" * 3,
    "mixed ends": "a\r\nb\nc\rd",
    "megabyte": "<p>Grüße &amp; mehr</p>\n" * 45_000,
    "cyrillic": "Здравствуйте, мир. " * 300,
    "blanks at ends": "a  \nb\t\nc =\n=20",
    "from": "From here\n>From there",
    "empty": "",
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies_arrive_byte_by_byte(name):
    text = BODIES[name]
    data = built(text=text, html=f"<html>{text}</html>")
    expected = re.sub(r"\r\n|\r|\n", "\r\n", text).encode()
    found = bodies(data)
    assert found["text/plain"].rstrip(b"\r\n") == expected.rstrip(b"\r\n")
    assert found["text/html"].strip() == b"<html>" + expected + b"</html>"
    message = parsed(data)
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().rstrip("\r\n").splitlines() == expected.decode().rstrip("\r\n").splitlines()
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_an_address_beyond_ascii_needs_the_server_to_take_it():
    found = read("zażółć@przykład.pl")
    assert not isinstance(found, BadAddress)
    assert found.domain == "xn--przykad-rjb.pl" and not found.ascii
    assert build(mail(to=found)) == BadMail("to", "unsupported_address")
    data = build(mail(to=found), smtputf8=True)
    assert isinstance(data, bytes) and "To: zażółć@xn--przykad-rjb.pl\r\n".encode() in data
    domain_only = read("anna@przykład.pl")
    assert not isinstance(domain_only, BadAddress)
    assert b"To: anna@xn--przykad-rjb.pl\r\n" in built(to=domain_only)


def test_message_ids_are_one_per_message_and_the_same_at_each_attempt():
    ids = {message_id(f"message-{number}", "shop.example") for number in range(10_000)}
    assert len(ids) == 10_000
    assert message_id("a", "shop.example") == message_id("a", "shop.example")
    assert build(mail()) == build(mail())


def test_the_machines_headers():
    data = built(
        list_id="news.shop.example", list_name="Nyheter från butiken", feedback_id="spring:news:mail:slinga"
    )
    fields = by_hand(data)
    assert fields["Auto-Submitted"] == "auto-generated"
    assert fields["List-Id"] == "Nyheter från butiken <news.shop.example>"
    assert fields["Feedback-ID"] == "spring:news:mail:slinga"
    assert fields["Date"] == "Tue, 10 Mar 2026 12:00:00 +0000"
    assert isinstance(build(mail(feedback_id="a:b:c:d:e")), BadMail)


def test_text_alone_is_one_part():
    message = parsed(built(html=""))
    assert message.get_content_type() == "text/plain" and message.get_content().strip() == "Hello there"


def test_a_mail_too_large_is_refused():
    assert build(mail(attachments=(Attachment("a", "a/b", b"0" * 8_000_000),))) == BadMail(
        "html", "the mail is larger than 10 MB"
    )


@given(st.lists(st.tuples(st.booleans(), st.text(st.sampled_from("ab =.\nå<"), max_size=120)), max_size=6))
def test_pieces_read_back_as_the_text_they_are(parts):
    pieces = [Constant(text) if constant else text for constant, text in parts]
    text = "".join(pieces)
    message = parsed(built(text=text, text_pieces=pieces, html="<p>x</p>"))
    read_back = message.get_body(("plain",)).get_content()
    assert read_back.replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


def test_a_long_address_in_pieces_has_no_line_that_begins_with_a_dot():
    address = "https://" + "x" * 67 + ".example/" + "y" * 200
    data = built(text=address, text_pieces=["(", address, ")"], html="<p>x</p>")
    assert b"\n." not in data
    assert parsed(data).get_body(("plain",)).get_content().strip() == f"({address})"
