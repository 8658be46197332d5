"""What a shop is expected to send, and what each event is needed for.

In: names seen with their counts. Out: the checklist, in the order of a purchase.
Always true: pure; the names are those of Segment's e-commerce events.
"""

from collections.abc import Mapping

import msgspec

from slinga.admin.shell.words import noted as N_

EXPECTED: tuple[tuple[str, str, str], ...] = (
    ("Product Viewed", "browser", N_("Interest in the lifecycle, recommendations, what visitors look at.")),
    ("Product List Viewed", "browser", N_("Which shelf somebody browses, for content on that subject.")),
    ("Products Searched", "browser", N_("What somebody looks for and may not have found.")),
    ("Product Added", "browser", N_("Carts: the rescue of a cart that was left behind begins with it.")),
    ("Product Removed", "browser", N_("Carts: so that nobody is reminded of what they took out.")),
    ("Checkout Started", "browser", N_("How near to a purchase somebody was when they left.")),
    ("Signed Up", "server", N_("The welcome series, and who a visitor is.")),
    (
        "Order Completed",
        "server",
        N_("The purchase itself: stages, win-back, repeat purchase, all figures of money."),
    ),
    ("Order Refunded", "server", N_("So that money that was given back counts as such.")),
    ("Order Cancelled", "server", N_("So that a cancelled order starts no thank-you.")),
    ("Order Shipped", "server", N_("Messages after the purchase that wait for the parcel.")),
    ("Order Delivered", "server", N_("When to ask how it was, and when to offer a refill.")),
    ("Product Reviewed", "either", N_("Ambassadors: who speaks well of you.")),
)
"""(name, who should send it, what it is needed for)"""


class Expectation(msgspec.Struct, frozen=True):
    """A line of the checklist. `seen` counts the last 30 days; `just` says that it is among the newest."""

    name: str
    sender: str
    needed_for: str
    seen: int
    just: bool

    @property
    def there(self) -> bool:
        return self.just or self.seen > 0


def checklist(seen: Mapping[str, int], live: set[str]) -> list[Expectation]:
    """Every expected event with whether it came."""
    return [
        Expectation(name, sender, words, seen.get(name, 0), name in live) for name, sender, words in EXPECTED
    ]
