"""Any cookie gives a valid cart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.demo.storefront import Cart, parse_cart


def test_a_cart_survives_its_cookie():
    cart = Cart().put("K01", 2, id="cart-abcdef").put("T02", 1, id="other-cart")
    assert parse_cart(cart.cookie()) == cart
    assert (cart.id, cart.count, cart.subtotal) == ("cart-abcdef", 3, 2 * 119.0 + 85.0)
    assert (cart.delivery, cart.total) == (49.0, 372.0)


def test_taking_the_last_thing_out_leaves_nothing():
    cart = Cart().put("K01", 2, id="cart-abcdef").put("K01", 0, id="x" * 8)
    assert cart == Cart() and cart.cookie() == "" and cart.total == 0.0


@pytest.mark.parametrize(
    "text", ["", "~", "short~K01.1", "cart-abcdef~NOPE.1", "cart-abcdef~K01.x", "cart-abcdef~K01.99999"]
)
def test_nonsense_is_left_out(text):
    assert parse_cart(text).lines == ()


@given(st.text())
def test_no_cookie_breaks_it(text):
    cart = parse_cart("cart-abcdef~" + text)
    assert all(0 < line.quantity <= 20 for line in cart.lines)
