"""How keys look, and that what is stored does not give them back."""

from slinga.access.keys import fresh_key, hash_of, hint_of, well_formed


def test_keys_say_what_they_are() -> None:
    assert fresh_key("write").startswith("wk_")
    assert fresh_key("secret").startswith("sk_")


def test_keys_are_well_formed_and_differ() -> None:
    many = {fresh_key("write") for _ in range(1000)}
    assert len(many) == 1000
    assert all(well_formed(text) for text in many)


def test_other_texts_are_not() -> None:
    assert not any(
        well_formed(text) for text in ("", "wk_", "xk_" + "a" * 30, "wk_" + "a" * 30 + "\n", "wk_" + "é" * 30)
    )


def test_a_hint_shows_too_little() -> None:
    key = fresh_key("secret")
    assert len(hint_of(key)) == 12
    assert len(hash_of(key)) == 32
