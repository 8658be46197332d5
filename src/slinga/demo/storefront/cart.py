"""The cart in a cookie: `cart-id~K01.2~T02.1`.

In: cookie text, forms. Out: a `Cart`. Always true: unknown products and absurd numbers are left out, so any
cookie gives a valid cart.
"""

import re

import msgspec

from slinga.demo.catalogue import BY_ID, delivery_for
from slinga.demo.model import Line
from slinga.demo.speech import amount

MOST = 20
_ID = re.compile(r"[A-Za-z0-9_-]{8,40}\Z")


class Cart(msgspec.Struct, frozen=True):
    """What is about to be bought; `id` is empty while nothing is."""

    id: str = ""
    lines: tuple[Line, ...] = ()

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def subtotal(self) -> float:
        return amount(list(self.lines))

    @property
    def delivery(self) -> float:
        return delivery_for(self.subtotal) if self.lines else 0.0

    @property
    def total(self) -> float:
        return round(self.subtotal + self.delivery, 2)

    def put(self, product: str, quantity: int, *, id: str) -> "Cart":
        """The cart with exactly `quantity` of a product, 0 takes it out; `id` names a cart that was empty."""
        if product not in BY_ID:
            return self
        quantity = max(0, min(quantity, MOST))
        lines = [Line(o.product, quantity) if o.product == product else o for o in self.lines]
        if all(line.product != product for line in lines):
            lines.append(Line(product, quantity))
        kept = tuple(line for line in lines if line.quantity)
        return Cart((self.id or id) if kept else "", kept)

    def quantity(self, product: str) -> int:
        """How many of a product are in it."""
        return next((line.quantity for line in self.lines if line.product == product), 0)

    def cookie(self) -> str:
        """The text for the cookie."""
        return (
            "~".join([self.id, *(f"{line.product}.{line.quantity}" for line in self.lines)])
            if self.id
            else ""
        )


def parse_cart(text: str) -> Cart:
    """The cart of a cookie; whatever is not understood is left out."""
    id, *rest = text.split("~")
    if not _ID.match(id):
        return Cart()
    cart = Cart()
    for part in rest[:50]:
        product, _, quantity = part.partition(".")
        if quantity.isascii() and quantity.isdigit() and len(quantity) < 4:
            cart = cart.put(product, int(quantity), id=id)
    return cart
