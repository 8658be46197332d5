"""DKIM from the setting to the wire: what arrives verifies, both unsubscribe headers under the signature."""

from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from slinga.messages.dkim import Signer
from slinga.testing.world import open_world


def test_a_delivered_mail_verifies(database_url: str, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    extra = {"SLINGA_DKIM": f"s1:{tmp_path / 'key.pem'}"}
    with open_world(database_url, tmp_path / "data", extra=extra) as world:
        world.publish_shipped("welcome", policy={"quiet_hours": "none"})
        world.known("anna")
        world.track("anna", "Signed Up")
        (mail,) = world.mails("anna")
    record = Signer("shop.example", "s1", pem).record().encode()
    assert dkim.verify(mail.raw, dnsfunc=lambda name, timeout=5: record)
    signed = mail.headers["DKIM-Signature"].lower()
    assert "list-unsubscribe:" in signed and "list-unsubscribe-post" in signed
