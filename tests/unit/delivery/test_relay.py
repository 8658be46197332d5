"""A mail server as a form describes it, sealed secrets, public addresses, the domain a mail is from."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.channels.addresses import public
from slinga.channels.email.config import parse
from slinga.delivery.relay.model import Relay, described
from slinga.kernel.errors import Conflict, Invalid
from slinga.outgoing import sender_domain
from slinga.runtime.secrets import Secrets

GOOD = {"host": "smtp.provider.example", "security": "starttls", "user": "me", "password": "p"}


@given(user=st.text(min_size=1, max_size=30), password=st.text(min_size=1, max_size=30))
def test_the_channel_reads_what_was_described(user: str, password: str) -> None:
    user = user.strip() or "me"
    relay = Relay("smtp.provider.example", 465, "tls", user, password, "back.example")
    found = parse(relay.url(), private=False)
    assert (found.user, found.password) == (user, password)
    assert (found.host, found.port, found.implicit_tls) == ("smtp.provider.example", 465, True)
    assert (found.bounce, found.private) == ("back.example", False)
    assert password == unquote(password) or password not in repr(relay)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "http://x"}, "host"),
        ({"host": "a b"}, "host"),
        ({"port": "x"}, "port"),
        ({"port": "99999"}, "port"),
        ({"port": "5432"}, "port"),
        ({"security": "ssl3"}, "security"),
        ({"security": "none"}, "security"),
        ({"user": ""}, "user"),
        ({"password": ""}, "password"),
        ({"bounce": "not a domain"}, "bounce"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(changed: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as fault:
        described(GOOD | changed, None, private=False)
    assert fault.value.field == field


def test_the_usual_port_goes_with_the_encryption() -> None:
    assert described(GOOD, None, private=False).port == 587
    assert described(GOOD | {"security": "tls"}, None, private=False).port == 465


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_with_its_secret_and_for_its_purpose_alone(plain: bytes) -> None:
    ours, theirs = Secrets(b"a" * 40), Secrets(b"b" * 40)
    sealed = ours.seal("password", plain)
    assert ours.unseal("password", sealed) == plain and sealed != ours.seal("password", plain)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for keys, purpose, text in (
        (theirs, "password", sealed),
        (ours, "key", sealed),
        (ours, "password", changed),
    ):
        with pytest.raises(Conflict):
            keys.unseal(purpose, text)


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("10.1.2.3", False), ("127.0.0.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("::1", False), ("fd00::1", False), ("fe80::1%eth0", False), ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("2002:5db8:d822::", True),
    ],
)  # fmt: skip
def test_addresses_of_the_open_internet(address: str, is_public: bool) -> None:
    assert public(address) is is_public


def test_the_domain_a_mail_is_from() -> None:
    assert sender_domain(
        b"To: a@b.example\r\nFrom: The Shop\r\n <hello@Shop.Example>\r\n\r\nFrom: x@y.z"
    ) == ("shop.example")
    assert sender_domain(b"Subject: none\r\n\r\nbody") == ""
