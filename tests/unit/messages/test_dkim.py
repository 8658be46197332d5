import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from slinga.kernel.clock import instant
from slinga.kernel.errors import Invalid
from slinga.messages.addresses import Address
from slinga.messages.dkim import Signer
from slinga.messages.mime import Mail, build, message_id

NOW = instant("2026-03-10T12:00:00Z")


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer("shop.example", "s1", pem(rsa.generate_private_key(65537, 2048)))


def mail(number: int = 1, **changes) -> bytes:
    fields = {
        "message_id": message_id(f"m{number}", "shop.example"),
        "sender": Address("hello", "shop.example"),
        "to": Address("anna", "example.org"),
        "subject": "Zażółć gęślą jaźń, en lång rubrik som måste vikas på flera rader för att få plats",
        "date": NOW,
        "text": "Hej\n\n.\n  två  blanksteg  \n\n\n",
        "html": "<p>Hej</p>\n\n\n",
        "sender_name": "Kafé Å",
        "unsubscribe": "https://shop.example/u/" + "a" * 200,
        "unsubscribe_mailto": "unsub@shop.example",
        "list_id": "news.shop.example",
    }
    data = build(Mail(**{**fields, **changes}))
    assert isinstance(data, bytes)
    return data


def verifies(signed: bytes, signer: Signer) -> bool:
    return dkim.verify(signed, dnsfunc=lambda name, **_: signer.record().encode())


@pytest.mark.parametrize("changes", [{}, {"html": ""}, {"text": ""}, {"list_id": ""}, {"text": "ж" * 5000}])
def test_an_independent_verifier_agrees(signer, changes):
    assert verifies(signer.sign(mail(**changes), NOW), signer)


def test_the_one_click_headers_are_covered_and_from_is_oversigned(signer):
    head = signer.sign(mail(), NOW).partition(b"\r\nDate:")[0].decode()
    tags = dict(tag.strip().split("=", 1) for tag in head.partition(":")[2].replace("\r\n", "").split(";"))
    listed = tags["h"].replace(" ", "").split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(listed)
    assert listed.count("from") == 2
    assert "l" not in tags and "x" not in tags and tags["c"] == "relaxed/relaxed"
    assert all(len(line) <= 78 for line in head.split("\r\n"))


def test_any_change_is_noticed(signer):
    signed = signer.sign(mail(), NOW)
    assert not verifies(signed.replace(b"anna@", b"berta@"), signer)
    assert not verifies(signed.replace(b"To: ", b"From: evil@evil.example\r\nTo: "), signer)
    assert not verifies(signed.replace(b"<p>Hej", b"<p>hej"), signer)


def test_two_signatures_of_one_mail_are_the_same(signer):
    assert signer.sign(mail(), NOW) == signer.sign(mail(), NOW)


def test_an_unfit_key_is_refused():
    with pytest.raises(Invalid):
        Signer("a.example", "s", pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(Invalid):
        Signer("a.example", "s", b"nonsense")
