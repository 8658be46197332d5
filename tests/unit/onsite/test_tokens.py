import base64

import pytest

from slinga.onsite.tokens import Purpose, Token, seal, unseal

KEY = b"k" * 32
TOKEN = Token(
    message="m1", person="ab" * 16, channel="email", topic="news", target="https://shop.test/a?b=c", place=3
)


def test_a_token_comes_back_as_it_went_in():
    assert unseal(KEY, Purpose.CLICK, seal(KEY, Purpose.CLICK, TOKEN)) == TOKEN


def test_the_same_content_gives_the_same_text():
    assert seal(KEY, Purpose.CLICK, TOKEN) == seal(KEY, Purpose.CLICK, TOKEN)


def test_a_token_of_one_purpose_or_key_is_nothing_to_another():
    text = seal(KEY, Purpose.CLICK, TOKEN)
    for purpose in set(Purpose) - {Purpose.CLICK}:
        assert unseal(KEY, purpose, text) is None
    assert unseal(b"x" * 32, Purpose.CLICK, text) is None


def test_every_altered_bit_is_refused():
    text = seal(KEY, Purpose.UNSUBSCRIBE, TOKEN)
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    for place in range(len(raw)):
        raw[place] ^= 1
        altered = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
        assert unseal(KEY, Purpose.UNSUBSCRIBE, altered) is None
        raw[place] ^= 1


@pytest.mark.parametrize("text", ["", "a", "....", "ä" * 20, "A" * 5000, "\0", "A" * 23, "https://evil.test"])
def test_rubbish_is_nothing(text: str):
    assert unseal(KEY, Purpose.CLICK, text) is None


def test_a_token_says_nothing_about_its_content():
    text = seal(KEY, Purpose.UNSUBSCRIBE, TOKEN)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert b"news" not in raw and b"ab" * 8 not in raw and b"email" not in raw


def test_an_expired_token_is_nothing():
    text = seal(KEY, Purpose.CONFIRM, Token(message="m", expires_at=100))
    assert unseal(KEY, Purpose.CONFIRM, text, now=100) is not None
    assert unseal(KEY, Purpose.CONFIRM, text, now=101) is None
