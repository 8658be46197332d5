"""T34: what a browser says is a claim; a token of the shop's server makes it count; a bad one is refused."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from slinga.access.jobs import add_identity_key
from slinga.ingest.model import CLAIMED, SIGNED
from slinga.kernel.clock import SECOND
from slinga.testing.world import World

KEYS: dict[str, Any] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def private(key: Any) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims(world: World, **more: Any) -> dict[str, Any]:
    now = world.now() // SECOND
    return {"sub": "anna", "aud": "shop browser", "exp": now + 600, "iat": now, **more}


def say(world: World, token: str | None, **traits: Any) -> Any:
    """A browser's identify with the public key; the answer."""
    body = {"userId": "anna", "traits": traits, "messageId": f"t{id(traits)}{token}"}
    if token is not None:
        body["context"] = {"identityToken": token}
    headers = {"X-Write-Key": world.browser_key}
    answer = world.client.post("/v1/identify", json=body, headers=headers)
    world.settle()
    return answer


def email_of(world: World) -> tuple[Any, int]:
    said = world.person("anna").profile.traits["email"]
    return said.value, said.trust


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_valid_token_makes_an_address_count(world: World, algorithm: str) -> None:
    add_identity_key(world.db, "shop browser", public(KEYS[algorithm]))
    token = jwt.encode(claims(world, email="anna@example.org"), private(KEYS[algorithm]), algorithm)
    assert say(world, token, email="anna@example.org").status_code == 200
    assert email_of(world) == ("anna@example.org", SIGNED)
    stored = world.db.execute("SELECT body::text FROM input WHERE kind = 'identify'").fetchall()
    assert token not in str(stored)


def test_without_a_token_it_is_a_claim_that_overwrites_nothing(world: World) -> None:
    world.known("anna")
    assert say(world, None, email="eve@example.org").status_code == 200
    assert email_of(world)[0] == "anna@example.org"
    assert say(world, None, city="Lund").status_code == 200
    assert world.person("anna").profile.traits["city"].trust == CLAIMED


def test_bad_tokens_are_refused_by_name(world: World) -> None:
    good = KEYS["RS256"]
    add_identity_key(world.db, "shop browser", public(good))
    now = world.now() // SECOND
    signed = {
        "ended": claims(world, exp=now - 120),
        "too long": claims(world, exp=now + 3 * 86_400),
        "not yet": claims(world, nbf=now + 3_600),
        "other audience": claims(world, aud="another shop"),
        "other subject": claims(world, sub="eve"),
        "other address": claims(world, email="eve@example.org"),
        "no audience": {key: value for key, value in claims(world).items() if key != "aud"},
        "no end": {key: value for key, value in claims(world).items() if key != "exp"},
    }
    tokens = {name: jwt.encode(each, private(good), "RS256") for name, each in signed.items()}
    tokens["another key"] = jwt.encode(claims(world), private(KEYS["EdDSA"]), "EdDSA")
    tokens["none"] = jwt.encode(claims(world), None, "none")  # type: ignore[arg-type]

    # The public key taken for a shared secret: PyJWT will not make such a token, so it is made by hand.
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    head = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims(world))}"
    mac = hmac.new(public(good).encode(), head.encode(), hashlib.sha256).digest()
    tokens["confused"] = f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    tokens["rubbish"] = "x.y.z"
    for name, token in tokens.items():
        answer = say(world, token, email="anna@example.org")
        assert answer.status_code == 400 and "identity" in answer.text, (name, answer.text)
    assert world.db.execute("SELECT count(*) FROM input").fetchone() == (0,)
    assert world.db.execute("SELECT count(*) FROM quarantine WHERE reason = 'identity'").fetchone() == (
        len(tokens),
    )


def test_a_source_may_ask_for_tokens(world: World) -> None:
    add_identity_key(world.db, "shop browser", public(KEYS["ES256"]), required=True)
    assert say(world, None, city="Lund").status_code == 400
    world.browse("d1", path="/tea")
    token = jwt.encode(claims(world), private(KEYS["ES256"]), "ES256")
    assert say(world, token, city="Lund").status_code == 200
